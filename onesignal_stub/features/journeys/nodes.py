"""The nodes of a journey: one struct for each kind, with OneSignal's limits.

https://documentation.onesignal.com/reference/create-journey
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from onesignal_stub.fields import MAX_TAGS

SENDING_KINDS = ("send_push", "send_email", "send_sms", "send_iam", "send_webhook")
_DAY = 24 * 60
_SHORTEST_WINDOW = 15
_UUID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"

Uuid: TypeAlias = Annotated[str, Meta(pattern=_UUID)]
EventName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=255)]
Duration: TypeAlias = Annotated[int, Meta(ge=60, le=31_556_952)]


class EventAttribute(Struct, omit_defaults=True):
    """A condition on a property of an event."""

    key: str
    operator: Literal[
        "equal",
        "not_equal",
        "less",
        "less_or_equal",
        "greater_or_equal",
        "greater",
        "is",
        "is_not",
        "exists",
        "not_exists",
        "before",
        "after",
    ]
    value: str | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.value is UNSET and self.operator not in ("exists", "not_exists"):
            raise ValueError(f"value is required for {self.operator}")


EventAttributes: TypeAlias = Annotated[list[list[EventAttribute]], Meta(max_length=1)]


class SegmentMembership(Struct, tag_field="kind", tag="segment_membership"):
    """The user is in some segments and not in others."""

    included_segment_ids: list[Uuid] = []
    excluded_segment_ids: list[Uuid] = []


class OnNotificationAction(Struct, tag_field="kind", tag="on_notification_action"):
    """The user did something with a message of this journey.

    `client_node_id` only comes in; it is replaced by the id of the node that it names.
    """

    action: Literal["received", "clicked", "opened"]
    sending_node_id: str | UnsetType = UNSET
    client_node_id: str | UnsetType = UNSET

    def __post_init__(self) -> None:
        if (self.sending_node_id is UNSET) == (self.client_node_id is UNSET):
            raise ValueError("sending_node_id or client_node_id is required, not both")


class OnEvent(Struct, tag_field="kind", tag="event_trigger"):
    """A custom event came for the user."""

    name: EventName
    attributes: EventAttributes | UnsetType = UNSET
    entry_event_match_attributes: list[dict[str, Any]] | UnsetType = UNSET


NodeCondition: TypeAlias = SegmentMembership | OnNotificationAction | OnEvent


class TimePoint(Struct):
    """A time of day."""

    hour: Annotated[int, Meta(ge=0, le=23)]
    minute: Annotated[int, Meta(ge=0, le=59)] = 0


class TimeWindow(Struct):
    """When messages may go out; one that ends before it starts lasts past midnight."""

    start: TimePoint
    end: TimePoint
    day_of_week: Annotated[int, Meta(ge=1, le=7)] | UnsetType = UNSET

    def __post_init__(self) -> None:
        start = self.start.hour * 60 + self.start.minute
        end = self.end.hour * 60 + self.end.minute
        if (end - start) % _DAY < _SHORTEST_WINDOW:
            raise ValueError(f"a window must span at least {_SHORTEST_WINDOW} minutes")


class _NodeFields(Struct, kw_only=True, tag_field="kind"):
    id: str | UnsetType = UNSET
    client_node_id: Annotated[str, Meta(min_length=1)] | UnsetType = UNSET
    annotation: Annotated[str, Meta(max_length=1024)] | UnsetType = UNSET


class Wait(_NodeFields, kw_only=True, tag="wait"):
    """Holds the user for some seconds."""

    duration_seconds: Duration


class TimeWindows(_NodeFields, kw_only=True, tag="time_window"):
    """Holds the user until a time of day."""

    relative_to: Literal["schedule_in_timezone", "last_active_time"]
    windows: Annotated[list[TimeWindow], Meta(min_length=1)] | UnsetType = UNSET
    time_zone: str | UnsetType = UNSET
    use_user_time_zone: bool | UnsetType = UNSET

    def __post_init__(self) -> None:
        if (self.windows is UNSET) == (self.relative_to == "schedule_in_timezone"):
            raise ValueError("windows go with relative_to schedule_in_timezone, and only with it")


class SendPush(_NodeFields, kw_only=True, tag="send_push"):
    """Sends a push."""

    template_id: Uuid


class SendEmail(_NodeFields, kw_only=True, tag="send_email"):
    """Sends an e-mail."""

    template_id: Uuid


class SendSms(_NodeFields, kw_only=True, tag="send_sms"):
    """Sends an SMS."""

    template_id: Uuid


class SendIam(_NodeFields, kw_only=True, tag="send_iam"):
    """Shows an in-app message."""

    iam_id: Uuid
    user_ttl_seconds: Annotated[int, Meta(ge=1)] | UnsetType = UNSET


class SendWebhook(_NodeFields, kw_only=True, tag="send_webhook"):
    """Calls a webhook."""

    webhook_id: Uuid


class Tag(_NodeFields, kw_only=True, tag="tag"):
    """Sets tags of the user, or removes those whose value is empty."""

    assignments: Annotated[
        dict[Annotated[str, Meta(max_length=255)], Annotated[str, Meta(max_length=1024)]],
        Meta(max_length=MAX_TAGS),
    ]


class _BranchFields(Struct, kw_only=True):
    id: str | UnsetType = UNSET
    nodes: list[Node] = []


class SplitBranch(_BranchFields, kw_only=True):
    """One way of a random split."""

    weight: Annotated[float, Meta(ge=0, le=100)]


class YesNoBranch(_BranchFields, kw_only=True):
    """The way of those who meet the condition, or of the others."""

    condition: NodeCondition | UnsetType = UNSET


class WaitUntilBranch(_BranchFields, kw_only=True):
    """The way of those whose condition came true first."""

    condition: NodeCondition


class Split(_NodeFields, kw_only=True, tag="split_range"):
    """Divides the users by weight."""

    branches: Annotated[list[SplitBranch], Meta(min_length=2, max_length=25)]
    randomize_on_entry: bool = False

    def __post_init__(self) -> None:
        if abs(sum(branch.weight for branch in self.branches) - 100) > 1e-6:
            raise ValueError("the weights of the branches must sum to 100")


class YesNo(_NodeFields, kw_only=True, tag="yes_no"):
    """Divides the users by a condition."""

    branches: Annotated[list[YesNoBranch], Meta(min_length=2, max_length=2)]


class Expiration(Struct):
    """How long a wait for conditions lasts, and where it leads."""

    duration_seconds: Duration
    exits: bool = False


class WaitUntil(_NodeFields, kw_only=True, tag="wait_until"):
    """Holds the user until one of some conditions comes true."""

    branches: Annotated[list[WaitUntilBranch], Meta(min_length=1, max_length=25)]
    expiration: Expiration | UnsetType = UNSET


Node: TypeAlias = (
    Wait
    | TimeWindows
    | SendPush
    | SendEmail
    | SendSms
    | SendIam
    | SendWebhook
    | Tag
    | Split
    | YesNo
    | WaitUntil
)
Branching: TypeAlias = Split | YesNo | WaitUntil
Branch: TypeAlias = SplitBranch | YesNoBranch | WaitUntilBranch


def kind_of(node: Node) -> str:
    """The `kind` of a node."""
    return str(node.__struct_config__.tag)


def walk(nodes: list[Node]) -> Iterator[Node]:
    """All nodes of a graph, those inside branches too."""
    for node in nodes:
        yield node
        for branch in branches_of(node):
            yield from walk(branch.nodes)


def branches_of(node: Node) -> list[Branch]:
    """The branches of a node; none if it does not branch."""
    return list(node.branches) if isinstance(node, Branching) else []


def conditions(nodes: list[Node]) -> Iterator[NodeCondition]:
    """The conditions of all branches of a graph."""
    for node in walk(nodes):
        for branch in branches_of(node):
            if not isinstance(branch, SplitBranch) and branch.condition is not UNSET:
                yield branch.condition

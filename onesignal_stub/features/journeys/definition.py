"""The definition of a journey, read from requests, merged with patches, and given ids.

https://documentation.onesignal.com/reference/create-journey
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Container, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
from attrs import Factory, frozen
from msgspec import UNSET, Meta, Struct, UnsetType

from onesignal_stub.errors import refused
from onesignal_stub.features.journeys.nodes import (
    SENDING_KINDS,
    EventAttributes,
    EventName,
    Node,
    OnEvent,
    OnNotificationAction,
    Uuid,
    branches_of,
    conditions,
    kind_of,
    walk,
)
from onesignal_stub.fields import MAX_TAGS

MAX_NAME = 300
_MAX_DEPTH = 100
_MAX_MEMBERS = 10_000
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BLANK: dict[str, Any] = {"audience": {"kind": "segment"}, "nodes": []}
"""What a new journey has where its request says nothing."""


class SegmentAudience(Struct, tag_field="kind", tag="segment"):
    """Users enter when they are in a segment."""

    included_segment_ids: list[Uuid] = []
    excluded_segment_ids: list[Uuid] = []
    future_additions_only: bool = False


class EventAudience(Struct, tag_field="kind", tag="event_trigger"):
    """Users enter when a custom event comes for them."""

    name: EventName
    attributes: EventAttributes | UnsetType = UNSET


class ExitOnSegment(Struct):
    """Users leave when they get into a segment."""

    included_segment_ids: list[Uuid]


class ExitOnEvent(Struct):
    """Users leave when a custom event comes for them."""

    name: EventName


class EarlyExitRules(Struct):
    """When users leave before the end."""

    on_segment: ExitOnSegment | UnsetType = UNSET
    when_not_in_audience: bool = False
    on_session: bool = False
    on_event: ExitOnEvent | UnsetType = UNSET

    def __post_init__(self) -> None:
        by_rule = self.on_segment is not UNSET or self.on_event is not UNSET
        if not (by_rule or self.when_not_in_audience or self.on_session):
            raise ValueError("at least one rule must be set")


class EarlyExit(Struct):
    """When users leave before the end, and the tags that they get then."""

    rules: EarlyExitRules
    tag_on_early_exit: Annotated[dict[str, str], Meta(max_length=MAX_TAGS)] | UnsetType = UNSET


class ReentryRules(Struct):
    """How soon a user may enter again."""

    duration_seconds: Annotated[int, Meta(ge=600)]


class JourneySchedule(Struct):
    """When a journey starts and stops by itself."""

    start_at: str | None = None
    stop_at: str | None = None

    def __post_init__(self) -> None:
        start, stop = self.start, self.stop
        if start is not None and stop is not None and stop <= start:
            raise ValueError("stop_at must be later than start_at")

    @property
    def start(self) -> float | None:
        """`start_at` in seconds since the epoch."""
        return _utc("start_at", self.start_at)

    @property
    def stop(self) -> float | None:
        """`stop_at` in seconds since the epoch."""
        return _utc("stop_at", self.stop_at)


class Definition(Struct):
    """The fields of a journey that requests may set."""

    name: Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
    audience: SegmentAudience | EventAudience
    nodes: list[Node]
    description: Annotated[str, Meta(max_length=1024)] = ""
    early_exit: EarlyExit | None = None
    reentry_rules: ReentryRules | None = None
    schedule: JourneySchedule | None = None

    def __post_init__(self) -> None:
        if isinstance(self.audience, EventAudience):
            return
        for condition in conditions(self.nodes):
            if isinstance(condition, OnEvent) and condition.entry_event_match_attributes:
                raise ValueError(
                    "entry_event_match_attributes are for journeys with an event_trigger audience"
                )


@frozen
class Known:
    """The ids that a journey's nodes and branches have already.

    Attributes:
        kinds: The kind of each node, by its id.
        branches: The ids of the branches.
    """

    kinds: Mapping[str, str] = Factory(dict)
    branches: frozenset[str] = frozenset()


def merge_patch(target: Any, patch: Any, *, depth: int = 0) -> Any:
    """Apply a JSON Merge Patch (RFC 7396); a null inside an array's objects is left out too.

    Raises:
        ApiError: The patch is nested too deeply, or has more than 10,000 members and items.
    """
    if depth == 0:
        _check_size(patch)
    if depth > _MAX_DEPTH:
        raise refused("the request is nested too deeply")
    if isinstance(patch, list):
        return [merge_patch(None, item, depth=depth + 1) for item in patch]
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value, depth=depth + 1)
    return merged


def _check_size(patch: Any) -> None:
    left, waiting = _MAX_MEMBERS, [patch]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict | list):
            left -= len(value)
            if left < 0:
                raise refused(f"a journey's request has at most {_MAX_MEMBERS} members and items")
            waiting += value.values() if isinstance(value, dict) else value


def read_definition(merged: Mapping[str, Any], known: Known) -> Definition:
    """Check a definition, and give an id to each new node and branch.

    Args:
        merged: Every field of the journey.
        known: The ids that may be kept.

    Raises:
        ApiError: A field breaks a rule, or an id is not one of the journey's.
    """
    try:
        definition = msgspec.convert(merged, Definition)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).rpartition(" - at `$.")
        raise refused(f"{place.rstrip('`')}: {reason}" if reason else str(error)) from None
    _assign_ids(definition.nodes, known)
    _resolve_senders(definition.nodes)
    return definition


def known_ids(definition: Definition) -> Known:
    """The ids of a journey's nodes and branches."""
    nodes = list(walk(definition.nodes))
    branches = frozenset(str(branch.id) for node in nodes for branch in branches_of(node))
    return Known({str(node.id): kind_of(node) for node in nodes}, branches)


def with_new_ids(definition: Definition) -> Definition:
    """The same journey with other ids."""
    known = known_ids(definition)
    new_ids = {old: str(uuid.uuid4()) for old in (*known.kinds, *known.branches)}
    text = msgspec.json.encode(definition).decode()
    changed = _ID.sub(lambda found: new_ids.get(found[0], found[0]), text)
    return msgspec.json.decode(changed, type=Definition)


def unread(given: Any, kept: Any, place: str = "") -> list[str]:
    """The fields of a request that did not become part of a journey, for the journal."""
    if isinstance(given, list) and isinstance(kept, list):
        pairs = zip(given, kept, strict=False)
        return [
            field
            for at, (old, new) in enumerate(pairs)
            for field in unread(old, new, f"{place}[{at}]")
        ]
    if not isinstance(given, dict) or not isinstance(kept, dict):
        return []
    found = []
    for name, value in given.items():
        inside = f"{place}.{name}" if place else name
        if name in kept:
            found += unread(value, kept[name], inside)
        elif value is not None and name != "client_node_id":
            found.append(f"body: {inside}")
    return found


def _assign_ids(nodes: list[Node], known: Known) -> None:
    used: set[str] = set()
    names: set[str] = set()
    for node in walk(nodes):
        node.id = _id_for(node.id, known.kinds, used)
        kind = kind_of(node)
        if known.kinds.get(node.id, kind) != kind:
            raise refused(f"the kind of node {node.id} cannot be changed", status=422)
        if node.client_node_id is not UNSET:
            if node.client_node_id in names:
                raise refused(f"client_node_id {node.client_node_id} is used twice")
            names.add(node.client_node_id)
        for branch in branches_of(node):
            branch.id = _id_for(branch.id, known.branches, used)


def _id_for(given: str | UnsetType, known: Container[str], used: set[str]) -> str:
    if given is UNSET:
        return str(uuid.uuid4())
    if given not in known:
        raise refused(f"id {given} is not one of this journey's; ids are assigned by the server")
    if given in used:
        raise refused(f"id {given} is used twice")
    used.add(given)
    return given


def _resolve_senders(nodes: list[Node]) -> None:
    sending = [node for node in walk(nodes) if kind_of(node) in SENDING_KINDS]
    ids = {str(node.id) for node in sending}
    named = {node.client_node_id: str(node.id) for node in sending}
    for condition in conditions(nodes):
        if not isinstance(condition, OnNotificationAction):
            continue
        wanted = condition.client_node_id
        if wanted is not UNSET:
            condition.sending_node_id = named.get(wanted, wanted)
            condition.client_node_id = UNSET
        if condition.sending_node_id not in ids:
            raise refused(f"{condition.sending_node_id} names no sending node of this journey")


def _utc(name: str, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} must be a time in ISO 8601") from None
    if found.utcoffset() != timedelta():
        raise ValueError(f"{name} must be in UTC")
    return found.timestamp()

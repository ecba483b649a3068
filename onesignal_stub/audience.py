"""Resolves a message's recipients: segments, filters, ids, aliases. No I/O, no clock.

The result does not depend on the order in which devices are given, and a member of an excluded
segment receives nothing, whatever else includes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from attrs import field, frozen

from onesignal_stub.filters import FilterSubject, Matches, parse

Channel: TypeAlias = Literal["push", "email", "sms"]
IdKind: TypeAlias = Literal["id", "external_user_id", "alias", "token"]

EMAIL_TYPE = 11
SMS_TYPE = 14
WEEK_HOURS = 168

_WEEK = str(WEEK_HOURS)
DEFAULT_SEGMENTS: dict[str, list[dict[str, str]]] = {
    "Total Subscriptions": [],
    "Active Subscriptions": [{"field": "last_session", "relation": "<", "hours_ago": _WEEK}],
    "Inactive Subscriptions": [{"field": "last_session", "relation": ">", "hours_ago": _WEEK}],
    "Engaged Subscriptions": [
        {"field": "last_session", "relation": "<", "hours_ago": _WEEK},
        {"field": "session_count", "relation": ">", "value": "4"},
    ],
    "All Email Subscriptions": [{"field": "device_type", "relation": "=", "value": "Email"}],
    "All SMS Subscriptions": [{"field": "device_type", "relation": "=", "value": "SMS"}],
}
"""The segments that every app has from its start."""

SYNONYMS = {
    "All": "Total Subscriptions",
    "Subscribed Users": "Total Subscriptions",
    "Active Users": "Active Subscriptions",
    "Inactive Users": "Inactive Subscriptions",
    "Engaged Users": "Engaged Subscriptions",
}
"""Other names of these segments, in older apps and in the documentation."""

TEST_USERS = "Test Users"

PLATFORM_FLAGS: dict[str, frozenset[int]] = {
    "isIos": frozenset({0}),
    "isAndroid": frozenset({1}),
    "isAdm": frozenset({2}),
    "isWP": frozenset({3}),
    "isChrome": frozenset({4}),
    "isChromeWeb": frozenset({5}),
    "isWP_WNS": frozenset({6}),
    "isSafari": frozenset({7, 17}),
    "isFirefox": frozenset({8}),
    "isAnyWeb": frozenset({5, 7, 8, 17}),
    "isHuawei": frozenset({13}),
}
"""Platform flags of a notification → the device types they select."""


@frozen
class BySegments:
    """`included_segments`: the members of any of them."""

    included: tuple[str, ...]


@frozen
class ByFilters:
    """`filters`: the devices that match.

    Attributes:
        filters: As in the request.
        matches: The same as a predicate.
    """

    filters: Sequence[Mapping[str, object]]
    matches: Matches


@frozen
class RecipientIds:
    """RecipientResolver named one by one.

    Attributes:
        ids: Player and subscription ids, in lower case.
        external_user_ids: The backend's ids of users.
        aliases: Label → alias ids.
        tokens: Field of the request → tokens, addresses or numbers.
    """

    ids: tuple[str, ...] = ()
    external_user_ids: tuple[str, ...] = ()
    aliases: Mapping[str, tuple[str, ...]] = field(factory=dict)
    tokens: Mapping[str, tuple[str, ...]] = field(factory=dict)

    def count(self) -> int:
        """How many ids there are."""
        return sum(map(len, self.by_field().values()))

    def by_field(self) -> dict[str, tuple[str, ...]]:
        """The ids by the fields of the request that they are in, as `id_field` names them."""
        return {
            id_field("id"): self.ids,
            id_field("external_user_id"): self.external_user_ids,
            **{id_field("alias", label): ids for label, ids in self.aliases.items()},
            **{id_field("token", field): tokens for field, tokens in self.tokens.items()},
        }


def id_field(kind: IdKind, label: str = "") -> str:
    """The field of a request that ids are in.

    Args:
        kind: Which kind of id.
        label: The label of an alias, or the request's field of a token.
    """
    if kind == "id":
        return "include_subscription_ids"
    if kind == "external_user_id":
        return "include_external_user_ids"
    return f"include_aliases: {label}" if kind == "alias" else label


Targeting: TypeAlias = BySegments | ByFilters | RecipientIds


@frozen(kw_only=True)
class Target:
    """The target of a message.

    Attributes:
        targeting: How its audience is chosen.
        excluded: Segments whose members receive nothing.
        channel: The kind of subscription that can receive it.
        platforms: Only these device types; None is all.
    """

    targeting: Targeting
    excluded: tuple[str, ...] = ()
    channel: Channel = "push"
    platforms: frozenset[int] | None = None


@frozen
class LeftOut:
    """A device in the target and on the channel that another part of the request keeps out.

    Attributes:
        device: The device.
        segment: The excluded segment that it is in; None where its platform is not selected.
    """

    device: FilterSubject
    segment: str | None


@frozen
class Audience:
    """The devices of a target.

    Attributes:
        recipients: Those that receive the message, each once, in the order of registration.
        unsubscribed: Those in the target and on the channel that are not subscribed.
        left_out: Those that are in an excluded segment or of another platform.
    """

    recipients: Sequence[FilterSubject] = field(factory=tuple)
    unsubscribed: Sequence[FilterSubject] = field(factory=tuple)
    left_out: Sequence[LeftOut] = field(factory=tuple)


class SegmentSet:
    """The segments of one app by name; the default ones under all their names.

    Args:
        own: Name → filters of the segments that the app has.
    """

    def __init__(self, own: Mapping[str, Sequence[Mapping[str, object]]]) -> None:
        self._own = own
        self._parsed: dict[str, Matches] = {}

    def knows(self, name: str) -> bool:
        """Whether there is a segment with this name; upper and lower case matter."""
        return name == TEST_USERS or SYNONYMS.get(name, name) in self._own

    def is_everyone(self, name: str) -> bool:
        """Whether every device of the app is in this segment."""
        return name != TEST_USERS and self.knows(name) and not self._own[SYNONYMS.get(name, name)]

    def filters(self, names: Iterable[str]) -> Sequence[Mapping[str, object]] | None:
        """One list of filters for the members of any of the segments; None where it has no words.

        Those are segments of all devices, of test users, and none at all.
        """
        joined: list[Mapping[str, object]] = []
        for name in filter(self.knows, names):
            own = () if name == TEST_USERS else self._own[SYNONYMS.get(name, name)]
            if not own:
                return None
            joined += [*([{"operator": "OR"}] if joined else []), *own]
        return joined or None

    def matcher(self, names: Iterable[str]) -> Matches:
        """Whether a device is in any of the segments; an unknown one is empty."""
        matchers = [self._of(name) for name in names if self.knows(name)]
        if len(matchers) == 1:
            return matchers[0]
        return lambda device, now: any(matches(device, now) for matches in matchers)

    def first_of(self, names: Sequence[str]) -> Callable[[FilterSubject, float], str | None]:
        """The first of the segments that a device is in; None if it is in none of them."""
        named = [(name, self._of(name)) for name in names if self.knows(name)]
        return lambda device, now: next(
            (name for name, matches in named if matches(device, now)), None
        )

    def _of(self, name: str) -> Matches:
        if name == TEST_USERS:
            return lambda device, _: device.is_test
        name = SYNONYMS.get(name, name)
        if name not in self._parsed:
            self._parsed[name] = parse(self._own[name]) or _every_device
        return self._parsed[name]


def _every_device(_device: FilterSubject, _now: float) -> bool:
    return True


def select(
    devices: Iterable[FilterSubject], target: Target, *, segments: SegmentSet, now: float
) -> Audience:
    """Find the devices that receive a message.

    Args:
        devices: The app's devices; for RecipientIds those that were looked up. Their order does
            not matter, and one that is given twice counts once.
        target: Who the message is for.
        segments: The app's segments.
        now: The time of sending, in seconds since the epoch.
    """
    matches = _matcher(target.targeting, segments)
    excluded = segments.first_of(target.excluded) if target.excluded else None
    is_on_channel = on_channel(target.channel, None)
    fits = None if target.platforms is None else on_channel(target.channel, target.platforms)
    found: dict[int, FilterSubject] = {}
    left_out: dict[int, LeftOut] = {}
    for device in devices:
        if not is_on_channel(device.device_type) or not matches(device, now):
            continue
        if fits is not None and not fits(device.device_type):
            left_out[device.number] = LeftOut(device, None)
            continue
        segment = excluded(device, now) if excluded is not None else None
        if segment is not None:
            left_out[device.number] = LeftOut(device, segment)
            continue
        found[device.number] = device
    ordered = [found[number] for number in sorted(found)]
    return Audience(
        recipients=[device for device in ordered if device.subscribed],
        unsubscribed=[device for device in ordered if not device.subscribed],
        left_out=[left_out[number] for number in sorted(left_out)],
    )


def _matcher(targeting: Targeting, segments: SegmentSet) -> Matches:
    if isinstance(targeting, BySegments):
        return segments.matcher(targeting.included)
    if isinstance(targeting, ByFilters):
        return targeting.matches
    return _every_device


def on_channel(channel: Channel, platforms: frozenset[int] | None) -> Callable[[int], bool]:
    """Whether a device type takes a message of this channel and these platforms."""
    if channel == "email":
        return lambda device_type: device_type == EMAIL_TYPE
    if channel == "sms":
        return lambda device_type: device_type == SMS_TYPE
    no_push = {EMAIL_TYPE, SMS_TYPE}
    if platforms is None:
        return lambda device_type: device_type not in no_push
    return lambda device_type: device_type in platforms and device_type not in no_push

"""Who receives a message: segments, filters, ids and aliases → subscriptions. No I/O, no clock.

The answer does not depend on the order in which devices are given, and whom an excluded segment
holds receives nothing, whatever else includes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from attrs import field, frozen

from onesignal_stub.filters import Device, Matches, parse

Channel: TypeAlias = Literal["push", "email", "sms"]

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
"""What older apps and the documentation call them."""

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
"""Flags of a notification → the device types they let through."""


@frozen
class BySegments:
    """`included_segments`: the members of any of them."""

    included: tuple[str, ...]


@frozen
class ByFilters:
    """`filters`: who matches."""

    matches: Matches


@frozen
class ByName:
    """Player and subscription ids, external ids, aliases, tokens: the records were looked up."""


Targeting: TypeAlias = BySegments | ByFilters | ByName


@frozen(kw_only=True)
class Aim:
    """What a request says about its receivers.

    Attributes:
        targeting: Who is meant.
        excluded: SegmentSet whose members receive nothing.
        channel: The kind of record that can receive it.
        platforms: Only these device types; None lets all through.
    """

    targeting: Targeting
    excluded: tuple[str, ...] = ()
    channel: Channel = "push"
    platforms: frozenset[int] | None = None


@frozen
class Audience:
    """Who was found.

    Attributes:
        receivers: Those who receive, each once, in the order of registration.
        unsubscribed: Those who are meant and on the channel, but take no messages.
    """

    receivers: Sequence[Device] = field(factory=tuple)
    unsubscribed: Sequence[Device] = field(factory=tuple)


class SegmentSet:
    """The segments of one app by name; the default ones under all their names.

    Args:
        own: Name → filters of the segments that the app has.
    """

    def __init__(self, own: Mapping[str, Sequence[object]]) -> None:
        self._own = own
        self._parsed: dict[str, Matches] = {}

    def knows(self, name: str) -> bool:
        """Whether there is a segment with this name; upper and lower case matter."""
        return name == TEST_USERS or SYNONYMS.get(name, name) in self._own

    def matcher(self, names: Iterable[str]) -> Matches:
        """Whether a device is in any of the segments; an unknown one is empty."""
        parts = [self._of(name) for name in names if self.knows(name)]
        if len(parts) == 1:
            return parts[0]
        return lambda device, now: any(part(device, now) for part in parts)

    def _of(self, name: str) -> Matches:
        if name == TEST_USERS:
            return lambda device, _: device.is_test
        name = SYNONYMS.get(name, name)
        if name not in self._parsed:
            self._parsed[name] = parse(self._own[name]) or _everybody
        return self._parsed[name]


def _everybody(_device: Device, _now: float) -> bool:
    return True


def select(devices: Iterable[Device], aim: Aim, *, segments: SegmentSet, now: float) -> Audience:
    """Find who of the devices receives.

    Args:
        devices: The app's devices; for ByName those that were looked up. In any order, and one
            that comes twice counts once.
        aim: Who is meant.
        segments: The app's segments.
        now: The time of sending, in seconds since the epoch.
    """
    meant = _meant(aim.targeting, segments)
    excluded = segments.matcher(aim.excluded) if aim.excluded else None
    fits = on_channel(aim.channel, aim.platforms)
    found: dict[int, Device] = {}
    for device in devices:
        if not fits(device.device_type) or not meant(device, now):
            continue
        if excluded is not None and excluded(device, now):
            continue
        found[device.number] = device
    ordered = [found[number] for number in sorted(found)]
    return Audience(
        receivers=[device for device in ordered if device.subscribed],
        unsubscribed=[device for device in ordered if not device.subscribed],
    )


def _meant(targeting: Targeting, segments: SegmentSet) -> Matches:
    if isinstance(targeting, BySegments):
        return segments.matcher(targeting.included)
    if isinstance(targeting, ByFilters):
        return targeting.matches
    return _everybody


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

"""Why a message reached these devices: what included each of them, and what excluded others.

No I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import Factory, frozen

from onesignal_stub.audience import (
    Audience,
    ByFilters,
    BySegments,
    SegmentSet,
    Target,
)
from onesignal_stub.filters import FilterSubject, Matches, parse

MAX_LEFT_OUT = 1000
"""How many devices that were left out are kept of each message; all are counted."""

MAX_UNKNOWN = 100
UNSUBSCRIBED = "not subscribed"
OTHER_PLATFORM = "another platform"

_OPERANDS = ("key", "relation", "value", "hours_ago", "radius", "lat", "long")


@frozen
class Explanation:
    """The audience of a message in words.

    Attributes:
        targeting: `segments`, `filters` or `ids`: what of the request chose the recipients.
        ways: What lets a device in: a segment, one side of an OR, a field with names.
        excluded: The segments whose members get nothing.
        platforms: The flags that let only some platforms through.
        left_out: Why devices that were meant got nothing → how many.
        unknown: Field → names that no device has, a hundred of each.
        unknown_count: How many names no device has.
    """

    targeting: str
    ways: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    left_out: Mapping[str, int] = Factory(dict)
    unknown: Mapping[str, list[str]] = Factory(dict)
    unknown_count: int = 0


@frozen
class Excluded:
    """A device that was meant and got nothing, and why."""

    device: FilterSubject
    reason: str


@frozen
class Explained:
    """An audience with its explanation.

    Attributes:
        explanation: In words.
        left_out: The first thousand of those who were meant and got nothing.
    """

    explanation: Explanation
    left_out: Sequence[Excluded] = ()


class Explainer:
    """Explains an audience while it is found part by part.

    Args:
        request: The request, its template's fields included.
        target: The recipients it names.
        segments: The app's segments.
        now: The time for which the audience is chosen, in seconds since the epoch.
    """

    def __init__(
        self, request: Mapping[str, Any], target: Target, segments: SegmentSet, *, now: float
    ) -> None:
        self._request = request
        self._target = target
        self._segments = segments
        self._now = now
        self._sides = list[Sequence[Any]]()
        if isinstance(target.targeting, ByFilters):
            self._sides = list(_alternatives(request["filters"]))
        self._predicates = [parse(side) for side in self._sides]
        self._fields: dict[str, int] = {}
        self._way_of: dict[int, int] = {}
        self._left_out: list[Excluded] = []
        self._counts: dict[str, int] = {}
        self._unknown: dict[str, list[str]] = {}
        self._unknown_count = 0

    def names(
        self, field: str, values: Iterable[str], found: Iterable[tuple[str, FilterSubject]]
    ) -> None:
        """Note the devices that names were found to be, and the names that no device has.

        Args:
            field: The field of the request that they are in.
            values: The names.
            found: The devices, each with its name.
        """
        known = set()
        for value, device in found:
            known.add(value)
            self._way_of.setdefault(
                device.number, self._fields.setdefault(field, len(self._fields))
            )
        missing = [value for value in values if value not in known]
        if missing:
            kept = self._unknown.setdefault(field, [])
            kept += missing[: MAX_UNKNOWN - len(kept)]
            self._unknown_count += len(missing)

    def leaves_out(self, audience: Audience) -> None:
        """Note the devices of a part of the audience that were meant and get nothing."""
        for device in audience.unsubscribed:
            self._leave_out(device, UNSUBSCRIBED)
        for out in audience.left_out:
            excluded = f"excluded by segment {out.segment}"
            self._leave_out(out.device, OTHER_PLATFORM if out.segment is None else excluded)

    def ways(self, recipients: Sequence[FilterSubject]) -> Mapping[int, int]:
        """Device number → the way that let it in; a device that is missing came the first."""
        targeting = self._target.targeting
        if isinstance(targeting, BySegments):
            return _by_segment(targeting.included, recipients, self._segments, self._now)
        if isinstance(targeting, ByFilters):
            return _by_filter(self._predicates, recipients, self._now)
        return self._way_of

    def explained(self) -> Explained:
        """The explanation of all that was noted."""
        target = self._target
        targeting = target.targeting
        if isinstance(targeting, BySegments):
            kind, ways = "segments", targeting.included
        elif isinstance(targeting, ByFilters):
            kind, ways = "filters", tuple(" and ".join(map(_words, side)) for side in self._sides)
        else:
            kind, ways = "ids", tuple(self._fields)
        flags = (name for name, value in self._request.items() if value is True)
        explanation = Explanation(
            targeting=kind,
            ways=ways,
            excluded=target.excluded,
            platforms=tuple(name for name in flags if name.startswith("is"))
            if target.platforms is not None
            else (),
            left_out=self._counts,
            unknown=self._unknown,
            unknown_count=self._unknown_count,
        )
        return Explained(explanation, self._left_out)

    def _leave_out(self, device: FilterSubject, reason: str) -> None:
        self._counts[reason] = self._counts.get(reason, 0) + 1
        if len(self._left_out) < MAX_LEFT_OUT:
            self._left_out.append(Excluded(device, reason))


def _by_segment(
    names: Sequence[str], recipients: Sequence[FilterSubject], segments: SegmentSet, now: float
) -> dict[int, int]:
    if len(names) < 2:
        return {}
    first = segments.first_of(names)
    place = {name: at for at, name in enumerate(names)}
    return {device.number: place[first(device, now) or names[0]] for device in recipients}


def _alternatives(filters: Sequence[Any]) -> Iterator[list[Any]]:
    """The sides of each OR, without the operators."""
    part: list[Any] = []
    for entry in filters:
        if entry.get("operator") == "OR":
            yield part
            part = []
        elif "field" in entry:
            part.append(entry)
    yield part


def _words(entry: Mapping[str, Any]) -> str:
    operands = [str(entry[name]) for name in _OPERANDS if entry.get(name) is not None]
    return " ".join((str(entry["field"]), *operands))


def _by_filter(
    sides: Sequence[Matches | None], recipients: Sequence[FilterSubject], now: float
) -> dict[int, int]:
    if len(sides) < 2:
        return {}
    found = {}
    for device in recipients:
        matching = (at for at, side in enumerate(sides) if side is not None and side(device, now))
        found[device.number] = next(matching, 0)
    return found

"""Why a message reached whom it reached: what let each device in, and what kept others out.

No I/O.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import Factory, frozen

from onesignal_stub.audience import (
    Audience,
    ByFilters,
    BySegments,
    RecipientIds,
    SegmentSet,
    Target,
    Targeting,
)
from onesignal_stub.filters import FilterSubject, parse

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
        way_of: Device number → the way that let it in; a device that is missing came the first.
        left_out: Who was meant and got nothing.
    """

    explanation: Explanation
    way_of: Mapping[int, int] = Factory(dict)
    left_out: Sequence[Excluded] = ()


def explain(
    request: Mapping[str, Any],
    target: Target,
    audience: Audience,
    named: Mapping[str, Sequence[tuple[str, FilterSubject]]],
    *,
    segments: SegmentSet,
    now: float,
) -> Explained:
    """Explain who was found for a request.

    Args:
        request: The request, its template's fields included.
        target: Whom it means.
        audience: Who was found.
        named: Field → the names in it and the devices that they were found to be.
        segments: The app's segments.
        now: The time for which the audience was chosen, in seconds since the epoch.
    """
    left_out = [Excluded(device, UNSUBSCRIBED) for device in audience.unsubscribed]
    for out in audience.left_out:
        reason = OTHER_PLATFORM if out.segment is None else f"excluded by segment {out.segment}"
        left_out.append(Excluded(out.device, reason))
    counts: dict[str, int] = {}
    for each in left_out:
        counts[each.reason] = counts.get(each.reason, 0) + 1
    targeting = target.targeting
    if isinstance(targeting, BySegments):
        kind, ways = "segments", targeting.included
        way_of = _by_segment(targeting.included, audience.recipients, segments, now)
    elif isinstance(targeting, ByFilters):
        kind, parts = "filters", list(_alternatives(request["filters"]))
        ways = tuple(" and ".join(map(_words, part)) for part in parts)
        way_of = _by_filter(parts, audience.recipients, now)
    else:
        kind, ways = "ids", tuple(named)
        way_of = _by_field(named)
    unknown = _unknown(targeting, named)
    explanation = Explanation(
        targeting=kind,
        ways=ways,
        excluded=target.excluded,
        platforms=tuple(name for name in request if name.startswith("is") and request[name] is True)
        if target.platforms is not None
        else (),
        left_out=counts,
        unknown={field: names[:MAX_UNKNOWN] for field, names in unknown.items()},
        unknown_count=sum(map(len, unknown.values())),
    )
    return Explained(explanation, way_of, left_out)


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
    parts: Sequence[Sequence[Any]], recipients: Sequence[FilterSubject], now: float
) -> dict[int, int]:
    if len(parts) < 2:
        return {}
    sides = [parse(part) for part in parts]
    found = {}
    for device in recipients:
        matching = (at for at, side in enumerate(sides) if side is not None and side(device, now))
        found[device.number] = next(matching, 0)
    return found


def _by_field(named: Mapping[str, Sequence[tuple[str, FilterSubject]]]) -> dict[int, int]:
    found: dict[int, int] = {}
    for at, devices in enumerate(named.values()):
        for _, device in devices:
            found.setdefault(device.number, at)
    return found


def _unknown(
    targeting: Targeting, named: Mapping[str, Sequence[tuple[str, FilterSubject]]]
) -> dict[str, list[str]]:
    if not isinstance(targeting, RecipientIds):
        return {}
    unknown = {}
    for field, values in targeting.by_field().items():
        known = {value for value, _ in named.get(field, ())}
        missing = [value for value in values if value not in known]
        if missing:
            unknown[field] = missing
    return unknown

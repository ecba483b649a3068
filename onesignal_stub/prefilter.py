"""A condition in SQL that every device of a target meets.

A message to a segment looks at all devices of an app, and to read a device takes longer than to
compare it. So the database leaves out those that cannot match. The condition may let others
through: `audience.select` decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from attrs import frozen

from onesignal_stub.audience import (
    EMAIL_TYPE,
    SMS_TYPE,
    ByFilters,
    BySegments,
    Channel,
    SegmentSet,
    Targeting,
)
from onesignal_stub.fields import number_of

_MOST_TERMS = 400  # SQLite takes expressions of a depth up to 1000
_HOUR = 3600.0
_NUMBERS = {
    "session_count": "s.session_count",
    "session_time": "s.session_time",
    "amount_spent": "u.amount_spent",
}
_TIMES = {
    "last_session": "s.last_active",
    "first_session": "min(u.first_active, s.created_at)",
}
_NEEDS_THE_TAG = frozenset({"exists", "=", ">", "<", "time_elapsed_gt", "time_elapsed_lt"})
_PLAIN_KEY = re.compile(r"[\w.-]+", re.ASCII)  # stands in JSON as it is


@frozen
class SqlCondition:
    """A condition on the rows of `DeviceReader`, and its parameters."""

    sql: str = "1"
    parameters: tuple[Any, ...] = ()


EVERY = SqlCondition()
"""All devices meet it."""

_Entry: TypeAlias = Mapping[str, Any]


def on_channel(channel: Channel) -> str:
    """The condition that devices which take a message of a channel meet, and no others."""
    if channel == "email":
        return f"s.device_type = {EMAIL_TYPE}"
    if channel == "sms":
        return f"s.device_type = {SMS_TYPE}"
    return f"s.device_type NOT IN ({EMAIL_TYPE}, {SMS_TYPE})"


def condition_of(targeting: Targeting, segments: SegmentSet, now: float) -> SqlCondition:
    """The condition that all devices of a target meet.

    Args:
        targeting: The target; filters in it have been parsed without an error.
        segments: The app's segments.
        now: The time of sending, in seconds since the epoch.
    """
    if isinstance(targeting, ByFilters):
        return _any_of(targeting.filters, now)
    if isinstance(targeting, BySegments):
        filters = segments.filters(targeting.included)
        return EVERY if filters is None else _any_of(filters, now)
    return EVERY


def _any_of(filters: Sequence[_Entry], now: float) -> SqlCondition:
    sides = [_all_of(side, now) for side in _sides(filters)]
    parameters = tuple(value for side in sides for value in side.parameters)
    if EVERY in sides or len(parameters) > _MOST_TERMS:
        return EVERY
    return SqlCondition(f"({' OR '.join(side.sql for side in sides)})", parameters)


def _sides(filters: Sequence[_Entry]) -> Iterator[list[_Entry]]:
    """The filters between the ORs, without the ANDs."""
    side: list[_Entry] = []
    for entry in filters:
        if entry.get("operator") == "OR":
            yield side
            side = []
        elif "operator" not in entry:
            side.append(entry)
    yield side


def _all_of(entries: Sequence[_Entry], now: float) -> SqlCondition:
    found = [term for entry in entries if (term := _term(entry, now)) is not None]
    if not found:
        return EVERY
    sql, parameters = zip(*found, strict=True)
    return SqlCondition(" AND ".join(sql), parameters)


def _term(entry: _Entry, now: float) -> tuple[str, Any] | None:
    """What one filter asks of a row, with its parameter; None where it is not known in SQL."""
    field, relation = str(entry["field"]), entry.get("relation")
    if field == "tag" and relation in _NEEDS_THE_TAG:
        key = entry["key"]
        is_plain = isinstance(key, str) and _PLAIN_KEY.fullmatch(key)
        return ("instr(u.tags, ?)", f'"{key}"') if is_plain else None
    if field in _NUMBERS and relation in (">", "<", "="):
        return _compared(_NUMBERS[field], relation, entry["value"], float)
    if field in _TIMES and relation in (">", "<"):
        hours = entry.get("hours_ago")
        hours = entry["value"] if hours is None else hours
        # In the other direction, and a second wider: floating point may round differently here.
        since = "<=" if relation == ">" else ">="
        margin = 1.0 if relation == ">" else -1.0
        return _compared(_TIMES[field], since, hours, lambda ago: now - ago * _HOUR + margin)
    return None


def _compared(
    column: str, relation: str, value: object, convert: Callable[[float], float]
) -> tuple[str, float] | None:
    number = number_of(value)
    return None if number is None else (f"{column} {relation} ?", convert(float(number)))

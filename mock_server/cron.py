"""Cron schedules as Nakama reads them: when boards reset, and what `nk.cron_*` answers.

The dialect is that of cronexpr (https://github.com/gorhill/cronexpr#implementation): five fields
(minute, hour, day of month, month, day of week), six with a year behind them, seven with seconds
in front; years end with 2099. Its oddities are kept, because expiry times show them; each is named
where it is made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from attrs import frozen

from mock_server.cron_schedule import CronSchedule, ScheduleDays


class BadSchedule(ValueError):
    """A text that is no cron expression."""


@frozen
class _Field:
    """One field of an expression.

    Attributes:
        low: Its smallest value.
        high: Its largest value, which also bounds steps.
        value: A pattern of one value, in lower case.
        words: Numbers of the values that are not written as their number.
    """

    low: int
    high: int
    value: str
    words: Mapping[str, int]

    def number(self, text: str) -> int:
        """The number that a value stands for."""
        return self.words[text] if text in self.words else int(text)


def _names(names: str, first: int) -> dict[str, int]:
    words: dict[str, int] = {}
    for number, name in enumerate(names.split(), start=first):
        words |= {name: number, name[:3]: number}
    return words


# A leading zero is read but not understood in names' fields: January as `01` is month 0, which is
# December of the year before, and every weekday from `00` to `07` is Sunday.
_MONTHS = _names(
    "january february march april may june july august september october november december", 1
) | {f"0{number}": 0 for number in range(1, 10)}
_WEEKDAYS = (
    _names("sunday monday tuesday wednesday thursday friday saturday", 0)
    | {"7": 0}
    | {f"0{number}": 0 for number in range(8)}
)

_SECOND = _Field(0, 59, "0?[0-9]|[1-5][0-9]", {})
_MINUTE = _Field(0, 59, "0?[0-9]|[1-5][0-9]", {})
_HOUR = _Field(0, 23, "0?[0-9]|1[0-9]|2[0-3]", {})
_DAY = _Field(1, 31, "0?[1-9]|[12][0-9]|3[01]", {})
_MONTH = _Field(1, 12, "|".join(["0?[1-9]|1[012]", *_MONTHS]), _MONTHS)
_WEEKDAY = _Field(0, 6, "|".join(["0?[0-7]", *_WEEKDAYS]), _WEEKDAYS)
_YEAR = _Field(1970, 2099, "19[789][0-9]|20[0-9]{2}", {})

_ALIASES = {
    "@yearly": "0 0 0 1 1 * *",
    "@annually": "0 0 0 1 1 * *",
    "@monthly": "0 0 0 1 * * *",
    "@weekly": "0 0 0 * * 0 *",
    "@daily": "0 0 0 * * * *",
    "@hourly": "0 0 * * * * *",
}
_ALIAS = re.compile("|".join(_ALIASES))
_BLANKS = re.compile(r"[\t\n\f\r ]+")


@frozen
class _FieldEntry:
    """One of the comma-separated entries of a field.

    Attributes:
        text: The entry in lower case.
        values: The numbers it stands for; None where it is of a form that only days have.
        is_wildcard: Whether it is `*` or `?`.
    """

    text: str
    values: Sequence[int] | None
    is_wildcard: bool = False


@lru_cache(maxsize=1024)
def parse_schedule(expression: str) -> CronSchedule:
    """Read a cron expression.

    Raises:
        BadSchedule: It is none.
    """
    normal = _ALIAS.sub(lambda alias: _ALIASES[alias[0]], expression)
    fields = [text for text in _BLANKS.split(normal) if text][:7]
    if len(fields) < 5:
        raise BadSchedule(f"missing field(s) in {expression!r}")
    seconds = fields.pop(0) if len(fields) == 7 else "0"
    year = fields.pop() if len(fields) == 6 else "*"
    minutes, hours, days, months, weekdays = fields
    return CronSchedule(
        years=_plain(year, _YEAR),
        months=_plain(months, _MONTH),
        hours=_plain(hours, _HOUR),
        minutes=_plain(minutes, _MINUTE),
        seconds=_plain(seconds, _SECOND),
        days=_day_rules(days, weekdays),
    )


def _entries(text: str, field: _Field) -> list[_FieldEntry]:
    texts = [entry for entry in text.lower().split(",") if entry]
    if not texts:
        raise BadSchedule(f"missing directive in {text!r}")
    return [_entry(each, field) for each in texts]


def _entry(text: str, field: _Field) -> _FieldEntry:
    if text in ("*", "?"):
        return _FieldEntry(text, range(field.low, field.high + 1), is_wildcard=True)
    value = f"({field.value})"
    if re.fullmatch(value, text):
        return _FieldEntry(text, (field.number(text),))
    match = re.fullmatch(rf"(?:\*|{value}(?:-{value})?)(?:/([0-9]+))?", text)
    if match is None:
        return _FieldEntry(text, None)
    first, last, step_text = match.groups()
    step = _step(step_text, field) if step_text else 1
    low = field.low if first is None else field.number(first)
    high = field.high if last is None else field.number(last)
    return _FieldEntry(text, range(low, high + 1, step))


def _step(text: str, field: _Field) -> int:
    """A step; only what is written as a minute or a year is understood, and bounded."""
    is_known = re.fullmatch("[0-5]?[0-9]", text) or re.fullmatch(_YEAR.value, text)
    if not is_known or not 1 <= int(text) <= field.high:
        raise BadSchedule(f"invalid interval {text}")
    return int(text)


def _plain(text: str, field: _Field) -> tuple[int, ...]:
    """A field without forms of its own; what stands behind a wildcard does not count."""
    found: set[int] = set()
    for entry in _entries(text, field):
        if entry.is_wildcard:
            return tuple(range(field.low, field.high + 1))
        if entry.values is None:
            raise BadSchedule(f"syntax error: {entry.text!r}")
        found.update(entry.values)
    return tuple(sorted(found))


def _day_rules(days_text: str, weekdays_text: str) -> ScheduleDays:
    days, workdays, marks = set[int](), set[int](), set[str]()
    any_day = any_weekday = False
    for entry in _entries(days_text, _DAY):
        any_day |= entry.is_wildcard
        if entry.values is not None:
            days.update(entry.values)
        elif entry.text in ("l", "lw"):
            marks.add(entry.text)
        elif re.fullmatch(f"(?:{_DAY.value})w", entry.text):
            workdays.add(int(entry.text[:-1]))
        else:
            raise BadSchedule(f"syntax error in day of month: {entry.text!r}")
    weekdays, nth, last = set[int](), set[tuple[int, int]](), set[int]()
    for entry in _entries(weekdays_text, _WEEKDAY):
        any_weekday |= entry.is_wildcard
        if entry.values is not None:
            weekdays.update(entry.values)
            continue
        special = re.fullmatch(rf"({_WEEKDAY.value})(?:l|#([1-5]))", entry.text)
        if special is None:
            raise BadSchedule(f"syntax error in day of week: {entry.text!r}")
        weekday = _WEEKDAY.number(special[1])
        if special[2]:
            nth.add((weekday, int(special[2])))
        else:
            last.add(weekday)
    return ScheduleDays(
        None if any_day else frozenset(days),
        frozenset(workdays),
        "l" in marks,
        "lw" in marks,
        None if any_weekday else frozenset(weekdays),
        frozenset(nth),
        frozenset(last),
    )

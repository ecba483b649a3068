"""Cron schedules as Nakama reads them: when boards reset, and what `nk.cron_*` answers.

The dialect is that of cronexpr (https://github.com/gorhill/cronexpr#implementation): five fields
(minute, hour, day of month, month, day of week), six with a year behind them, seven with seconds
in front; years end with 2099. Its oddities are kept, because expiry times show them; each is named
where it is made.
"""

from __future__ import annotations

import calendar
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from attrs import frozen

NEVER = -62_135_596_800
"""What Nakama takes for "no time at all": the beginning of the year 1."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BEHIND = 4_102_444_800  # the year 2100, in which no schedule has a match
_SUNDAY = 6  # as date.weekday() counts
_SATURDAY = 5


class BadSchedule(ValueError):
    """A text that is no cron expression."""


class ScheduleCrash(Exception):
    """A schedule on which the real server's arithmetic runs into a panic; the text is Go's."""


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


@frozen
class _Days:
    """Which days of a month match.

    Attributes:
        days: Days of the month; None where every day matches.
        workdays: Days of the month whose nearest Monday to Friday is meant.
        is_last: Whether the last day matches.
        is_last_workday: Whether the last Monday to Friday matches.
        weekdays: Days of the week, 0 is Sunday; None where every day matches.
        nth_weekdays: Pairs of a day of the week and which of them in the month, from 1.
        last_weekdays: Days of the week of which the last one in the month matches.
    """

    days: frozenset[int] | None
    workdays: frozenset[int]
    is_last: bool
    is_last_workday: bool
    weekdays: frozenset[int] | None
    nth_weekdays: frozenset[tuple[int, int]]
    last_weekdays: frozenset[int]

    def of(self, year: int, month: int) -> list[int]:
        """The matching days of a month, ascending; restricted in both ways, either counts."""
        length = calendar.monthrange(year, month)[1]
        if self.days is None and self.weekdays is None:
            return list(range(1, length + 1))
        found = set(self._by_number(year, month, length))
        found.update(self._by_weekday(year, month, length))
        return sorted(day for day in found if day <= length)

    def _by_number(self, year: int, month: int, length: int) -> Iterator[int]:
        if self.days is None:
            return
        yield from self.days
        if self.is_last:
            yield length
        workdays = [day for day in self.workdays if day <= length]
        for day in [*workdays, *([length] if self.is_last_workday else [])]:
            yield _nearest_workday(year, month, day, length)

    def _by_weekday(self, year: int, month: int, length: int) -> Iterator[int]:
        if self.weekdays is None:
            return
        for day in range(1, length + 1):
            weekday = (date(year, month, day).weekday() + 1) % 7
            which = (day + 6) // 7
            is_last = day + 7 > length and weekday in self.last_weekdays
            if weekday in self.weekdays or (weekday, which) in self.nth_weekdays or is_last:
                yield day


@frozen
class CronSchedule:
    """When something recurs; every time is in whole seconds since the epoch, UTC.

    Attributes:
        years: The years, ascending, as all these lists.
        months: The months.
        hours: The hours.
        minutes: The minutes.
        seconds: The seconds.
    """

    years: Sequence[int]
    months: Sequence[int]
    hours: Sequence[int]
    minutes: Sequence[int]
    seconds: Sequence[int]
    _days: _Days

    def next(self, after: float) -> int:
        """The first match strictly after a time; `NEVER` when there is none.

        Raises:
            ScheduleCrash: A list of values is empty, because its range runs backwards.
        """
        if after == NEVER:
            return NEVER
        self._check_lists()
        start = _moment(after) + timedelta(seconds=1)
        for year, month in self._months_from(start.year, start.month):
            is_first = (year, month) == (start.year, start.month)
            for day in _days_of(self._days, year, month):
                if is_first and day < start.day:
                    continue
                seconds = start.hour * 3600 + start.minute * 60 + start.second
                found = self._first_second(seconds if is_first and day == start.day else 0)
                if found is not None:
                    return _timestamp(year, month, day, found)
        return NEVER

    def last(self, before: float) -> int:
        """The last match strictly before a time; `NEVER` when there is none.

        As in cronexpr, in a minute that matches only the second just before counts, or one behind
        the last of the list; else it is the last second of the matching minute before.

        Raises:
            ScheduleCrash: A list of values is empty, because its range runs backwards.
        """
        if before == NEVER:
            return NEVER
        self._check_lists()
        moment = _moment(before)
        minute = moment.hour * 60 + moment.minute
        if self._matches_minute(moment):
            here = self._second_before(moment.second)
            if here is not None:
                day = moment.date()
                return _timestamp(day.year, day.month, day.day, minute * 60 + here)
        for year, month in self._months_to(moment.year, moment.month):
            is_first = (year, month) == (moment.year, moment.month)
            for day_number in reversed(_days_of(self._days, year, month)):
                if is_first and day_number > moment.day:
                    continue
                is_today = is_first and day_number == moment.day
                found = self._last_minute(minute if is_today else 24 * 60)
                if found is not None:
                    return _timestamp(year, month, day_number, found * 60 + self.seconds[-1])
        return NEVER

    def next_two(self, after: float) -> tuple[int, int]:
        """The first two matches strictly after a time.

        Raises:
            ScheduleCrash: There are none, or just one.
        """
        first = self.next(after)
        if first == NEVER:
            raise _out_of_range(0)
        second = self.next(first)
        if second == NEVER:
            raise _out_of_range(1)
        return first, second

    def _check_lists(self) -> None:
        if not (self.months and self.hours and self.minutes and self.seconds):
            raise _out_of_range(0)

    def _months_from(self, year: int, month: int) -> Iterator[tuple[int, int]]:
        for each in self.years[bisect_left(self.years, year) :]:
            first = bisect_left(self.months, month) if each == year else 0
            for number in self.months[first:]:
                yield each, number

    def _months_to(self, year: int, month: int) -> Iterator[tuple[int, int]]:
        for each in reversed(self.years[: bisect_right(self.years, year)]):
            last = bisect_right(self.months, month) if each == year else len(self.months)
            for number in reversed(self.months[:last]):
                yield each, number

    def _first_second(self, start: int) -> int | None:
        """The first match within a day, at a second of the day or later."""
        hour, minute, second = start // 3600, start // 60 % 60, start % 60
        for each in self.hours[bisect_left(self.hours, hour) :]:
            is_first = each == hour
            for other in self.minutes[bisect_left(self.minutes, minute) if is_first else 0 :]:
                index = 0
                if is_first and other == minute:
                    index = bisect_left(self.seconds, second)
                if index < len(self.seconds):
                    return each * 3600 + other * 60 + self.seconds[index]
        return None

    def _last_minute(self, end: int) -> int | None:
        """The last matching minute of a day before `end`, a minute of the day."""
        for hour in reversed(self.hours[: bisect_right(self.hours, end // 60)]):
            count = len(self.minutes)
            if hour == end // 60:
                count = bisect_left(self.minutes, end % 60)
            if count:
                return hour * 60 + self.minutes[count - 1]
        return None

    def _matches_minute(self, moment: datetime) -> bool:
        return (
            moment.year in self.years
            and moment.month in self.months
            and moment.day in self._days.of(moment.year, moment.month)
            and moment.hour in self.hours
            and moment.minute in self.minutes
        )

    def _second_before(self, second: int) -> int | None:
        if second > self.seconds[-1]:
            return self.seconds[-1]
        return second - 1 if second - 1 in self.seconds else None


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


def _day_rules(days_text: str, weekdays_text: str) -> _Days:
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
    return _Days(
        None if any_day else frozenset(days),
        frozenset(workdays),
        "l" in marks,
        "lw" in marks,
        None if any_weekday else frozenset(weekdays),
        frozenset(nth),
        frozenset(last),
    )


@lru_cache(maxsize=4096)
def _days_of(days: _Days, year: int, month: int) -> list[int]:
    # Month 0, which a leading zero makes, is December of the year before, as in Go.
    return days.of(year, month) if month else days.of(year - 1, 12)


def _nearest_workday(year: int, month: int, day: int, length: int) -> int:
    """The Monday to Friday next to a day, within its month."""
    weekday = date(year, month, day).weekday()
    if weekday == _SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == _SUNDAY:
        return day + 1 if day < length else day - 2
    return day


def _moment(seconds: float) -> datetime:
    """The second of a time; beyond the years of schedules any second is as good."""
    return _EPOCH + timedelta(seconds=min(max(int(seconds // 1), NEVER), _BEHIND))


def _timestamp(year: int, month: int, day: int, second_of_day: int) -> int:
    if not month:
        year, month = year - 1, 12
    days = date(year, month, day).toordinal() - _EPOCH.toordinal()
    return days * 86400 + second_of_day


def _out_of_range(index: int) -> ScheduleCrash:
    return ScheduleCrash(f"runtime error: index out of range [{index}] with length {index}")

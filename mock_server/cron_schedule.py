"""Cron schedules: when something recurs, in years, months, days and seconds; `cron.py` reads them.

The oddities of cronexpr are kept, because expiry times show them; each is named where it is made.
"""

from __future__ import annotations

import calendar
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from attrs import frozen

NEVER = -62_135_596_800
"""What Nakama takes for "no time at all": the beginning of the year 1."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BEHIND = 4_102_444_800  # the year 2100, in which no schedule has a match
_SUNDAY = 6  # as date.weekday() counts
_SATURDAY = 5


class ScheduleCrash(Exception):
    """A schedule on which the real server's arithmetic runs into a panic; the text is Go's."""


@frozen
class ScheduleDays:
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
    _days: ScheduleDays

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


@lru_cache(maxsize=4096)
def _days_of(days: ScheduleDays, year: int, month: int) -> list[int]:
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

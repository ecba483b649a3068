"""`nk.time` and `nk.cron_*`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from mock_server.cron import BadSchedule, parse_schedule
from mock_server.cron_schedule import CronSchedule, ScheduleCrash
from mock_server.runtime.arguments import Arguments, whole
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import PureFunctions
from server_kit import Clock

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = (("hour", 12), ("min", 0), ("sec", 0), ("msec", 0))


class TimeFunctions(PureFunctions):
    """Tell the time, and when a schedule is due."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def time(self, date: Any = None) -> int:
        """Milliseconds since the epoch: now on the server's clock, or of a date.

        Args:
            date: A table with `year`, `month`, `day`, and `hour` (12 when left out), `min`,
                `sec`, `msec`.

        Raises:
            ModuleError: No table, or a date outside of the years 1 to 9999.
        """
        if date is None:
            return self._clock.time_ns() // 1_000_000
        table = Arguments("time", date).table(1)
        try:
            return _milliseconds(table if isinstance(table, dict) else {})
        except (ValueError, OverflowError):
            raise ModuleError("this mock of Nakama knows the years 1 to 9999 only") from None

    def cron_next(self, expression: Any = None, timestamp: Any = None) -> int:
        """The first time after `timestamp` that a cron expression matches; both in seconds, UTC.

        Where there is none up to 2099, it is that of the year 1, as in Nakama.

        Raises:
            ModuleError: A bad argument.
        """
        schedule, after = _schedule(Arguments("cron_next", expression, timestamp))
        return due(schedule.next, after)

    def cron_prev(self, expression: Any = None, timestamp: Any = None) -> int:
        """The last time before `timestamp` that a cron expression matches; both in seconds, UTC.

        Raises:
            ModuleError: A bad argument.
        """
        schedule, before = _schedule(Arguments("cron_prev", expression, timestamp))
        return due(schedule.last, before)


def _milliseconds(table: dict[Any, Any]) -> int:
    def number(name: str, default: int) -> int:
        value = table.get(name)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return whole(value) if is_number else default  # type: ignore[arg-type]

    # As Go: fields out of their range run over into the next larger one.
    months = number("year", -1) * 12 + number("month", -1) - 1
    hours, minutes, seconds, milliseconds = (number(name, default) for name, default in _UNITS)
    start = datetime(max(months // 12, 1), months % 12 + 1, 1, tzinfo=UTC)
    moment = start + timedelta(
        days=number("day", -1) - 1,
        hours=hours,
        minutes=minutes,
        seconds=seconds,
        milliseconds=milliseconds,
    )
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _schedule(given: Arguments) -> tuple[CronSchedule, int]:
    """The schedule and the time that are given.

    Raises:
        ModuleError: A bad argument.
    """
    expression = given.filled_text(1, "expects cron string")
    timestamp = given.integer(2)
    if timestamp == 0:
        raise given.error(1, "expects timestamp in seconds")
    try:
        return parse_schedule(expression), timestamp
    except BadSchedule:
        raise given.error(1, "expects a valid cron string") from None


def due(find: Callable[[float], int], timestamp: int) -> int:
    """The next time of a schedule.

    Raises:
        ModuleError: A real Nakama would not survive it.
    """
    try:
        return find(timestamp)
    except ScheduleCrash as crash:
        raise ModuleError(str(crash)) from None

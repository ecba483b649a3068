"""`nk.time` and `nk.cron_*`."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from mock_server.runtime.arguments import Arguments, whole
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import PureFunctions

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = (("hour", 12), ("min", 0), ("sec", 0), ("msec", 0))


class TimeFunctions(PureFunctions):
    """Tell the time, and when a schedule is due."""

    def time(self, date: Any = None) -> int:
        """Milliseconds since the epoch: now on the server's clock, or of a date.

        Args:
            date: A table with `year`, `month`, `day`, and `hour` (12 when left out), `min`,
                `sec`, `msec`.

        Raises:
            ModuleError: No table, or a date outside of the years 1 to 9999.
        """
        if date is None:
            return self._parts.clock.time_ns() // 1_000_000
        table = Arguments("time", date).table(1)
        try:
            return _milliseconds(table if isinstance(table, dict) else {})
        except (ValueError, OverflowError):
            raise ModuleError("this mock of Nakama knows the years 1 to 9999 only") from None

    def cron_next(self, expression: Any = None, timestamp: Any = None) -> int:
        """The first time after `timestamp` that a cron expression matches; both in seconds, UTC.

        Raises:
            ModuleError: A bad argument.
        """
        return _due(Arguments("cron_next", expression, timestamp), "get_next")

    def cron_prev(self, expression: Any = None, timestamp: Any = None) -> int:
        """The last time before `timestamp` that a cron expression matches; both in seconds, UTC.

        Raises:
            ModuleError: A bad argument.
        """
        return _due(Arguments("cron_prev", expression, timestamp), "get_prev")


def is_cron(expression: str) -> bool:
    """Tell whether a text is a cron expression."""
    return bool(_croniter().is_valid(_fields(expression)))


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


def _due(given: Arguments, step: str) -> int:
    expression = given.filled_text(1, "expects cron string")
    timestamp = given.integer(2)
    if timestamp == 0:
        raise given.error(1, "expects timestamp in seconds")
    if not is_cron(expression):
        raise given.error(1, "expects a valid cron string")
    try:
        start = _EPOCH + timedelta(seconds=timestamp)
    except OverflowError:
        raise ModuleError("this mock of Nakama knows the years 1 to 9999 only") from None
    schedule = _croniter()(_fields(expression), start)
    find: Callable[[type[float]], float] = getattr(schedule, step)
    return int(find(float))


def _croniter() -> Any:
    try:
        return importlib.import_module("croniter").croniter
    except ImportError:
        raise ModuleError("cron needs croniter: pip install 'nakama-client[lua]'") from None


def _fields(expression: str) -> str:
    """Nakama's fields in croniter's order: seconds come first there, and last but year here."""
    fields = expression.split()
    if len(fields) == 6:  # minute hour day month weekday year
        fields = [*fields[:5], "0", fields[5]]
    elif len(fields) == 7:  # second minute hour day month weekday year
        fields = [*fields[1:6], fields[0], fields[6]]
    return " ".join(fields)

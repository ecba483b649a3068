"""`nk.time` and `nk.cron_*`."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from mock_server.runtime.arguments import Arguments, whole
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import PureFunctions
from server_kit import Clock

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = (("hour", 12), ("min", 0), ("sec", 0), ("msec", 0))
_NEVER = -62_135_596_800  # the year 1, which is no time at all in Go
_END = 4_102_444_800  # of 2099, its last year
_YEARS = 130
_ALIASES = {
    "@yearly": "0 0 0 1 1 * *",
    "@annually": "0 0 0 1 1 * *",
    "@monthly": "0 0 0 1 * * *",
    "@weekly": "0 0 0 * * 0 *",
    "@daily": "0 0 0 * * * *",
    "@hourly": "0 0 * * * * *",
}
_NAMES = (
    "january february march april may june july august september october november december "
    "sunday monday tuesday wednesday thursday friday saturday"
)
_WORDS = {word: word[:3] for name in _NAMES.split() for word in (name, name[:3], *"lw")}


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
    schedule = _croniter()(_fields(expression), start, max_years_between_matches=_YEARS)
    find: Callable[[type[float]], float] = getattr(schedule, step)
    try:
        due = int(find(float))
    except importlib.import_module("croniter").CroniterBadDateError:
        return _NEVER
    return due if due < _END else _NEVER


def _croniter() -> Any:
    try:
        return importlib.import_module("croniter").croniter
    except ImportError:
        raise ModuleError("cron needs croniter: pip install 'nakama-client[lua]'") from None


def _fields(expression: str) -> str:
    """Nakama's fields in croniter's order: seconds come first there, and last but year here."""
    for alias, fields_of_alias in _ALIASES.items():
        expression = expression.replace(alias, fields_of_alias)
    expression = re.sub("[a-z]+", lambda word: _WORDS.get(word[0], "?!"), expression.lower())
    # its last Friday is `5L` in Nakama, `L5` in croniter; what is beyond the year does not count
    fields = re.sub(r"\b([0-7])l\b", r"l\1", expression).split()[:7]
    if len(fields) == 6:  # minute hour day month weekday year
        fields = [*fields[:5], "0", fields[5]]
    elif len(fields) == 7:  # second minute hour day month weekday year
        fields = [*fields[1:6], fields[0], fields[6]]
    return " ".join(fields)

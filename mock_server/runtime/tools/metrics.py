"""`nk.metrics_*`: a module's own counters, gauges and timers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from attrs import define, frozen

from mock_server.runtime.arguments import Arguments
from mock_server.runtime.functions import PureFunctions

_MAX_SERIES = 10_000


@frozen
class Metric:
    """One series: a name with its tags.

    Attributes:
        kind: `counter`, `gauge` or `timer`.
        name: The module's name for it.
        tags: Texts by texts.
        value: A counter's sum, a gauge's present value, the newest time of a timer in nanoseconds.
        count: How often it was written.
    """

    kind: str
    name: str
    tags: Mapping[str, str]
    value: float
    count: int


@define
class _Series:
    value: float = 0
    count: int = 0


class Metrics:
    """The metrics of one server, up to 10,000 series; further ones are not kept."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._series: dict[tuple[str, str, tuple[tuple[str, str], ...]], _Series] = {}

    def write(
        self, kind: str, name: str, tags: Mapping[str, str], change: Callable[[float], float]
    ) -> None:
        """Change a series.

        Args:
            kind: `counter`, `gauge` or `timer`.
            name: Its name.
            tags: Its tags.
            change: Makes the new value of the one before, which is 0 at first.
        """
        key = (kind, name, tuple(sorted(tags.items())))
        with self._lock:
            if key not in self._series and len(self._series) >= _MAX_SERIES:
                return
            series = self._series.setdefault(key, _Series())
            series.value = change(series.value)
            series.count += 1

    def all(self) -> list[Metric]:
        """All series, by kind, name and tags."""
        with self._lock:
            return [
                Metric(kind, name, dict(tags), series.value, series.count)
                for (kind, name, tags), series in sorted(self._series.items(), key=_by_key)
            ]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._series.clear()


class MetricsFunctions(PureFunctions):
    """Count, measure and time what modules do; `GET /_control/metrics` shows it.

    Args:
        metrics: Where it is kept.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def metrics_counter_add(self, name: Any = None, tags: Any = None, delta: Any = None) -> None:
        """Add to a counter.

        Args:
            name: A text.
            tags: A table of texts by texts.
            delta: How much; a whole number.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("metrics_counter_add", name, tags, delta)
        title, labels, amount = given.text(1), _tags(given), given.integer(3)
        self._metrics.write("counter", title, labels, lambda before: before + amount)

    def metrics_gauge_set(self, name: Any = None, tags: Any = None, value: Any = None) -> None:
        """Set a gauge to a number.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("metrics_gauge_set", name, tags, value)
        title, labels, level = given.text(1), _tags(given), given.number(3)
        self._metrics.write("gauge", title, labels, lambda _: level)

    def metrics_timer_record(self, name: Any = None, tags: Any = None, value: Any = None) -> None:
        """Record how long something took, in nanoseconds.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("metrics_timer_record", name, tags, value)
        title, labels, duration = given.text(1), _tags(given), given.integer(3)
        self._metrics.write("timer", title, labels, lambda _: duration)


def _tags(given: Arguments) -> dict[str, str]:
    return {} if given.optional_table(2) is None else given.string_map(2, "table")


def _by_key(item: tuple[tuple[str, str, tuple[tuple[str, str], ...]], _Series]) -> Any:
    return item[0]

"""Outcomes: recorded when people act, read as counts and sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen
from multidict import MultiMapping

from onesignal_stub.errors import refused
from server_kit import Clock, Store

KEPT = 500_000
"""How many outcomes are kept, of all apps together; the oldest are dropped beyond it."""

CLICK = "os__click"
CONFIRMED_DELIVERY = "os__confirmed_delivery"
SESSION_DURATION = "os__session_duration"
ATTRIBUTIONS = ("direct", "influenced", "unattributed")
_RANGES = {"1h": 3600.0, "1d": 86_400.0, "1mo": 30 * 86_400.0}


@frozen
class Measure:
    """One outcome that is asked for: its name, and `count` or `sum`."""

    name: str
    aggregation: str


@frozen
class OutcomeQuery:
    """A selection of outcomes.

    Attributes:
        measures: What to count or sum.
        seconds: How far back.
        platforms: Only these device types; empty for all.
        attribution: `direct`, `influenced` or `unattributed`; None for all three.
    """

    measures: tuple[Measure, ...]
    seconds: float
    platforms: tuple[int, ...]
    attribution: str | None


class Outcomes:
    """The outcomes of all apps.

    Args:
        store: The tables.
        clock: The stub's time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def record(
        self,
        app_id: str,
        name: str,
        *,
        value: float = 0.0,
        device_type: int | None = None,
        attribution: str = "unattributed",
        notification: int | None = None,
    ) -> None:
        """Count one outcome.

        Args:
            app_id: The app.
            name: Its name.
            value: What it adds to the sum.
            device_type: Of the device on which it happened.
            attribution: `direct`, `influenced` or `unattributed`.
            notification: The number of the notification that led to it.
        """
        self._store.run(
            "INSERT INTO outcomes"
            " (app_id, name, value, device_type, attribution, notification, time)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            app_id,
            name,
            value,
            device_type,
            attribution,
            notification,
            self._clock.time(),
        )
        self._store.keep_newest("outcomes", KEPT)

    def read(
        self, app_id: str, query: OutcomeQuery, *, notification: int | None = None
    ) -> list[dict[str, Any]]:
        """The outcomes of an app, or of one notification; 0 for what was never recorded."""
        return [self._read_one(app_id, query, measure, notification) for measure in query.measures]

    def _read_one(
        self, app_id: str, query: OutcomeQuery, measure: Measure, notification: int | None
    ) -> dict[str, Any]:
        terms = ["app_id = ?", "name = ?", "time > ?"]
        params: list[Any] = [app_id, measure.name, self._clock.time() - query.seconds]
        if notification is not None:
            terms.append("notification = ?")
            params.append(notification)
        if query.attribution is not None:
            terms.append("attribution = ?")
            params.append(query.attribution)
        if query.platforms:
            terms.append(f"device_type IN ({', '.join('?' * len(query.platforms))})")
            params += query.platforms
        total = "count(*)" if measure.aggregation == "count" else "coalesce(sum(value), 0)"
        row = self._store.one(f"SELECT {total} FROM outcomes WHERE {' AND '.join(terms)}", *params)
        # The official SDKs take whole numbers only.
        value = 0 if row is None else round(row[0])
        return {"id": measure.name, "value": value, "aggregation": measure.aggregation}


def query_of(query: MultiMapping[str]) -> OutcomeQuery:
    """Read `outcome_names`, `outcome_names[]`, `outcome_time_range` and the like.

    Raises:
        ApiError: There are no names, or a value is unknown to OneSignal.
    """
    names = [name for text in query.getall("outcome_names", []) for name in text.split(",")]
    names += query.getall("outcome_names[]", [])
    measures = tuple(_measure(name.strip()) for name in names if name.strip())
    if not measures:
        raise refused("outcome_names is required")
    time_range = query.get("outcome_time_range") or "1h"
    if time_range not in _RANGES:
        raise refused(f"outcome_time_range must be one of {', '.join(_RANGES)}")
    attribution = query.get("outcome_attribution") or "total"
    if attribution not in {*ATTRIBUTIONS, "total"}:
        raise refused(f"outcome_attribution must be one of {', '.join(ATTRIBUTIONS)}, total")
    return OutcomeQuery(
        measures,
        _RANGES[time_range],
        _platforms(query.getall("outcome_platforms", [])),
        None if attribution == "total" else attribution,
    )


def _measure(name: str) -> Measure:
    outcome, _, aggregation = name.rpartition(".")
    if not outcome or aggregation not in {"sum", "count"}:
        raise refused("Add .sum or .count to every requested outcome id")
    return Measure(outcome, aggregation)


def _platforms(texts: Sequence[str]) -> tuple[int, ...]:
    numbers = [number.strip() for text in texts for number in text.split(",") if number.strip()]
    if not all(number.isascii() and number.isdigit() and len(number) < 4 for number in numbers):
        raise refused("outcome_platforms must be numbers of device types")
    return tuple(sorted({int(number) for number in numbers}))

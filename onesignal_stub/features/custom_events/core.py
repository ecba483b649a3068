"""Custom events of users, recorded in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from onesignal_stub import fields
from onesignal_stub.errors import refused
from server_kit import Clock, Store

KEPT = 100_000
_READ = 500  # events that are read at a time
"""How many events are kept, of all apps together; the oldest are dropped beyond it."""


class CustomEvents:
    """The custom events of all apps.

    Args:
        store: The tables.
        clock: The stub's time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def record(self, app_id: str, body: Mapping[str, Any]) -> None:
        """Record every event of a request; one whose idempotency_key is known is skipped.

        Raises:
            ApiError: An event lacks its name or its user; none is recorded then.
        """
        events = body.get("events")
        if not isinstance(events, list) or not events:
            raise refused("events must be a non-empty array")
        for event in events:
            _check(event)
        now = self._clock.time()
        self._store.run_many(
            "INSERT OR IGNORE INTO custom_events (app_id, event, idempotency_key, received_at)"
            " VALUES (?, ?, ?, ?)",
            (
                (
                    app_id,
                    msgspec.json.encode(event).decode(),
                    fields.text(event, "idempotency_key"),
                    now,
                )
                for event in events
            ),
        )
        self._store.run(
            "DELETE FROM custom_events WHERE number <= (SELECT max(number) FROM custom_events) - ?",
            KEPT,
        )

    def all(self) -> Iterator[dict[str, Any]]:
        """Every event, with its app, in the order of creation, read as it is asked for."""
        after = 0
        while rows := self._store.all(
            "SELECT number, app_id, event FROM custom_events WHERE number > ?"
            " ORDER BY number LIMIT ?",
            after,
            _READ,
        ):
            for row in rows:
                yield {"app_id": row["app_id"], **msgspec.json.decode(row["event"])}
            after = rows[-1]["number"]


def _check(event: Any) -> None:
    if not isinstance(event, dict) or not fields.text(event, "name"):
        raise refused("every event must be an object with a name")
    if not fields.text(event, "external_id") and not fields.text(event, "onesignal_id"):
        raise refused("every event must have an external_id or a onesignal_id")
    fields.text(event, "idempotency_key")
    fields.mapping(event, "payload")

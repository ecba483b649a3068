"""Idempotency keys: a repeated request gets the first answer and does nothing.

https://documentation.onesignal.com/docs/en/idempotent-notification-requests
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import msgspec

from onesignal_stub import fields
from onesignal_stub.errors import refused
from onesignal_stub.steps import Steps
from server_kit import Clock, Store

REPLAYED = {"Idempotent-Replayed": "true"}
"""The header of an answer to a repeated request."""

KEPT = 100_000
"""How many answers are kept; the oldest are dropped beyond it."""

_KEY_LIFE = 30 * 86_400.0


class IdempotencyStore:
    """The first answers to requests with a key, kept for 30 days: the newest 100,000.

    Args:
        store: The tables.
        clock: The stub's time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._served: set[tuple[str, str]] = set()

    def turn(self, app_id: str, key: str | None) -> Steps[AbstractContextManager[None]]:
        """Wait until no other request with this key is being served, to serve one in the block."""
        if key is None:
            return nullcontext()
        while (app_id, key.lower()) in self._served:
            yield
        return self._serving(app_id, key.lower())

    @contextmanager
    def _serving(self, app_id: str, key: str) -> Iterator[None]:
        self._served.add((app_id, key))
        try:
            yield
        finally:
            self._served.discard((app_id, key))

    def get(self, app_id: str, key: str | None) -> dict[str, Any] | None:
        """The answer to the first request with this key; None if there was none, or no key."""
        if key is None:
            return None
        row = self._store.one(
            "SELECT reply FROM idempotent_replies WHERE app_id = ? AND key = ? AND created_at > ?",
            app_id,
            key.lower(),
            self._clock.time() - _KEY_LIFE,
        )
        return None if row is None else msgspec.json.decode(row["reply"])

    def put(self, app_id: str, key: str | None, reply: Mapping[str, Any]) -> None:
        """Store an answer for requests that repeat the key."""
        if key is None:
            return
        self._store.run(
            "INSERT OR REPLACE INTO idempotent_replies (app_id, key, reply, created_at)"
            " VALUES (?, ?, ?, ?)",
            app_id,
            key.lower(),
            msgspec.json.encode(reply).decode(),
            self._clock.time(),
        )
        self._store.keep_newest("idempotent_replies", KEPT)


def key_of(request: Mapping[str, Any]) -> str | None:
    """The idempotency key of a request, by its new or its old name; None if it has none.

    Raises:
        ApiError: It is not a UUID.
    """
    name = "idempotency_key" if request.get("idempotency_key") else "external_id"
    key = request.get(name)
    if not key:
        return None
    if not fields.is_uuid(key):
        raise refused(f"{name} must be a valid UUID")
    return str(key)

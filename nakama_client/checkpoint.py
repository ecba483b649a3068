"""Where a feed stands, in memory and in the store."""

from __future__ import annotations

import asyncio

from nakama_client.cursors import CursorStore
from nakama_client.protocol.delivery_log import AcknowledgementState, DeliveryLog
from nakama_client.session import Session


class Checkpoint:
    """Stores a delivery log where a restart finds it.

    Args:
        log: What is stored.
        store: Where it is kept.
        session: Whose notifications.
    """

    def __init__(self, log: DeliveryLog, store: CursorStore, session: Session) -> None:
        self._log = log
        self._store = store
        self._session = session
        self._changes = 0
        self._saved_changes = 0
        self._saved = log.save()
        self._lock = asyncio.Lock()

    def note(self, notification_id: str, state: AcknowledgementState) -> None:
        """Note how far one came; `save` stores it."""
        self._log.move(notification_id, state)
        self._changes += 1

    async def save(self) -> None:
        """Store what was noted; several that wait for this share one write."""
        wanted = self._changes
        async with self._lock:
            if self._saved_changes >= wanted:
                return
            await self._store_now()

    async def flush(self) -> None:
        """Store everything, also a position that moved without anything being noted."""
        async with self._lock:
            await self._store_now()

    async def _store_now(self) -> None:
        changes, text = self._changes, self._log.save()
        if text != self._saved:
            await self._store.save(self._session.user_id, text)
        self._saved, self._saved_changes = text, changes

"""What a feed has done with its notifications, in memory and in the store."""

from __future__ import annotations

import asyncio

from nakama_client.cursors import CursorStore
from nakama_client.protocol.seen import Seen, Stage
from nakama_client.session import Session


class Ledger:
    """Notes how far each notification came, and keeps it where a restart finds it.

    Args:
        seen: What is remembered.
        store: Where it is kept.
        session: Whose notifications.
    """

    def __init__(self, seen: Seen, store: CursorStore, session: Session) -> None:
        self._seen = seen
        self._store = store
        self._session = session
        self._changes = 0
        self._saved_changes = 0
        self._lock = asyncio.Lock()

    async def move(self, notification_id: str, stage: Stage) -> None:
        """Note how far one came; it is stored when this returns."""
        self._seen.move(notification_id, stage)
        self._changes += 1
        await self._save(self._changes)

    def move_only(self, notification_id: str, stage: Stage) -> None:
        """Note how far one came; it is stored with the next one, or with `flush`."""
        self._seen.move(notification_id, stage)
        self._changes += 1

    async def flush(self) -> None:
        """Store what is not stored yet."""
        await self._save(self._changes)

    async def _save(self, wanted: int) -> None:
        async with self._lock:
            if self._saved_changes >= wanted:
                return  # somebody else's save had this in it
            changes = self._changes
            await self._store.save(self._session.user_id, self._seen.save())
            self._saved_changes = changes

"""Stores what a feed's user has acknowledged, and deletes it in a work queue."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from nakama_client.events.flag import Flag
from nakama_client.events.tasks import is_alive, start
from nakama_client.protocol.delivery_log import AcknowledgementState, DeliveryLog

# At most so many are acknowledged and not yet stored, or not yet deleted: so many may come again
# after a kill.
MOST_PENDING = 500

# With so many pending, the next write begins at once; until then, one follows another after so
# many seconds. One write costs as much as some hundred acknowledgements, whatever it stores.
_WRITE_AT = 250
_WRITE_INTERVAL = 0.1


class Checkpoint:
    """Stores a delivery log in the background: one write for many acknowledgements.

    The first one is written at once. While more come, the next write waits for a tenth of a second
    or for 250 of them. In a work queue, each write is followed by a request that deletes what was
    written.

    Args:
        log: What is stored.
        save: Stores a text; None when nothing needs it before `flush`.
        flush: Stores a text at the end.
        delete: Deletes notifications in a work queue; None in any other feed.
    """

    __slots__ = (
        "_acknowledged",
        "_delete",
        "_flush",
        "_has_room",
        "_is_urgent",
        "_log",
        "_next_write",
        "_save",
        "_saved",
        "_to_delete",
        "_writer",
        "_written",
    )

    def __init__(
        self,
        log: DeliveryLog,
        *,
        save: Callable[[str], Awaitable[None]] | None,
        flush: Callable[[str], Awaitable[None]],
        delete: Callable[[list[str]], Awaitable[bool]] | None,
    ) -> None:
        self._log = log
        self._save = save
        self._flush = flush
        self._delete = delete
        self._acknowledged = 0
        self._written = 0  # how many of those are stored and deleted
        self._saved = log.save()
        self._to_delete: dict[str, None] = {}
        self._next_write = 0.0
        self._is_urgent = Flag()
        self._has_room = Flag()
        self._writer: asyncio.Task[None] | None = None

    @property
    def _pending(self) -> int:
        return self._acknowledged - self._written

    async def acknowledge(self, notification_id: str) -> None:
        """Note that a notification is handled.

        Raises:
            Exception: What the store or the deletion raised since the last call. What was
                acknowledged is kept, and written with the next acknowledgement.
        """
        self.check()
        if self._delete is None:
            self._log.move(notification_id, AcknowledgementState.DONE)
        else:
            self._log.move(notification_id, AcknowledgementState.ACKNOWLEDGED)
            self._to_delete[notification_id] = None
        self._acknowledged += 1
        await self._write_behind()

    async def delete_again(self, ids: list[str]) -> None:
        """Delete what was acknowledged before but is still listed.

        Raises:
            Exception: As `acknowledge`.
        """
        self.check()
        self._to_delete.update(dict.fromkeys(ids))
        self._acknowledged += len(ids)
        await self._write_behind()

    def check(self) -> None:
        """Raise, once, what a write in the background has raised."""
        writer = self._writer
        if writer is not None and writer.done():
            self._writer = None
            writer.result()

    async def flush(self) -> None:
        """Write everything, also a position that moved without an acknowledgement.

        Raises:
            Exception: What the store or the deletion raised.
        """
        writer = self._writer
        if is_alive(writer):
            self._is_urgent.set()
            await asyncio.wait([writer])
        try:
            self.check()
        finally:
            await self._write(self._flush)

    async def cancel(self) -> None:
        """Stop writing; what is not stored by now comes again."""
        writer, self._writer = self._writer, None
        if is_alive(writer):
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    async def _write_behind(self) -> None:
        # A write for each notification would make a feed as slow as its store. A task writes, and
        # the loop goes on: a kill repeats what was not written, at most MOST_PENDING.
        if self._save is None and self._delete is None:
            return
        if self._writer is None:
            self._writer = start(self._run(), name="nakama_client feed writer")
        if self._pending >= _WRITE_AT:
            self._is_urgent.set()
        if self._pending >= MOST_PENDING:
            self._has_room.clear()
            await self._has_room.wait()
            self.check()

    async def _run(self) -> None:
        now = asyncio.get_running_loop().time
        try:
            while self._pending:
                await self._is_urgent.wait(self._next_write - now())
                self._is_urgent.clear()
                self._next_write = now() + _WRITE_INTERVAL
                await self._write(self._save)
                self._has_room.set()
        finally:
            self._has_room.set()

    async def _write(self, save: Callable[[str], Awaitable[None]] | None) -> None:
        # Stored before it is deleted: after a kill in between, the acknowledged ones are listed
        # again and deleted then (`delete_again`). What is acknowledged meanwhile is left for the
        # next write, so both are noted before the first await.
        acknowledged, to_delete = self._acknowledged, list(self._to_delete)
        if save is not None:
            text = self._log.save()
            if text != self._saved:
                await save(text)
                self._saved = text
        if self._delete is not None and to_delete:
            are_deleted = await self._delete(to_delete)
            for each in to_delete:
                del self._to_delete[each]
                if are_deleted:
                    self._log.move(each, AcknowledgementState.DONE)
        self._written = acknowledged

"""Work for OneSignal that the game does not wait for: tasks with an owner, and a bound."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from server_kit import Clock

_log = logging.getLogger("mock_server.push")


class OutboxFull(Exception):
    """So much work is waiting that nothing more is taken."""


class Outbox:
    """Runs coroutines in tasks of its own.

    Args:
        clock: Its time.
        size: How many may be under way at once.
    """

    def __init__(self, clock: Clock, *, size: int) -> None:
        self._clock = clock
        self._size = size
        self._tasks: set[asyncio.Task[None]] = set()
        self._resting: set[asyncio.Task[Any]] = set()
        self._draining = False

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do it now, in the background. It may be cancelled; what it raises is logged.

        Raises:
            OutboxFull: There is too much to do already; `work` is closed without having begun.
        """
        if len(self._tasks) >= self._size:
            work.close()
            raise OutboxFull(f"{self._size} are waiting for OneSignal already (push.queue_size)")
        task = asyncio.create_task(_logged(work), name="mock_server push")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def sleep(self, seconds: float) -> None:
        """Wait between two attempts; when the outbox is drained, the work ends here."""
        task = asyncio.current_task()
        assert task is not None
        if self._draining:
            raise asyncio.CancelledError("no more attempts: the server stops")
        self._resting.add(task)
        try:
            await self._clock.sleep(seconds)
        finally:
            self._resting.discard(task)

    async def drain(self, seconds: float) -> None:
        """Let attempts that are due or under way finish, but no new ones begin; then end the rest.

        Args:
            seconds: How long to wait for them.
        """
        self._draining = True
        for task in self._resting:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        await self.cancel()
        self._draining = False

    async def cancel(self) -> None:
        """End everything at once."""
        await asyncio.sleep(0)  # work that is cancelled before its first step can't clean up
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:
        _log.exception("work for OneSignal failed")

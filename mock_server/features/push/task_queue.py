"""Requests to OneSignal in the background: tasks with an owner and a limit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from mock_server.signals import Signal
from server_kit import Clock

_log = logging.getLogger("mock_server.push")


class TaskQueueFull(Exception):
    """The limit of tasks is reached."""


class TaskQueue:
    """Runs coroutines in tasks and owns them.

    Args:
        clock: Its time.
        size: How many tasks there may be at once.

    Attributes:
        freed: Sent when a task has ended.
    """

    def __init__(self, clock: Clock, *, size: int) -> None:
        self._clock = clock
        self._size = size
        self._tasks: set[asyncio.Task[None]] = set()
        self._sleeping: set[asyncio.Task[Any]] = set()
        self._draining = False
        self.freed = Signal[None]()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine in the background; it may be cancelled, its exceptions are logged.

        Raises:
            TaskQueueFull: There are too many tasks; `work` is closed unstarted.
        """
        if len(self._tasks) >= self._size:
            work.close()
            raise TaskQueueFull(f"{self._size} are waiting for OneSignal already (push.queue_size)")
        task = asyncio.create_task(_logged(work), name="mock_server push")
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.freed.send(None)

    async def sleep(self, seconds: float) -> None:
        """Wait between two attempts; the task is cancelled here when the queue is drained."""
        task = asyncio.current_task()
        assert task is not None
        if self._draining:
            raise asyncio.CancelledError("no more attempts: the server stops")
        self._sleeping.add(task)
        try:
            await self._clock.sleep(seconds)
        finally:
            self._sleeping.discard(task)

    async def drain(self, seconds: float) -> None:
        """Let running attempts finish without starting new ones; then cancel the rest.

        Args:
            seconds: How long to wait for them.
        """
        self._draining = True
        for task in self._sleeping:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        await self.cancel()
        self._draining = False

    async def cancel(self) -> None:
        """Cancel every task."""
        await asyncio.sleep(0)  # a task that is cancelled before its first step can't clean up
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

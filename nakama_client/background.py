"""Calls that continue when their caller stops waiting, so that it can wait for them again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from nakama_client.errors import ClientClosed
from nakama_client.events.tasks import start

A = TypeVar("A")
T = TypeVar("T")


class Background:
    """Owns the calls under way, so that none outlives the client."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def resumable(self, call: Callable[[A], Coroutine[Any, Any, T]]) -> Callable[[A], Awaitable[T]]:
        """Wrap a function: when the caller is cancelled, its call continues.

        The next call of the function waits for it instead of beginning another one. So a game loop
        that waits a few milliseconds at a time still gets a list that takes longer. When the client
        is closed meanwhile, it raises `ClientClosed`.
        """
        running: asyncio.Task[T] | None = None

        async def resume(argument: A) -> T:
            nonlocal running
            if running is None or running.get_loop() is not asyncio.get_running_loop():
                running = self._start(call(argument))
            task = running
            if not task.done():  # else it would still wait for a turn, and a limit of 0 end it
                await asyncio.wait([task])
            running = None
            if task.cancelled():
                raise ClientClosed("the client was closed during the call")
            return task.result()

        return resume

    async def close(self) -> None:
        """Cancel all calls under way."""
        loop = asyncio.get_running_loop()
        own = []
        for task in list(self._tasks):
            if task.get_loop() is loop:
                task.cancel()
                own.append(task)
            elif not task.get_loop().is_closed():
                task.get_loop().call_soon_threadsafe(task.cancel)
        if own:
            await asyncio.wait(own)

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = start(work, name="nakama_client call")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # asked for, because nobody may ever wait for it again

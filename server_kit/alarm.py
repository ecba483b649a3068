"""Calls a function when a server's clock reaches a time, also when the clock is moved there."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from server_kit.clock import Clock
from server_kit.notifier import Notifier


class Alarm:
    """Calls a coroutine function each time the clock reaches the time it is set to.

    Nothing is polled: it sleeps until then, and wakes when the clock is moved or a time is set. It
    has a task only once there is a time to wait for: most servers never set most of their alarms.

    Args:
        clock: The server's time.
        callback: Called when the time has come. It may set the alarm again, and must not raise.
            While it runs, it is not called a second time.
    """

    def __init__(self, clock: Clock, callback: Callable[[], Awaitable[None]]) -> None:
        self._clock = clock
        self._callback = callback
        self._when: float | None = None
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_started = False
        self._is_called = False
        self._done = Notifier()

    def start(self) -> None:
        """Begin to watch the clock, in the running event loop."""
        self._is_started = True
        self._watch()

    def set(self, when: float | None) -> None:
        """Set the time, in seconds since the epoch, in place of the one before; None is never."""
        self._when = when
        self._changed.set()
        self._watch()
        self._done.notify()

    async def close(self) -> None:
        """Stop watching; a call of `callback` that is under way is cancelled. May be repeated."""
        self._is_started = False
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
            if not task.cancelled():
                task.result()  # `callback` has raised after all

    async def settle(self) -> None:
        """Return once it has called for all that is due; at once where it is closed."""
        await self._done.wait_for(lambda: None if self._is_due() else True, timeout=None)

    def _is_due(self) -> bool:
        return self._task is not None and (self._is_called or self._is_reached())

    def _watch(self) -> None:
        if self._is_started and self._when is not None and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            with self._clock.setting(self._changed):
                while True:
                    # An eager task runs before `_task` is known, and calls may follow each other.
                    await asyncio.sleep(0)
                    self._changed.clear()  # before the look, so that no change after it is missed
                    if self._is_reached():
                        await self._call()
                    else:
                        await self._wait()
        finally:
            self._done.notify()

    def _is_reached(self) -> bool:
        return self._when is not None and self._when <= self._clock.time()

    async def _wait(self) -> None:
        """Wait until the time may have come, or another one is set."""
        left = None
        if self._when is not None and self._clock.is_running:
            left = self._when - self._clock.time()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(left):
                await self._changed.wait()

    async def _call(self) -> None:
        self._when = None
        self._is_called = True
        try:
            await self._callback()
        finally:
            self._is_called = False
            self._done.notify()

"""Wakes tasks of any event loop when something has changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class Notifier:
    """A condition whose waiters may run in any loop of any thread."""

    def __init__(self) -> None:
        self._waiters: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def notify(self) -> None:
        """Wake every waiter; may be called in any thread."""
        for waiter in tuple(self._waiters):
            loop, event = waiter
            try:
                loop.call_soon_threadsafe(event.set)
            except RuntimeError:
                if not loop.is_closed():
                    raise
                # Whoever closed the loop left this task behind: it can never run again.
                self._waiters.discard(waiter)

    async def wait_for(self, find: Callable[[], T | None], *, timeout: float | None) -> T:
        """Return what `find` finds, now or after a call of `notify`.

        Args:
            find: Called at once and after each change; None means not yet.
            timeout: Seconds to wait; None is no limit.

        Raises:
            TimeoutError: Nothing was found in time.
        """
        event = asyncio.Event()
        with self.setting(event):
            async with asyncio.timeout(timeout):
                # Cleared before each look, so that a change during the look is not missed.
                while (found := find()) is None:
                    await event.wait()
                    event.clear()
                return found

    @contextmanager
    def setting(self, event: asyncio.Event) -> Iterator[None]:
        """Set an event of the running loop at each `notify`, inside of the block."""
        waiter = (asyncio.get_running_loop(), event)
        self._waiters.add(waiter)
        try:
            yield
        finally:
            self._waiters.discard(waiter)

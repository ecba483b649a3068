"""A bell that tasks of any event loop can wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class Bell:
    """Tells whoever waits, in whatever loop or thread, that something has changed."""

    def __init__(self) -> None:
        self._listeners: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def ring(self) -> None:
        """Wake all who wait; may be called in any thread."""
        for loop, event in tuple(self._listeners):
            loop.call_soon_threadsafe(event.set)

    @contextmanager
    def heard(self) -> Iterator[asyncio.Event]:
        """An event of the running loop that each ring sets; clear it, look, then wait for it."""
        listener = (asyncio.get_running_loop(), asyncio.Event())
        self._listeners.add(listener)
        try:
            yield listener[1]
        finally:
            self._listeners.discard(listener)

    async def wait_for(self, find: Callable[[], T | None], *, timeout: float) -> T:
        """Return what `find` finds, now or after a ring.

        Args:
            find: Looks for it; None is nothing.
            timeout: Seconds to wait.

        Raises:
            TimeoutError: Nothing was found in time.
        """
        with self.heard() as event:
            async with asyncio.timeout(timeout):
                while True:
                    event.clear()
                    found = find()
                    if found is not None:
                        return found
                    await event.wait()

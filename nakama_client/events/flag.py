"""An event to wait for, of which a player with a feed keeps several."""

from __future__ import annotations

import asyncio


class Flag:
    """An `asyncio.Event` that keeps no queue while nobody waits: that would be 760 bytes."""

    __slots__ = ("_is_set", "_waiters")

    def __init__(self) -> None:
        self._is_set = False
        self._waiters: tuple[asyncio.Future[None], ...] = ()

    def is_set(self) -> bool:
        """Whether it is set."""
        return self._is_set

    def set(self) -> None:
        """Set it, and wake all who wait."""
        self._is_set = True
        for waiter in self._waiters:
            _wake(waiter)

    def clear(self) -> None:
        """Let the next ones wait."""
        self._is_set = False

    async def wait(self, seconds: float | None = None) -> None:
        """Wait until it is set, at most so many seconds; None for any time."""
        if self._is_set or (seconds is not None and seconds <= 0):
            return
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        timer = None if seconds is None else loop.call_later(seconds, _wake, waiter)
        self._waiters += (waiter,)
        try:
            await waiter
        finally:
            self._waiters = tuple(each for each in self._waiters if each is not waiter)
            if timer is not None:
                timer.cancel()


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)

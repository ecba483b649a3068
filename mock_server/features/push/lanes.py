"""Turns for requests: those of one lane in order, a few requests at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary


class Lanes:
    """Gives turns.

    Args:
        width: How many requests may be made at once.
    """

    def __init__(self, width: int) -> None:
        self._slots = asyncio.Semaphore(width)
        self._lanes: WeakValueDictionary[str, _Lane] = WeakValueDictionary()

    @asynccontextmanager
    async def lane(self, name: str) -> AsyncIterator[None]:
        """Wait for those who asked for the same lane before, and hold it.

        Raises:
            asyncio.CancelledError: One before was cancelled: whoever follows would overtake it.
        """
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = _Lane()
        async with lane.lock:
            if lane.is_given_up:
                raise asyncio.CancelledError(f"what came before in lane {name!r} was given up")
            try:
                yield
            except asyncio.CancelledError:
                lane.is_given_up = True
                raise

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Wait until a request may be made."""
        async with self._slots:
            yield


class _Lane:
    """A lane that somebody holds or waits for."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.is_given_up = False

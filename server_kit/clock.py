"""A server's clock: it runs with the machine's or stands still, and can be moved forward."""

from __future__ import annotations

import asyncio
import contextlib
import time
from contextlib import AbstractContextManager
from datetime import UTC, datetime

from server_kit.notifier import Notifier

_NS = 1_000_000_000
_END = 253_402_300_800  # the first second of the year 10000, which no datetime can show


class Clock:
    """A clock that servers read instead of the machine's.

    Args:
        stopped_at: Seconds since the epoch at which the clock stands still until it is moved with
            `advance`. None lets it run with the machine's clock.
    """

    def __init__(self, *, stopped_at: float | None = None) -> None:
        self._stopped_ns = None if stopped_at is None else _nanoseconds(stopped_at)
        self._offset_ns = 0
        self._moved = Notifier()
        self._last_tick = 0

    def time_ns(self) -> int:
        """Nanoseconds since the epoch."""
        base = time.time_ns() if self._stopped_ns is None else self._stopped_ns
        return base + self._offset_ns

    def time(self) -> float:
        """Seconds since the epoch."""
        return self.time_ns() / _NS

    def now(self) -> datetime:
        """The aware UTC datetime, with microseconds."""
        return datetime.fromtimestamp(self.time_ns() // 1000 / 1_000_000, UTC)

    def tick(self) -> int:
        """Microseconds since the epoch, later with each call, also while the clock stands still."""
        self._last_tick = max(self.time_ns() // 1000, self._last_tick + 1)
        return self._last_tick

    @property
    def is_running(self) -> bool:
        """Whether it moves by itself."""
        return self._stopped_ns is None

    def setting(self, event: asyncio.Event) -> AbstractContextManager[None]:
        """Set an event of the running loop at each `advance`, inside of the block."""
        return self._moved.setting(event)

    def advance(self, seconds: float) -> None:
        """Move the clock forward and wake every sleeper that is due.

        Args:
            seconds: How far, 0 or more. A clock that goes back would break every order built on it.

        Raises:
            ValueError: `seconds` is negative, or leads beyond the year 9999.
        """
        if not seconds >= 0:
            raise ValueError(f"a clock only moves forward, got {seconds} seconds")
        if self.time() + seconds >= _END:
            raise ValueError(f"the clock ends with the year 9999, {seconds} seconds is too far")
        self._offset_ns += _nanoseconds(seconds)
        self._moved.notify()

    def reset(self) -> None:
        """Undo every `advance`; for a server that starts again."""
        self._offset_ns = 0
        self._last_tick = 0

    async def sleep_until(self, when: float) -> None:
        """Return once the clock shows `when` (seconds since the epoch) or later."""
        while (left := when - self.time()) > 0:
            with contextlib.suppress(TimeoutError):
                await self._moved.wait_for(
                    lambda: True if self.time() >= when else None,
                    timeout=left if self.is_running else None,
                )

    async def sleep(self, seconds: float) -> None:
        """Return once the clock has moved on by `seconds`."""
        await self.sleep_until(self.time() + seconds)


def _nanoseconds(seconds: float) -> int:
    """Seconds in nanoseconds; the product of the two as floats would be off by some hundred."""
    whole = int(seconds)
    return whole * _NS + round((seconds - whole) * _NS)

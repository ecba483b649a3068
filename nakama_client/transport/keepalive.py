"""Finds out whether a silent server is still there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from nakama_client.transport.connection import Connection


class Keepalive:
    """Pings a silent server, and drops the connection when nothing comes.

    Whatever comes counts, and not only the pong: Nakama answers no ping while it works on a
    request of this socket. It is one timer, which looks at most every `interval` seconds.

    Args:
        connection: What is watched from now on, until `stop`.
        interval: After so many seconds of silence, the server is pinged.
        timeout: So many seconds after that the connection is dropped.

    Attributes:
        is_silent: Whether the connection was dropped.
    """

    __slots__ = (
        "_connection",
        "_interval",
        "_loop",
        "_pinged_at",
        "_progress",
        "_stop",
        "_timeout",
        "is_silent",
    )

    def __init__(self, connection: Connection, *, interval: float, timeout: float) -> None:
        self.is_silent = False
        self._connection = connection
        self._interval = interval
        self._timeout = timeout
        self._progress: object = None
        self._pinged_at: float | None = None
        self._loop = asyncio.get_running_loop()
        self._stop: Callable[[], None] = self._loop.call_later(interval, self._look).cancel

    def stop(self) -> None:
        """Watch no longer."""
        self._stop()

    def _look(self) -> None:
        now = self._loop.time()
        progress = self._connection.progress()
        if progress != self._progress:
            self._progress = progress
            self._pinged_at = None
        if self._pinged_at is not None:
            wait = self._pinged_at + self._timeout - now
            if wait <= 0:
                self.is_silent = True
                self._connection.abort()
                return
        else:
            wait = self._connection.heard_at + self._interval - now
            if wait <= 0:
                self._connection.send_ping()
                self._pinged_at, wait = now, self._timeout
        self._stop = self._loop.call_later(min(wait, self._interval), self._look).cancel

"""A cache in the memory of the server, which all modules of one language share."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any


class LocalCache:
    """Values by key, some of them for a time only; any thread may use it.

    Args:
        now: The server's time in seconds.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = Lock()
        self._values: dict[str, tuple[Any, float]] = {}

    def get(self, key: str) -> Any:
        """The value of a key, or None."""
        with self._lock:
            value, end = self._values.get(key, (None, 0.0))
            if end and self._now() >= end:
                del self._values[key]
                return None
            return value

    def put(self, key: str, value: Any, ttl: int = 0) -> None:
        """Keep a value for `ttl` seconds; 0 is for ever."""
        with self._lock:
            self._values[key] = (value, self._now() + ttl if ttl else 0.0)

    def delete(self, key: str) -> None:
        """Forget a key, if it is there."""
        with self._lock:
            self._values.pop(key, None)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()

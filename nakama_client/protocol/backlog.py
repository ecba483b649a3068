"""A bounded queue that knows what it dropped, and where."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

from nakama_client.errors import QueueOverflow

T = TypeVar("T")


class Backlog(Generic[T]):
    """Events that wait for slow readers.

    What does not fit is dropped: the newest, so that what waits keeps its order. A
    `QueueOverflow` stands where the first one is missing and counts until there is room again.

    Attributes:
        limit: How many events may wait.
        dropped: How many were dropped.
        waiting: What waits, the oldest first; only to look at.
    """

    __slots__ = (
        "_overflow",
        "dropped",
        "limit",
        "waiting",
    )

    def __init__(self, limit: int) -> None:
        self.dropped = 0
        self.limit = limit
        self.waiting: deque[T | QueueOverflow] = deque()
        self._overflow: QueueOverflow | None = None

    def add(self, item: T) -> bool:
        """Append an event if there is room; False when it begins or goes on to overflow."""
        if len(self.waiting) < self.limit:
            self._overflow = None
            self.waiting.append(item)
            return True
        self.dropped += 1
        if self._overflow is None:
            self._overflow = QueueOverflow(0, self.limit)
            self.waiting.append(self._overflow)
        self._overflow.dropped += 1
        return False

    def add_always(self, item: T) -> None:
        """Append an event that may not be dropped; there are few of them."""
        self.waiting.append(item)

    def clear(self) -> None:
        """Forget what waits."""
        self.waiting.clear()
        self._overflow = None

    def take(self) -> T | QueueOverflow:
        """Take the oldest of those that wait; what was dropped counts as one."""
        item = self.waiting.popleft()
        if item is self._overflow:
            self._overflow = None
        return item

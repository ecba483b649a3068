"""The requests that wait for an answer, by cid."""

from __future__ import annotations

from typing import Generic, TypeVar

W = TypeVar("W")


class PendingRequests(Generic[W]):
    """Who waits for which cid."""

    def __init__(self) -> None:
        self._waiters: dict[str, W] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._waiters)

    def add(self, waiter: W) -> str:
        """Let somebody wait; returns a cid that nobody had before."""
        self._count += 1
        cid = str(self._count)
        self._waiters[cid] = waiter
        return cid

    def take(self, cid: str) -> W | None:
        """Who waits for this answer; None when he gave up, or never was."""
        return self._waiters.pop(cid, None)

    def take_all(self) -> list[W]:
        """Everybody who waits."""
        waiters = list(self._waiters.values())
        self._waiters.clear()
        return waiters

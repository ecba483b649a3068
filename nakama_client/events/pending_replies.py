"""The waiters for replies over a socket, and their deadlines."""

from __future__ import annotations

import asyncio
from math import inf
from typing import Generic, TypeVar

from nakama_client.protocol.envelopes import PendingRequests

T = TypeVar("T")


class PendingReplies(Generic[T]):
    """The waiters for replies, by cid, with one timer for the deadlines of all.

    The timer stands at a deadline that was the earliest when it was set. Nearly always that reply
    has come by then, and it moves on to what waits now: so a request costs no timer of its own.
    """

    __slots__ = (
        "_fires_at",
        "_requests",
        "_timer",
    )

    def __init__(self) -> None:
        self._requests: PendingRequests[tuple[asyncio.Future[T | None], float]] = PendingRequests()
        self._timer: asyncio.TimerHandle | None = None
        self._fires_at = inf

    def __len__(self) -> int:
        """How many wait."""
        return len(self._requests)

    def add(self, seconds: float) -> tuple[str, asyncio.Future[T | None]]:
        """Add a waiter; returns a new cid, and a future with None when the time is over."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T | None] = loop.create_future()
        ends_at = loop.time() + seconds
        if ends_at < self._fires_at:
            self._set_timer(loop, ends_at)
        return self._requests.add((waiter, ends_at)), waiter

    def forget(self, cid: str) -> None:
        """Forget a waiter."""
        self._requests.take(cid)

    def answer(self, cid: str, reply: T) -> None:
        """Hand a reply to its waiter, if there is one."""
        found = self._requests.take(cid)
        if found is not None and not found[0].done():
            found[0].set_result(reply)

    def answer_all(self, reply: T) -> None:
        """Hand the same to all waiters."""
        for waiter, _ in self._requests.take_all():
            if not waiter.done():
                waiter.set_result(reply)
        self._stop_timer()

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._stop_timer()
        left = inf
        for waiter, ends_at in self._requests.waiters():
            if ends_at > now:
                left = min(left, ends_at)
            elif not waiter.done():
                waiter.set_result(None)
        if left < inf:
            self._set_timer(loop, left)

    def _set_timer(self, loop: asyncio.AbstractEventLoop, when: float) -> None:
        self._stop_timer()
        self._timer, self._fires_at = loop.call_at(when, self._expire), when

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._fires_at = None, inf

"""Events of a socket as an async iterator."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from typing import Generic, Self, TypeVar, cast

from nakama_client.errors import NakamaError, NotConnected, QueueOverflow
from nakama_client.protocol.backlog import Backlog

T = TypeVar("T")


class Subscription(Generic[T]):
    """The events of one kind from the moment it was made: `async for event in subscription`.

    It has a queue of its own with the socket's `queue_limit`. When the queue is full, the newest
    events are dropped, and `on_error` gets a `QueueOverflow` when the loop reaches the gap. It goes
    on when the socket reconnects; what was sent meanwhile is missed. The loop ends after `close()`
    here or on the socket. When the socket stays closed for another reason, the loop raises it:
    `SessionReplaced`, `UserBanned`, another `ConnectionLost`, or the error with which reconnecting
    was given up. While nobody has called `connect`, and after that has failed, it raises
    `NotConnected`; outside of the event loop that opened the socket, `WrongLoop`.
    """

    def __init__(
        self,
        limit: int,
        report: Callable[[NakamaError], None] | None,
        is_served: Callable[[], bool],
    ) -> None:
        # Without `report` the events are errors themselves, and an overflow is one of them.
        self._backlog: Backlog[T] = Backlog(limit)
        self._report = report
        self._is_served = is_served
        self._waiter: asyncio.Future[None] | None = None
        self._ended = False
        self._error: NakamaError | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while True:
            while self._backlog.waiting:
                item = self._backlog.take()
                if self._report is None or not isinstance(item, QueueOverflow):
                    return cast(T, item)
                self._report(item)
            if self._error is not None:
                raise self._error
            if self._ended:
                raise StopAsyncIteration
            if not self._is_served():
                how = "use `async with client.socket(…) as socket`, or await its connect()"
                raise NotConnected(f"the socket is not connected: {how}")
            await self._wait()

    @property
    def dropped(self) -> int:
        """The number of events that were dropped because the loop was too slow."""
        return self._backlog.dropped

    @property
    def ended(self) -> bool:
        """Whether no more events will be added."""
        return self._ended

    def close(self) -> None:
        """End the loop after the events that wait; calling it again does nothing."""
        self._end(None)

    def _add(self, event: T) -> None:
        """Queue an event; only the socket calls this."""
        self._backlog.add(event)
        self._wake()

    def _widen(self, limit: int) -> None:
        """Let so many events wait; only the socket's features call this."""
        self._backlog.limit = limit

    def _end(self, error: NakamaError | None) -> None:
        """End the loop, or let it raise; only the socket calls this."""
        if not self._ended:
            self._ended = True
            self._error = error
            self._wake()

    async def _wait(self) -> None:
        if self._waiter is not None:
            raise RuntimeError("two tasks iterate over the same subscription")
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Subscriptions(Generic[T]):
    """The loops over one kind of event.

    The references are weak: after a `break` nobody closes an iterator or empties its queue.

    Attributes:
        all: References to the loops, and to some that have ended.
    """

    __slots__ = ("all",)

    def __init__(self) -> None:
        self.all: tuple[weakref.ref[Subscription[T]], ...] = ()

    def add(self, subscription: Subscription[T]) -> None:
        """Let a subscription have the events from now on."""
        self.all += (weakref.ref(subscription),)

    def publish(self, event: T) -> bool:
        """Queue an event for each; returns whether anybody gets it."""
        is_heard = False
        for reference in self.all:
            subscription = reference()
            if subscription is None or subscription.ended:
                self.all = tuple(weakref.ref(each) for each in self._living())
            else:
                subscription._add(event)
                is_heard = True
        return is_heard

    def wake(self) -> None:
        """Let the loops check whether the socket is still served."""
        for subscription in self._living():
            subscription._wake()

    def end(self, error: NakamaError | None) -> None:
        """End all loops, or let them raise."""
        for subscription in self._living():
            subscription._end(error)
        self.all = ()

    def _living(self) -> list[Subscription[T]]:
        if not self.all:  # nearly always
            return []
        found = (reference() for reference in self.all)
        return [each for each in found if each is not None and not each.ended]

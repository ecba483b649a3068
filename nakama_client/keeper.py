"""Keeps a socket connected: opens its connection, and opens it again when it was lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import attrs

from nakama_client.config import ReconnectPolicy
from nakama_client.errors import HandlerFailed, NakamaError, NotConnected
from nakama_client.handlers import Handlers
from nakama_client.protocol.closing import DisconnectCause, DisconnectReason, connection_lost
from nakama_client.protocol.reconnect import Backoff, Connected, Reconnecting, Trouble
from nakama_client.protocol.requests import Request
from nakama_client.realtime import Realtime
from nakama_client.retrying import Retrying

T = TypeVar("T")

_HANDSHAKE = Request("GET", "/ws")
_NO_POLICY = ReconnectPolicy(should_reconnect=lambda trouble: False)


class Keeper:
    """Connects a socket until it is closed, or until there is no use in it.

    While the socket is to be connected, a task waits for the end of the connection, and opens the
    next one.

    Args:
        realtime: The socket's engine.
        policy: When to reconnect; None for never.
        retrying: How often the first connection is attempted.
        random: Gives numbers from 0 up to 1.
        close_timeout: How many seconds handlers have to finish when the socket is closed.
    """

    def __init__(
        self,
        realtime: Realtime,
        *,
        policy: ReconnectPolicy | None,
        retrying: Retrying,
        random: Callable[[], float],
        close_timeout: float,
    ) -> None:
        self.on_connected: Handlers[Connected] = Handlers()
        self.on_disconnect: Handlers[DisconnectReason] = Handlers()
        self.on_reconnecting: Handlers[Reconnecting] = Handlers()
        self._realtime = realtime
        self._policy = policy or _NO_POLICY
        self._retrying = retrying
        self._close_timeout = close_timeout
        self._backoff = Backoff(
            attempts=self._policy.attempts,
            first_delay=self._policy.first_delay,
            max_delay=self._policy.max_delay,
            random=random,
        )
        self._task: asyncio.Task[None] | None = None
        self._is_up = False
        self._is_closing = False
        self._is_wanted = False
        self._waiters: set[asyncio.Future[None]] = set()
        self._end: NakamaError | None = None

    async def connect(self) -> None:
        """Open a connection, or wait for the one that is being opened.

        A cancellation ends what was begun here, unless somebody else waits for it, too.
        """
        if self._task is None or self._task.done():
            self._is_up = self._is_wanted = False
            self._task = asyncio.create_task(self._run(), name="nakama_client socket keeper")
            self._task.add_done_callback(self._wake)
        task = self._task
        try:
            await self._until_up(task)
            self._is_wanted = True
        finally:
            if not self._is_wanted and not self._waiters and not task.done():
                task.cancel()
                await asyncio.wait([task])

    async def close(self) -> None:
        """Close the connection, let handlers finish what had arrived; twice does nothing."""
        try:
            await self._stop()
            await self._realtime.dispatcher.finish(self._close_timeout)
        except BaseException:
            await self._realtime.dispatcher.cancel()
            raise

    async def _stop(self) -> None:
        task = self._task
        if task is not None and not task.done():
            self._is_closing = True
            try:
                if self._is_up:
                    await self._realtime.hang_up()
                else:
                    task.cancel()
                await asyncio.wait([task])
            except BaseException:
                task.cancel()
                await asyncio.wait([task])
                raise
            finally:
                self._is_closing = False
        self._realtime.forget_joined()
        self._finish(None)

    async def _run(self) -> None:
        self._end = None
        attempts = 0

        async def attempt(_: float) -> None:
            nonlocal attempts
            attempts += 1
            await self._realtime.open()

        try:
            await self._retrying.call(_HANDSHAKE, attempt)
        except NakamaError as error:
            self._end = error
            return
        self._opened(Connected(attempts, None))
        await self._keep()

    async def _keep(self) -> None:
        while True:
            reason = await self._realtime.until_lost()
            self._is_up = False
            goes_on = reason.cause is not DisconnectCause.CLOSED and self._wants(reason)
            told = attrs.evolve(reason, will_reconnect=goes_on)
            self._tell(self.on_disconnect, told)
            if not goes_on:
                closed = self._is_closing or reason.cause is DisconnectCause.CLOSED
                self._finish(None if closed else connection_lost(reason))
                return
            trouble = await self._reopen(told)
            if trouble is not None:
                self._realtime.dispatcher.report_always(trouble)
                self._finish(trouble)
                return

    async def _reopen(self, lost: DisconnectReason) -> NakamaError | None:
        """Attempt to connect as often as the policy wants; returns why it gave up."""
        now = asyncio.get_running_loop().time
        self._backoff.lost(now())
        trouble: Trouble = lost
        while (delay := self._backoff.next_delay(trouble)) is not None:
            self._tell(self.on_reconnecting, Reconnecting(self._backoff.attempt, delay, trouble))
            await asyncio.sleep(delay)
            try:
                await self._realtime.open()
            except NakamaError as error:
                trouble = error
                if not self._wants(error):
                    return error
                continue
            self._opened(Connected(self._backoff.attempt, lost))
            return None
        return trouble if isinstance(trouble, NakamaError) else connection_lost(trouble)

    def _opened(self, how: Connected) -> None:
        self._backoff.opened(asyncio.get_running_loop().time())
        self._end = None
        self._is_up = True
        self._wake()
        self._tell(self.on_connected, how)

    def _wants(self, trouble: Trouble) -> bool:
        if self._is_closing:
            return False
        try:
            return self._policy.should_reconnect(trouble)
        except Exception as error:
            failure = HandlerFailed("should_reconnect", trouble)
            failure.__cause__ = error
            self._realtime.dispatcher.report_always(failure)
            return False

    def _finish(self, error: NakamaError | None) -> None:
        self._end = error
        self._realtime.topics.end(error)

    async def _until_up(self, task: asyncio.Task[None]) -> None:
        while not self._is_up:
            if task.done():
                if not task.cancelled():
                    task.result()
                raise self._end or NotConnected("the socket was closed meanwhile")
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            try:
                await waiter
            finally:
                self._waiters.discard(waiter)

    def _wake(self, *_: object) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _tell(self, handlers: Handlers[T], event: T) -> None:
        if handlers.all:
            self._realtime.dispatcher.post_always(handlers, event)

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
from nakama_client.realtime import Realtime

T = TypeVar("T")

_NO_POLICY = ReconnectPolicy(should_reconnect=lambda trouble: False)


class Keeper:
    """Connects a socket until it is closed, or until there is no use in it.

    While the socket is to be connected, a task waits for the end of the connection, and opens the
    next one.

    Args:
        realtime: The socket's engine.
        policy: When to reconnect; None for never.
        random: Gives numbers from 0 up to 1.
        close_timeout: How many seconds handlers have to finish when the socket is closed.
    """

    def __init__(
        self,
        realtime: Realtime,
        *,
        policy: ReconnectPolicy | None,
        random: Callable[[], float],
        close_timeout: float,
    ) -> None:
        self.on_connected: Handlers[Connected] = Handlers()
        self.on_disconnect: Handlers[DisconnectReason] = Handlers()
        self.on_reconnecting: Handlers[Reconnecting] = Handlers()
        self._realtime = realtime
        self._policy = policy or _NO_POLICY
        self._close_timeout = close_timeout
        self._backoff = Backoff(
            attempts=self._policy.attempts,
            first_delay=self._policy.first_delay,
            max_delay=self._policy.max_delay,
            random=random,
        )
        self._task: asyncio.Task[None] | None = None
        self._is_up = asyncio.Event()
        self._is_closing = False
        self._end: NakamaError | None = None
        self._lock = asyncio.Lock()

    async def connect(self) -> None:
        """Open a connection, or wait for the one that is being opened."""
        async with self._lock:
            if self._task is None or self._task.done():
                await self._realtime.open()
                self._opened(Connected(1, None))
                self._task = asyncio.create_task(self._keep(), name="nakama_client socket keeper")
                return
            task = self._task
        await self._until_up(task)

    async def close(self) -> None:
        """Close the connection, let handlers finish what had arrived; twice does nothing."""
        try:
            async with self._lock:
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
                if self._is_up.is_set():
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

    async def _keep(self) -> None:
        while True:
            reason = await self._realtime.until_lost()
            self._is_up.clear()
            goes_on = reason.cause is not DisconnectCause.CLOSED and self._wants(reason)
            told = attrs.evolve(reason, will_reconnect=goes_on)
            self._tell(self.on_disconnect, told)
            if not goes_on:
                closed = self._is_closing or reason.cause is DisconnectCause.CLOSED
                self._finish(None if closed else connection_lost(reason))
                return
            trouble = await self._reopen(told)
            if trouble is not None:
                self._realtime.dispatcher.report(trouble)
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
        self._is_up.set()
        self._tell(self.on_connected, how)

    def _wants(self, trouble: Trouble) -> bool:
        if self._is_closing:
            return False
        try:
            return self._policy.should_reconnect(trouble)
        except Exception as error:
            failure = HandlerFailed("should_reconnect", trouble)
            failure.__cause__ = error
            self._realtime.dispatcher.report(failure)
            return False

    def _finish(self, error: NakamaError | None) -> None:
        self._end = error
        self._realtime.topics.end(error)

    async def _until_up(self, task: asyncio.Task[None]) -> None:
        up = asyncio.create_task(self._is_up.wait(), name="nakama_client connect")
        try:
            await asyncio.wait([task, up], return_when=asyncio.FIRST_COMPLETED)
        finally:
            up.cancel()
            await asyncio.wait([up])
        if not self._is_up.is_set():
            raise self._end or NotConnected("the socket was closed meanwhile")

    def _tell(self, handlers: Handlers[T], event: T) -> None:
        if handlers.all:
            self._realtime.dispatcher.post_always(handlers, event)

"""Supervises a socket: opens its connection, and opens it again when it was lost."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import attrs

from nakama_client.config import ReconnectPolicy
from nakama_client.disconnect import DisconnectCause, DisconnectReason
from nakama_client.errors import HandlerFailed, NakamaError, NotConnected
from nakama_client.events.handlers import Handlers
from nakama_client.events.subscription import Subscriptions
from nakama_client.events.tasks import is_functions_own, start
from nakama_client.protocol.closing import connection_lost
from nakama_client.protocol.reconnect import Backoff, Connected, Reconnecting
from nakama_client.protocol.requests import Request
from nakama_client.retrying import Retrying
from nakama_client.socket_connection import SocketConnection
from nakama_client.transport.loops import check_loop, run_in

T = TypeVar("T")

_HANDSHAKE = Request("GET", "/ws")
_NO_POLICY = ReconnectPolicy(should_reconnect=lambda cause: False)


class ConnectionSupervisor:
    """Keeps a connection open until the user closes it, or until the policy says stop.

    One task does all of it: it opens the connection, waits until it is closed, and opens the next
    one. `connect` and `close` only wake or cancel that task, so that there are never two attempts
    at a time, however many callers wait.

    Args:
        connection: What is kept open.
        policy: When to reconnect; None for never.
        retrying: Repeats the first connection.
        random: Returns numbers from 0 up to 1.
        close_timeout: Seconds that handlers have to finish when the socket is closed.
    """

    __slots__ = (
        "__weakref__",
        "_backoff",
        "_close_timeout",
        "_connection",
        "_end",
        "_is_closing",
        "_is_established",
        "_is_up",
        "_loop",
        "_policy",
        "_retrying",
        "_task",
        "_waiters",
        "connections",
        "disconnects",
        "on_connected",
        "on_disconnect",
        "on_reconnecting",
        "reconnect_attempts",
    )

    def __init__(
        self,
        connection: SocketConnection,
        *,
        policy: ReconnectPolicy | None,
        retrying: Retrying,
        random: Callable[[], float],
        close_timeout: float,
    ) -> None:
        self.on_connected: Handlers[Connected] = Handlers()
        self.on_disconnect: Handlers[DisconnectReason] = Handlers()
        self.on_reconnecting: Handlers[Reconnecting] = Handlers()
        self.connections: Subscriptions[Connected] = connection.topics.add_own()
        self.disconnects: Subscriptions[DisconnectReason] = connection.topics.add_own()
        self.reconnect_attempts: Subscriptions[Reconnecting] = connection.topics.add_own()
        self._connection = connection
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
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_up = False
        self._is_closing = False
        self._is_established = False
        self._waiters: tuple[asyncio.Future[None], ...] = ()
        self._end: NakamaError | None = None
        # Weak: so a socket that nobody holds is freed at once, not by the collector of cycles.
        connection.topics.is_served = partial(_is_running, weakref.ref(self))

    async def connect(self) -> None:
        """Open a connection, or wait for the one that is being opened.

        A cancellation stops the attempt, unless another caller waits for it or `connect` has
        returned before: then the user wants the socket, whatever happens to this call.
        """
        check_loop(self._loop, "socket")
        if self._task is None or self._task.done():
            self._loop = asyncio.get_running_loop()
            self._is_up = self._is_established = False
            self._task = start(self._run(), name="nakama_client connection supervisor")
            self._task.add_done_callback(self._stopped)
        task = self._task
        try:
            await self._wait_until_up(task)
            self._is_established = True
        finally:
            if not self._is_established and not self._waiters and not task.done():
                task.cancel()
                await asyncio.wait([task])

    async def close(self) -> None:
        """Close the connection, and let handlers finish; calling it again does nothing.

        It is done in the loop that opened the connection. When that was closed, nothing runs there.
        """
        loop = self._loop
        if loop is not None and loop is not asyncio.get_running_loop():
            if loop.is_closed():
                self._connection.abandon()
                self._forget()
            else:
                await run_in(loop, self.close)
            return
        try:
            await self._stop()
            await self._connection.dispatcher.finish(self._close_timeout)
        except BaseException:
            await self._connection.dispatcher.cancel()
            raise

    async def _stop(self) -> None:
        task = self._task
        if task is not None and not task.done():
            # A connection that is open is closed with a close frame, and the task sees it end; an
            # attempt or a delay is cancelled. Either way the task has ended when this returns.
            self._is_closing = True
            try:
                if self._is_up:
                    self._connection.begin_close()
                else:
                    task.cancel()
                while not task.done():
                    await self._next_wake()
            except BaseException:
                task.cancel()
                await asyncio.wait([task])
                raise
            finally:
                self._is_closing = False
        self._forget()

    def _forget(self) -> None:
        self._loop = None
        self._connection.forget()
        self._finish(None)

    async def _run(self) -> None:
        self._end = None
        try:
            attempts = await self._open()
        except NakamaError as error:
            self._end = error
            return
        self._notify_opened(Connected(attempts, None))
        try:
            await self._supervise()
        except BaseException as error:
            # Whoever iterates over events must not wait for ever for a socket without supervisor.
            if not isinstance(error, asyncio.CancelledError | GeneratorExit):
                self._finish(NotConnected(f"the socket has failed: {error!r}"))
            raise

    async def _open(self) -> int:
        """Open the first connection; returns how many attempts it took."""
        attempts = 0

        async def attempt(_: float) -> None:
            nonlocal attempts
            attempts += 1
            await self._connection.open()

        await self._retrying.call(_HANDSHAKE, attempt)
        return attempts

    async def _supervise(self) -> None:
        while True:
            reason = await self._connection.wait_closed()
            self._is_up = False
            was_closed = reason.cause is DisconnectCause.CLOSED
            will_reconnect = not was_closed and self._may_reconnect(reason)
            if will_reconnect:
                reason = attrs.evolve(reason, will_reconnect=True)
            self._notify(self.on_disconnect, self.disconnects, reason)
            if not will_reconnect:
                # `close` may have been called while the server closed: for the user it is their own
                # close.
                was_closed = was_closed or self._is_closing
                self._finish(None if was_closed else connection_lost(reason))
                return
            failure = await self._reopen(reason)
            if failure is not None:
                self._connection.dispatcher.report_always(failure)
                self._finish(failure)
                return

    async def _reopen(self, lost: DisconnectReason) -> NakamaError | None:
        """Attempt to connect as often as the policy allows; returns why it gave up."""
        now = asyncio.get_running_loop().time
        # The delays grow over several losses: a server that accepts a socket and drops it at once
        # must not be hammered. They begin again only after a connection that lasted.
        self._backoff.lost(now())
        cause: DisconnectReason | NakamaError = lost
        while (delay := self._backoff.next_delay(cause)) is not None:
            about_to = Reconnecting(self._backoff.attempt, delay, cause)
            self._notify(self.on_reconnecting, self.reconnect_attempts, about_to)
            await asyncio.sleep(delay)
            try:
                await self._connection.open()
            except NakamaError as error:
                cause = error
                if not self._may_reconnect(error):
                    return error
                continue
            self._notify_opened(Connected(self._backoff.attempt, lost))
            return None
        return cause if isinstance(cause, NakamaError) else connection_lost(cause)

    def _notify_opened(self, how: Connected) -> None:
        self._backoff.opened(asyncio.get_running_loop().time())
        self._end = None
        self._is_up = True
        self._wake()
        self._notify(self.on_connected, self.connections, how)

    def _may_reconnect(self, cause: DisconnectReason | NakamaError) -> bool:
        if self._is_closing:
            return False
        try:
            return self._policy.should_reconnect(cause)
        except BaseException as error:
            if not is_functions_own(error):
                raise
            failure = HandlerFailed("should_reconnect", cause)
            failure.__cause__ = error
            self._connection.dispatcher.report_always(failure)
            return False

    def _finish(self, error: NakamaError | None) -> None:
        self._end = error
        self._connection.topics.end(error)

    async def _wait_until_up(self, task: asyncio.Task[None]) -> None:
        # One future for each caller: a shared one would be cancelled for all with the first.
        while not self._is_up:
            if task.done():
                if not task.cancelled():
                    task.result()
                raise self._end or NotConnected("the socket was closed meanwhile")
            await self._next_wake()

    async def _next_wake(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiters += (waiter,)
        try:
            await waiter
        finally:
            self._waiters = tuple(each for each in self._waiters if each is not waiter)

    def _stopped(self, _: object) -> None:
        self._wake()
        self._connection.topics.wake()

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _notify(self, handlers: Handlers[T], subscriptions: Subscriptions[T], event: T) -> None:
        subscriptions.publish(event)
        if handlers.all:
            self._connection.dispatcher.post_always(handlers, event)


def _is_running(own: weakref.ref[ConnectionSupervisor]) -> bool:
    """Whether events will come, so that it makes sense to wait for them.

    Raises:
        WrongLoop: They come in another event loop.
    """
    supervisor = own()
    if supervisor is None or supervisor._task is None or supervisor._task.done():
        return False
    check_loop(supervisor._loop, "socket")
    return True

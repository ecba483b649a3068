"""The engine of a socket: one connection at a time, its reader, its requests."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol, TypeVar

import msgspec

from nakama_client import errors
from nakama_client.config import Timeouts
from nakama_client.dispatch import EVENTS_PER_TURN, Dispatcher
from nakama_client.handlers import Function, Handler
from nakama_client.protocol.closing import (
    Close,
    ClosedBy,
    DisconnectReason,
    connection_lost,
    farewell_in,
    reason_of,
)
from nakama_client.protocol.envelopes import Envelope, Event, Members, read, write
from nakama_client.protocol.pending import PendingRequests
from nakama_client.subscription import Subscription
from nakama_client.topics import Topics
from nakama_client.transport.websocket import WebSocket, WebSocketClosed

T = TypeVar("T")

_log = logging.getLogger("nakama_client.socket")

_DROPPED = Close(None, "dropped", ClosedBy.CLIENT)

_Answer = Envelope | DisconnectReason | None


class Joined(Protocol):
    """What a feature told the server about this connection, and has to tell the next one."""

    def requests(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """What brings it back: requests, each with its member and its body.

        While one is answered, things may be left: each is made when it is asked for.
        """


J = TypeVar("J", bound=Joined)


class Realtime:
    """One connection at a time, and what outlives it: handlers, subscriptions, what was joined.

    The reader's task only sorts frames: answers go to who asked, events into bounded queues. No
    function of the user runs in it, so a slow handler never makes the server cut the connection.
    """

    def __init__(
        self,
        open_connection: Callable[[], Awaitable[WebSocket]],
        *,
        timeouts: Timeouts,
        max_message_bytes: int,
        queue_limit: int,
    ) -> None:
        self.dispatcher = Dispatcher(queue_limit, _log)
        self.topics = Topics(self.dispatcher, queue_limit=queue_limit)
        self._open_connection = open_connection
        self._timeouts = timeouts
        self._max_message_bytes = max_message_bytes
        self._pending: PendingRequests[asyncio.Future[_Answer]] = PendingRequests()
        self._joined: dict[type[Joined], Joined] = {}
        self._connection: WebSocket | None = None
        self._reader: asyncio.Task[None] | None = None
        self._is_known = False
        self._lost: DisconnectReason | None = None
        self._last_notifications: msgspec.Raw | None = None

    @property
    def is_connected(self) -> bool:
        """Whether a connection is open, and the server knows it."""
        return self._connection is not None and self._is_known

    async def open(self) -> None:
        """Open a connection, wait until the server knows it, and join again what was joined."""
        connection = await self._open_connection()
        self._last_notifications = None
        self._is_known = False
        self._connection = connection
        reader = asyncio.create_task(self._read(connection), name="nakama_client socket reader")
        self._reader = reader
        try:
            # Nakama registers the socket after the handshake; what is sent to this user
            # before that passes us by. Its answer to a ping proves that it is done.
            await self.request("ping", {})
            await self._join_again(connection)
            if self._connection is not connection:
                raise connection_lost(self._reason())
        except BaseException:
            await self._drop(connection, reader)
            raise
        self._is_known = True
        self.topics.connected()

    async def until_lost(self) -> DisconnectReason:
        """Wait for the end of the connection; a cancellation ends it."""
        connection, reader = self._connection, self._reader
        assert reader is not None
        try:
            await asyncio.wait([reader])
        except asyncio.CancelledError:
            if connection is not None:
                await self._drop(connection, reader)
            raise
        return self._reason()

    async def hang_up(self) -> None:
        """Close the connection politely, if there is one."""
        if self._connection is not None:
            await self._connection.close(timeout=self._timeouts.close)

    async def request(
        self, member: str, body: dict[str, Any], *, timeout: float | None = None
    ) -> Envelope:
        """Send a request and wait for its answer; `Envelope.decode` reads it.

        Raises:
            RequestRefused: The answer is an error.
            NotConnected: There is no connection.
            MessageTooLarge: The server would close the socket instead of reading it.
            TimeoutExceeded: There was no answer in time.
            ConnectionLost: The connection ended before the answer.
        """
        connection = self._connection
        if connection is None:
            reason = "call connect()" if self._lost is None else str(self._lost)
            raise errors.NotConnected(f"the socket is not connected: {reason}")
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[_Answer] = loop.create_future()
        cid = self._pending.add(waiter)
        seconds = self._timeouts.reply if timeout is None else timeout
        deadline = loop.call_later(seconds, _give_up, waiter)
        try:
            frame = write(cid, member, body, limit=self._max_message_bytes)
            await _send(connection, frame, seconds)
            answer = await waiter
        finally:
            deadline.cancel()
            self._pending.take(cid)
        if answer is None:
            raise errors.TimeoutExceeded(f"no answer to {member} within {seconds:g} s")
        if isinstance(answer, DisconnectReason):
            raise connection_lost(answer)
        answer.check()
        return answer

    def on(self, event: Event[T], function: Function[T]) -> Handler[T]:
        """Call a function with each event of a kind."""
        return self.topics.on(event, function)

    def subscribe(self, event: Event[T]) -> Subscription[T]:
        """Collect the events of a kind for an `async for`."""
        return self.topics.subscribe(event)

    def joined(self, kind: type[J]) -> J:
        """A feature's note of what it joined; it is read after each reconnect.

        Args:
            kind: The feature's own class; there is one object of it, made when first asked for.
        """
        found = self._joined.setdefault(kind, kind())
        assert isinstance(found, kind)
        return found

    def forget_joined(self) -> None:
        """Let the next connection begin with nothing joined."""
        self._joined.clear()

    async def _join_again(self, connection: WebSocket) -> None:
        for joined in list(self._joined.values()):
            for member, body in joined.requests():
                if self._connection is not connection:
                    return
                try:
                    await self.request(member, body)
                except (errors.RequestRefused, errors.MalformedFrame) as error:
                    failure = errors.RestoreFailed(member, body)
                    failure.__cause__ = error
                    self.dispatcher.report_always(failure)

    async def _read(self, connection: WebSocket) -> None:
        close = _DROPPED
        try:
            close = await connection.read(self._sort, turn=EVENTS_PER_TURN)
        except BaseException:
            connection.abort()
            raise
        finally:
            last = self._last_notifications
            self._ended(connection, reason_of(close, None if last is None else farewell_in(last)))

    def _sort(self, frame: bytes) -> int:
        """Hand on what a frame holds; returns how many things that was."""
        try:
            cid, members = read(frame)
        except errors.MalformedFrame as error:
            self.dispatcher.report(error)
            self.topics.missed()
            return 1
        if cid:
            self._answer(cid, members)
            return 1
        count = 0
        for member, raw in members.items():
            if member == "notifications":
                self._last_notifications = raw
            elif member == "error":
                self._report(members)
            count += self.topics.publish(member, raw)
        return count

    def _answer(self, cid: str, members: Members) -> None:
        waiter = self._pending.take(cid)
        if waiter is not None and not waiter.done():
            waiter.set_result(Envelope(members))

    def _report(self, members: Members) -> None:
        try:
            Envelope(members).check()
        except errors.SocketError as error:
            self.dispatcher.report(error)

    async def _drop(self, connection: WebSocket, reader: asyncio.Task[None]) -> None:
        connection.abort()
        reader.cancel()
        await asyncio.wait([reader])
        self._ended(connection, reason_of(_DROPPED, None))  # for a reader that had not begun

    def _ended(self, connection: WebSocket, reason: DisconnectReason) -> None:
        if self._connection is not connection:
            return
        self._connection = None
        self._lost = reason
        _log.info("socket closed: %s", reason)
        for waiter in self._pending.take_all():
            if not waiter.done():
                waiter.set_result(reason)
        self.topics.disconnected()

    def _reason(self) -> DisconnectReason:
        assert self._lost is not None
        return self._lost


async def _send(connection: WebSocket, frame: bytes, seconds: float) -> None:
    try:
        await connection.send(frame, timeout=seconds)
    except WebSocketClosed:
        _log.debug("a request found the socket closing")  # the reader tells who waits


def _give_up(waiter: asyncio.Future[_Answer]) -> None:
    if not waiter.done():
        waiter.set_result(None)

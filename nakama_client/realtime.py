"""The engine of a socket: one connection, its reader, its requests, who wants its events."""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import Awaitable, Callable
from typing import Any, Generic, TypeVar

import msgspec

from nakama_client import errors
from nakama_client.config import Timeouts
from nakama_client.dispatch import EVENTS_PER_TURN, Dispatcher
from nakama_client.handlers import Function, Handler, Handlers
from nakama_client.protocol.closing import (
    Close,
    ClosedBy,
    DisconnectCause,
    DisconnectReason,
    connection_lost,
    farewell_in,
    reason_of,
)
from nakama_client.protocol.codec import DECODE_ERRORS, excerpt
from nakama_client.protocol.envelopes import Envelope, Event, Members, read, write
from nakama_client.protocol.pending import PendingRequests
from nakama_client.subscription import Subscription
from nakama_client.transport.websocket import WebSocket, WebSocketClosed

T = TypeVar("T")

_log = logging.getLogger("nakama_client.socket")

_Answer = Envelope | DisconnectReason | None


class _Topic(Generic[T]):
    """Who wants one kind of event."""

    def __init__(self, event: Event[T]) -> None:
        self.event = event
        self.handlers: Handlers[T] = Handlers()
        self.subscriptions: list[weakref.ref[Subscription[T]]] = []


class Realtime:
    """One connection at a time, and what outlives it: handlers, subscriptions, counters.

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
        self.on_disconnect: Handlers[DisconnectReason] = Handlers()
        self._open_connection = open_connection
        self._timeouts = timeouts
        self._max_message_bytes = max_message_bytes
        self._queue_limit = queue_limit
        self._topics: dict[str, _Topic[Any]] = {}
        self._pending: PendingRequests[asyncio.Future[_Answer]] = PendingRequests()
        self._connection: WebSocket | None = None
        self._reader: asyncio.Task[None] | None = None
        self._is_known = False
        self._lost: DisconnectReason | None = None
        self._last_notifications: msgspec.Raw | None = None
        self._lock = asyncio.Lock()

    @property
    def is_connected(self) -> bool:
        """Whether a connection is open, and the server knows it."""
        return self._connection is not None and self._is_known

    async def connect(self) -> None:
        """Open a connection, unless one is open, and wait until the server knows it."""
        async with self._lock:
            if self._connection is not None:
                return
            connection = await self._open_connection()
            self._last_notifications = None
            self._is_known = False
            self._connection = connection
            self._reader = asyncio.create_task(
                self._read(connection), name="nakama_client socket reader"
            )
            try:
                # Nakama registers the socket after the handshake; what is sent to this user
                # before that passes us by. Its answer to a ping proves that it is done.
                await self.request("ping", {})
            except BaseException:
                await _cancel(self._reader)
                raise
            self._is_known = True

    async def close(self) -> None:
        """Close the connection, let handlers finish what had arrived; twice does nothing."""
        try:
            await self._disconnect()
            await self.dispatcher.finish(self._timeouts.close)
        except BaseException:
            await self.dispatcher.cancel()
            raise

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
            reason = "" if self._lost is None else f": {self._lost}"
            raise errors.NotConnected(f"the socket is not connected{reason}")
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
        return self._topic(event).handlers.add(function)

    def subscribe(self, event: Event[T]) -> Subscription[T]:
        """Collect the events of a kind for an `async for`."""
        subscription: Subscription[T] = Subscription(self._queue_limit, self.dispatcher.report)
        # Weak: after a `break` nobody closes an iterator, and nobody empties its queue.
        self._topic(event).subscriptions.append(weakref.ref(subscription))
        return subscription

    def _topic(self, event: Event[T]) -> _Topic[T]:
        return self._topics.setdefault(event.member, _Topic(event))

    async def _read(self, connection: WebSocket) -> None:
        close = Close(None, "dropped", ClosedBy.CLIENT)
        try:
            close = await connection.read(self._sort, turn=EVENTS_PER_TURN)
        except BaseException:
            connection.abort()
            raise
        finally:
            last = self._last_notifications
            self._ended(reason_of(close, None if last is None else farewell_in(last)))

    def _sort(self, frame: bytes) -> int:
        """Hand on what a frame holds; returns how many things that was."""
        try:
            cid, members = read(frame)
        except errors.MalformedFrame as error:
            self.dispatcher.report(error)
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
            topic = self._topics.get(member)
            if topic is not None:
                count += self._publish(topic, raw)
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

    def _publish(self, topic: _Topic[Any], raw: msgspec.Raw) -> int:
        try:
            events = topic.event.read(raw)
        except DECODE_ERRORS as error:
            self.dispatcher.report(errors.MalformedFrame(str(error), excerpt(bytes(raw))))
            return 1
        for event in events:
            if topic.handlers.all:
                self.dispatcher.post(topic.handlers, event)
            for reference in topic.subscriptions:
                subscription = reference()
                if subscription is None or subscription.ended:
                    topic.subscriptions = _living(topic)
                else:
                    subscription.add(event)
        return len(events)

    def _ended(self, reason: DisconnectReason) -> None:
        self._connection = None
        self._lost = reason
        _log.info("socket closed: %s", reason)
        for waiter in self._pending.take_all():
            if not waiter.done():
                waiter.set_result(reason)
        if not self._is_known:
            return  # `connect` tells
        error = None if reason.cause is DisconnectCause.CLOSED else connection_lost(reason)
        for topic in self._topics.values():
            _end(topic, error)
        if self.on_disconnect.all:
            self.dispatcher.post_always(self.on_disconnect, reason)

    async def _disconnect(self) -> None:
        async with self._lock:
            connection, reader = self._connection, self._reader
            if connection is not None and reader is not None:
                try:
                    await connection.close(timeout=self._timeouts.close)
                    await asyncio.wait([reader])
                except BaseException:
                    await _cancel(reader)
                    raise
            for topic in self._topics.values():
                _end(topic, None)


async def _send(connection: WebSocket, frame: bytes, seconds: float) -> None:
    try:
        await connection.send(frame, timeout=seconds)
    except WebSocketClosed:
        _log.debug("a request found the socket closing")  # the reader tells who waits


def _give_up(waiter: asyncio.Future[_Answer]) -> None:
    if not waiter.done():
        waiter.set_result(None)


async def _cancel(reader: asyncio.Task[None]) -> None:
    reader.cancel()
    await asyncio.wait([reader])


def _living(topic: _Topic[T]) -> list[weakref.ref[Subscription[T]]]:
    living = []
    for reference in topic.subscriptions:
        subscription = reference()
        if subscription is not None and not subscription.ended:
            living.append(reference)
    return living


def _end(topic: _Topic[Any], error: errors.ConnectionLost | None) -> None:
    for reference in topic.subscriptions:
        subscription = reference()
        if subscription is not None:
            subscription.end(error)
    topic.subscriptions = []

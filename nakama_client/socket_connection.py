"""The connection of a socket: its reader, its requests, and what outlives it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any, Protocol, TypeVar, runtime_checkable

from nakama_client import errors
from nakama_client.config import Timeouts
from nakama_client.disconnect import ClosedBy, DisconnectReason
from nakama_client.events.dispatcher import EVENTS_PER_TURN, EventDispatcher
from nakama_client.events.exchanges import Exchanges
from nakama_client.events.handlers import Function, Handler
from nakama_client.events.pending_replies import PendingReplies
from nakama_client.events.subscription import Subscription
from nakama_client.events.topics import Topics
from nakama_client.protocol.closing import Close, close_notice_in, connection_lost, reason_of
from nakama_client.protocol.envelopes import (
    Envelope,
    EnvelopeMembers,
    Event,
    read,
    write,
)
from nakama_client.transport.connection import WebSocketClosed
from nakama_client.transport.loops import check_loop
from nakama_client.transport.websocket import WebSocket

T = TypeVar("T")

_log = logging.getLogger("nakama_client.socket")

_NOTIFICATIONS = "notifications"

_DROPPED = Close(None, "dropped", ClosedBy.CLIENT)


class RestorableState(Protocol):
    """What a feature has set up on this connection, and has to set up on the next one."""

    def requests(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """The requests that restore it, each with its member and its body.

        Each is made when it is asked for: while one is answered, the user may leave a channel or
        unfollow a user, and that must not be undone.
        """


@runtime_checkable
class AnsweredState(RestorableState, Protocol):
    """State that needs to know what became of each request that restores it."""

    def restored(self, body: dict[str, Any], answer: Envelope) -> None:
        """The server restored it."""

    def refused(self, body: dict[str, Any], failure: errors.RestoreFailed) -> None:
        """The server did not; `on_error` gets that, too."""


S = TypeVar("S", bound=RestorableState)


class SocketConnection:
    """One websocket at a time, and what outlives it: handlers, subscriptions, restorable state.

    It sorts frames as they come: answers go to who asked, events to their handlers or into bounded
    queues. What a handler waits for is never awaited there: Nakama cuts a client that does not read
    64 frames in time, so a slow handler must not stop the reading.

    Args:
        open_websocket: Opens a websocket with a token that is good.
        timeouts: How long to wait.
        exchanges: Tells of each request and its answer.
        max_message_bytes: The server closes the socket on longer messages.
        queue_limit: How many events may wait for slow handlers.
    """

    __slots__ = (
        "_closed",
        "_disconnect_reason",
        "_exchanges",
        "_is_known",
        "_last_notifications",
        "_loop",
        "_max_message_bytes",
        "_open_websocket",
        "_pending",
        "_restorable",
        "_timeouts",
        "_websocket",
        "dispatcher",
        "topics",
    )

    def __init__(
        self,
        open_websocket: Callable[[], Awaitable[WebSocket]],
        *,
        timeouts: Timeouts,
        exchanges: Exchanges,
        max_message_bytes: int,
        queue_limit: int,
    ) -> None:
        self.dispatcher = EventDispatcher(queue_limit, _log)
        self.topics = Topics(self.dispatcher, queue_limit=queue_limit)
        self._open_websocket = open_websocket
        self._timeouts = timeouts
        self._exchanges = exchanges
        self._loop: asyncio.AbstractEventLoop | None = None
        self._max_message_bytes = max_message_bytes
        self._pending: PendingReplies[Envelope | DisconnectReason] = PendingReplies()
        self._restorable: dict[type[RestorableState], RestorableState] = {}
        self._websocket: WebSocket | None = None
        self._closed: asyncio.Future[None] | None = None
        self._is_known = False
        self._disconnect_reason: DisconnectReason | None = None
        self._last_notifications = b""  # the last frame with some

    @property
    def is_connected(self) -> bool:
        """Whether a connection is open, and the server knows it."""
        return self._websocket is not None and self._is_known

    async def open(self) -> None:
        """Open a websocket, wait until the server knows it, and restore what the last one had.

        Whatever fails or cancels this, the websocket is closed.
        """
        self._loop = asyncio.get_running_loop()
        websocket = await self._open_websocket()
        self._last_notifications = b""
        self._is_known = False
        self._websocket = websocket
        self._closed = self._loop.create_future()
        websocket.listen(self._sort, partial(self._read_all, websocket), turn=EVENTS_PER_TURN)
        try:
            # Nakama registers the socket after the handshake; what it sends to this user before
            # that does not arrive here. Its answer to a ping proves that it has registered us.
            await self.request("ping", {})
            await self._restore(websocket)
            if self._websocket is not websocket:
                raise connection_lost(self._last_reason())
        except BaseException:
            await self._drop(websocket)
            raise
        self._is_known = True
        self.topics.connected()

    async def wait_closed(self) -> DisconnectReason:
        """Wait until the websocket is closed; a cancellation closes it."""
        websocket, closed = self._websocket, self._closed
        assert closed is not None
        try:
            await closed
        except asyncio.CancelledError:
            if websocket is not None:
                await self._drop(websocket)
            raise
        return self._last_reason()

    def begin_close(self) -> None:
        """Close the websocket with a close frame, if there is one; `wait_closed` ends then."""
        if self._websocket is not None:
            self._websocket.begin_close(timeout=self._timeouts.close)

    def lose(self) -> None:
        """Cut the websocket without a close frame, as a network that fails does."""
        if self._websocket is not None:
            self._websocket.abort()

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
        seconds = self._timeouts.reply if timeout is None else timeout
        started = time.perf_counter()
        try:
            envelope = await self._answer_to(member, body, seconds)
        except errors.NakamaError as error:
            error._note_call("socket", member, 1)
            self._exchanges.ended("socket", member, started, status=0, error=error)
            raise
        self._exchanges.ended("socket", member, started, status=0, error=None)
        return envelope

    async def _answer_to(self, member: str, body: dict[str, Any], seconds: float) -> Envelope:
        websocket = self._open_one()
        cid, waiter = self._pending.add(seconds)
        try:
            frame = write(cid, member, body, limit=self._max_message_bytes)
            try:
                websocket.write(frame)
                if websocket.is_full:
                    await websocket.drain(timeout=seconds)
            except WebSocketClosed:
                _log.debug("a request found the socket closing")  # its end tells who waits
            answer = await waiter
        finally:
            self._pending.forget(cid)
        if answer is None:
            raise errors.TimeoutExceeded(f"no answer to {member} within {seconds:g} s")
        if isinstance(answer, DisconnectReason):
            raise connection_lost(answer)
        answer.check()
        answer.request = member
        return answer

    def _open_one(self) -> WebSocket:
        check_loop(self._loop, "socket")
        if self._websocket is None:
            reason = self._disconnect_reason
            text = "call connect()" if reason is None else str(reason)
            raise errors.NotConnected(f"the socket is not connected: {text}")
        return self._websocket

    async def send(self, member: str, body: dict[str, Any]) -> None:
        """Send what the server does not answer.

        It returns when the frame is on its way. While more than 32 KiB wait to be sent, because the
        server reads too slowly, it waits for the server.

        Raises:
            NotConnected: There is no connection, or it is being closed.
            MessageTooLarge: The server would close the socket instead of reading it.
            TimeoutExceeded: The server read nothing for `Timeouts.reply` seconds.
        """
        try:
            websocket = self._open_one()
            frame = write("", member, body, limit=self._max_message_bytes)
            try:
                websocket.write(frame)
                if websocket.is_full:
                    await websocket.drain(timeout=self._timeouts.reply)
            except WebSocketClosed:
                raise errors.NotConnected("the socket is being closed") from None
        except errors.NakamaError as error:
            error._note_call("socket", member, 1)
            raise

    def on(self, event: Event[T], function: Function[T]) -> Handler[T]:
        """Call a function with each event of a kind."""
        return self.topics.on(event, function)

    def subscribe(self, event: Event[T]) -> Subscription[T]:
        """Collect the events of a kind for an `async for`."""
        return self.topics.subscribe(event)

    def restorable(self, kind: type[S]) -> S:
        """A feature's restorable state; `open` reads it after each reconnect.

        Args:
            kind: The feature's own class; there is one object of it, made when first asked for.
        """
        found = self._restorable.setdefault(kind, kind())
        assert isinstance(found, kind)
        return found

    def forget(self) -> None:
        """Let the next websocket begin with nothing to restore, in any loop."""
        self._restorable.clear()
        self._loop = None

    def abandon(self) -> None:
        """Forget a websocket whose loop was closed: nothing of it runs any more."""
        if self._websocket is not None:
            self._ended(self._websocket, reason_of(_DROPPED, None))

    async def _restore(self, websocket: WebSocket) -> None:
        for state in list(self._restorable.values()):
            for member, body in state.requests():
                if self._websocket is not websocket:
                    return
                try:
                    answer = await self.request(member, body)
                    if isinstance(state, AnsweredState):
                        state.restored(body, answer)
                except (errors.RequestRefused, errors.MalformedFrame) as error:
                    # A group that is gone must not keep the whole socket from coming back.
                    failure = errors.RestoreFailed(member, body)
                    failure.__cause__ = error
                    if isinstance(state, AnsweredState):
                        state.refused(body, failure)
                    self.dispatcher.report_always(failure)

    def _read_all(self, websocket: WebSocket, close: Close) -> None:
        is_ours = close.by is ClosedBy.CLIENT  # which needs no announcement
        notice = None if is_ours else close_notice_in(self._last_notifications)
        self._ended(websocket, reason_of(close, notice))

    def _sort(self, frame: bytes, is_first: bool) -> int:
        """Hand on what a frame holds; returns how many things that was."""
        topics = self.topics
        if is_first:
            topics.has_woken = False
        count = topics.publish_frame(frame)
        if count is not None:
            if topics.latest == _NOTIFICATIONS:
                self._last_notifications = frame
            return count
        return self._sort_members(frame)

    def _sort_members(self, frame: bytes) -> int:
        """Hand on what a frame holds, member by member."""
        self.topics.has_woken = True
        try:
            cid, members = read(frame)
        except errors.MalformedFrame as error:
            self.dispatcher.report(error)
            self.topics.missed()
            return 1
        if cid:
            self._pending.answer(cid, Envelope(members))
            return 1
        count = 0
        for member, raw in members.items():
            if member == _NOTIFICATIONS:
                self._last_notifications = frame
            elif member == "error":
                self._report(members)
            count += self.topics.publish(member, raw)
        return count

    def _report(self, members: EnvelopeMembers) -> None:
        try:
            Envelope(members).check()
        except errors.SocketError as error:
            self.dispatcher.report(error)

    async def _drop(self, websocket: WebSocket) -> None:
        self._ended(websocket, reason_of(_DROPPED, None))
        websocket.abort()
        await websocket.wait_ended()

    def _ended(self, websocket: WebSocket, reason: DisconnectReason) -> None:
        if self._websocket is not websocket:
            return
        self._websocket = None
        self._disconnect_reason = reason
        _log.info("socket closed: %s", reason)
        self._pending.answer_all(reason)
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(None)
        self.topics.disconnected()

    def _last_reason(self) -> DisconnectReason:
        assert self._disconnect_reason is not None
        return self._disconnect_reason

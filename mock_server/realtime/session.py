"""One open socket: what it receives, what waits to be sent, its pings, its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from mock_server.config import SocketConfig
from mock_server.identity import Identity
from mock_server.realtime.faulty_connection import FaultyConnection, OutgoingFrame, ReorderBuffer
from mock_server.realtime.formats import Format, OutgoingEnvelope
from mock_server.realtime.frame_rules import FrameRules
from mock_server.realtime.session_ids import new_session_id
from server_kit.faults import Faults

_log = logging.getLogger("mock_server.socket")

DISCONNECTED = "server-side session disconnect"
LEFT_BY_DISCONNECT = 4  # the presence reason of a socket that has closed
UNEXPECTED_TYPE = "received unexpected WebSocket message type"

_FRAMES = (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.PING, WSMsgType.PONG)

# A frame and those that belong behind it, and when they were queued, by the loop's clock.
_Queued = tuple[list[OutgoingFrame], float]

Receiver = Callable[["SocketSession", bytes], Awaitable[None]]


class SocketSession:
    """A connected client.

    What is sent waits in a queue; a client that does not read while it grows to
    `socket.outgoing_queue_size` frames is dropped without a close frame, as Nakama does.

    Attributes:
        id: The session id; clients see it in presences only.
        identity: The user, as in the token of the handshake.
        lang: The language given in the handshake.
        client_ip: Where it came from.
        client_port: The port of that address, as text.
        format: The form of its frames.
        closed: Set once the socket is closed.
    """

    def __init__(
        self,
        request: web.Request,
        websocket: web.WebSocketResponse,
        identity: Identity,
        config: SocketConfig,
        format_: Format,
        *,
        lang: str,
        rules: FrameRules,
        node: str,
        faults: Faults,
        reorder_buffer: ReorderBuffer,
        leave: Callable[[SocketSession], None],
    ) -> None:
        self.id = new_session_id(node)
        self.identity = identity
        self.lang = lang
        self.client_ip = request.remote or ""
        self.client_port = str((request.get_extra_info("peername") or ("", ""))[1])
        self.closed = asyncio.Event()
        self.format = format_
        self._leave = leave
        self._rules = rules
        self._request = request
        self._websocket = websocket
        self._config = config
        # Presence events that a request causes are held until its reply is queued: clients begin to
        # listen when they have the reply, and in Nakama events pass through a queue of their own.
        self._held: list[OutgoingEnvelope] = []
        self._held_back = ""
        # The queue itself has no bound: `_enqueue` drops a slow client, and no sender ever waits.
        self._queue: asyncio.Queue[_Queued | None] = asyncio.Queue()
        self._reason: str | None = None
        self._is_refused = False
        self._dropped = asyncio.Event()
        self._ping_due = asyncio.Event()
        self._ping_timer: asyncio.TimerHandle | None = None
        self._code = int(WSCloseCode.OK)
        self.presence_reason = LEFT_BY_DISCONNECT
        self._reading: asyncio.Task[None] | None = None
        self._connection = FaultyConnection(
            request,
            websocket,
            self.user_id,
            faults=faults,
            reorder_buffer=reorder_buffer,
            close=self._close_now,
        )

    @property
    def user_id(self) -> str:
        """Whose socket it is."""
        return self.identity.user_id

    @property
    def username(self) -> str:
        """The user's name, as in the token of the handshake."""
        return self.identity.username

    @property
    def end_reason(self) -> str:
        """Why the server ends or has ended it; empty where the client did."""
        return self._reason or ""

    def send(self, envelope: Mapping[str, Any]) -> None:
        """Queue an envelope."""
        self.send_encoded(OutgoingEnvelope(envelope))

    def reply(self, envelope: Mapping[str, Any]) -> None:
        """Queue the answer to the request that is worked now, before what is held."""
        if not self._connection.drops_reply:
            held, self._held = self._held, []
            self._enqueue(OutgoingEnvelope(envelope), held)

    def hold(self, kind: str) -> None:
        """Keep back the envelopes of a kind that are sent from now on, until `release`."""
        self._held_back = kind

    def release(self) -> None:
        """Send what is still held."""
        held, self._held, self._held_back = self._held, [], ""
        for envelope in held:
            self.send_encoded(envelope)

    # Whoever sends puts a frame into the queue and goes on; one task per socket writes. So a client
    # that reads slowly holds up nobody else, and frames of several senders keep their order.

    def send_encoded(self, envelope: OutgoingEnvelope) -> None:
        """Queue an envelope that goes to others, too.

        A client that does not read is dropped once the queue is full.
        """
        if not self._held_back or envelope.member != self._held_back:
            self._enqueue(envelope)
        elif self._reason is None:
            self._held.append(envelope)

    def _enqueue(self, envelope: OutgoingEnvelope, behind: Iterable[OutgoingEnvelope] = ()) -> None:
        """Queue an envelope, and what goes out behind it unless a fault swaps them."""
        if self._reason is not None:
            return
        # Nakama's writer runs beside its senders and empties the queue meanwhile; ours gets no turn
        # before the sender ends its own. So a full queue alone says nothing about the client: it
        # counts only while a frame waits for the client to read. A single step of the loop may
        # therefore queue more than the limit, as a module does that sends in a loop.
        is_full = self._queue.qsize() >= self._config.outgoing_queue_size
        if is_full and self._connection.is_blocked:
            _log.warning("session %s does not read: dropped", self.id)
            self.abort()
            return
        frames = [
            OutgoingFrame(frame, each.member)
            for each in (envelope, *behind)
            if (frame := each.frame(self.format)) is not None
        ]
        if frames:
            self._queue.put_nowait((frames, asyncio.get_running_loop().time()))

    def disconnect(
        self,
        reason: str = DISCONNECTED,
        *,
        code: int = WSCloseCode.OK,
        presence_reason: int = LEFT_BY_DISCONNECT,
    ) -> None:
        """Leave all streams now; close with `code` and `reason` after what is queued already.

        Match handlers get the leave with the `presence_reason`.
        """
        if self._reason is None:
            self.presence_reason = presence_reason
            self._reason, self._code = reason, code
            self._queue.put_nowait(None)  # behind what is queued: that still goes out
            self._leave(self)

    def refuse(self, reason: str, *, code: int = WSCloseCode.OK) -> None:
        """As `disconnect`, for what the client has sent: nothing more is read from it.

        Nakama's reader ends here. So it does not see the client's answer to the close frame, and
        the connection stays open for the whole of `socket.close_ack_wait_ms`.
        """
        self._is_refused = True
        self.disconnect(reason, code=code)

    def abort(self) -> None:
        """Drop the connection without a close frame."""
        self._dropped.set()
        self.disconnect("aborted")
        self._connection.release()
        self._drop()

    def kill(self) -> None:
        """Abort, and cancel the request under way."""
        self.abort()
        if self._reading is not None:
            self._reading.cancel()

    async def run(self, receive: Receiver) -> None:
        """Serve the socket until it is closed by either side.

        Args:
            receive: Called with the data of each frame; the next one waits until it has returned.
        """
        reading = self._reading = asyncio.create_task(self._read(receive))
        writing = asyncio.create_task(self._write())
        pinging = asyncio.create_task(self._ping())
        patience = self._config.close_ack_wait_ms / 1000
        try:
            self._connection.opened()
            await asyncio.wait({reading, writing}, return_when=asyncio.FIRST_COMPLETED)
            if writing.done():  # this side has closed: the other one may answer
                await asyncio.wait({reading}, timeout=patience)
            # A connection that a fault has made half-open stays until the client or the server ends
            # it; of any other the reader is ended here, by dropping the connection under it.
            await self._connection.wait_lost()
            self._connection.release()
            if not reading.done() and not self._connection.is_half_open:
                self._drop()
                await asyncio.wait({reading})  # it may be at work for a request
            if self._reason is not None:
                await asyncio.wait({writing}, timeout=patience)
            if self._is_refused and not self._connection.is_half_open:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._dropped.wait(), patience)
        finally:
            for task in (reading, writing, pinging):
                task.cancel()
            await asyncio.gather(reading, writing, pinging, return_exceptions=True)
            if self._request.transport is not None:
                self._request.transport.close()
            self.closed.set()
        if not reading.cancelled():
            reading.result()

    async def _read(self, receive: Receiver) -> None:
        loop = asyncio.get_running_loop()
        patience = self._config.pong_wait_ms / 1000
        deadline, received = loop.time() + patience, 0
        while True:
            try:
                message = await self._websocket.receive(max(deadline - loop.time(), 0.001))
            except TimeoutError:
                if not self._connection.is_half_open:
                    self.refuse(self._timeout_reason())
                return
            if self._connection.is_half_open:
                return
            if message.type not in _FRAMES:
                await self._answer_close(message)
                return
            if self._reason is not None:
                continue  # it was sent before our close came in
            if message.type is WSMsgType.PING:
                await self._websocket.pong(message.data)
            elif message.type is WSMsgType.PONG:
                deadline, received = loop.time() + patience, 0
                self._restart_ping_timer()
            else:
                received += 1
                if received >= self._config.ping_backoff_threshold:
                    deadline, received = loop.time() + patience, 0
                    self._restart_ping_timer()
                if message.type is not self.format.frame_type:
                    self.refuse(UNEXPECTED_TYPE)
                    return
                data: bytes = message.data
                await self._connection.receive(
                    partial(self.format.member, data), partial(receive, self, data)
                )
                if self._is_refused:
                    return

    async def _answer_close(self, message: WSMessage) -> None:
        """Answer a close frame with its own code and no reason, a bad frame with what is wrong."""
        if self._reason is not None or message.type is not WSMsgType.CLOSE:
            return
        self._leave(self)  # a client that sees the answer is offline to all others
        with contextlib.suppress(ConnectionError):
            await self._send_close(message.data, self._rules.violation)

    async def _send_close(self, code: int, reason: str = "") -> None:
        """Send a close frame; aiohttp's own close would hang up without waiting for the answer."""
        payload = code.to_bytes(2, "big") + reason.encode() if code else b""
        await self._websocket.send_frame(payload, WSMsgType.CLOSE)

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(ConnectionError):
            while (item := await self._queue.get()) is not None:
                frames, queued_at = item
                await self._connection.send(frames, waited=loop.time() - queued_at)
            if not self._connection.is_half_open:
                await self._send_close(self._code, self.end_reason)

    def _drop(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()

    def _close_now(self, code: int, reason: str) -> None:
        """Close without sending what is queued."""
        if self._reason is None:
            while not self._queue.empty():
                self._queue.get_nowait()
            self.disconnect(reason, code=code)

    async def _ping(self) -> None:
        """Send one ping after a period of silence, and no other before the client answers."""
        self._restart_ping_timer()
        try:
            with contextlib.suppress(ConnectionError):
                while True:
                    await self._ping_due.wait()
                    self._ping_due.clear()
                    if not self._connection.is_half_open:
                        await self._websocket.ping()
        finally:
            if self._ping_timer is not None:
                self._ping_timer.cancel()

    def _restart_ping_timer(self) -> None:
        if self._ping_timer is not None:
            self._ping_timer.cancel()
        period = self._config.ping_period_ms / 1000
        self._ping_timer = asyncio.get_running_loop().call_later(period, self._ping_due.set)

    def _timeout_reason(self) -> str:
        local = self._request.get_extra_info("sockname") or ("", "")
        return f"read tcp {local[0]}:{local[1]}->{self.client_ip}:{self.client_port}: i/o timeout"

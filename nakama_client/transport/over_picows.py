"""Connections over picows, which reads and writes frames in C; the extra `speedups` brings it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Mapping
from threading import get_ident
from typing import TYPE_CHECKING, cast

import picows
from picows.picows import WSProtocol  # type: ignore[attr-defined]
from picows.version import __version__
from websockets.datastructures import Headers
from websockets.exceptions import InvalidMessage, InvalidStatus, ProtocolError
from websockets.frames import Close
from websockets.http11 import Response

from nakama_client.transport.connection import (
    WRITE_LIMIT,
    Connection,
    Ending,
    Outlet,
    WebSocketClosed,
)
from nakama_client.transport.handshake import Address, address_of
from nakama_client.transport.inbox import Inbox
from nakama_client.transport.over_websockets import open_over_websockets
from nakama_client.transport.tcp import default_tls, open_transport

# In these its protocol, which is no documented name, is made in the same way.
if not (2, 0) <= tuple(map(int, __version__.split(".")[:2])) < (2, 4):
    raise ImportError(f"picows 2.0 to 2.3 is needed here, not {__version__}")

# The library's buffer for what it reads grows from here.
_BUFFER_BYTES = 2048

# A server that broke the protocol has so long to read why the connection ends.
_READ_SECONDS = 0.01

_TEXT, _BINARY = picows.WSMsgType.TEXT, picows.WSMsgType.BINARY
_CONTINUATION, _CLOSE = picows.WSMsgType.CONTINUATION, picows.WSMsgType.CLOSE
_PING = picows.WSMsgType.PING
_BROKEN = picows.WSCloseCode.PROTOCOL_ERROR

if TYPE_CHECKING:
    _Adapter = logging.LoggerAdapter[logging.Logger]
else:
    _Adapter = logging.LoggerAdapter


class _Silence(_Adapter):
    """picows logs each connection, and headers with the token: what matters is in our errors."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the library's name
        return False


_SILENCE = _Silence(logging.getLogger("nakama_client.socket"), {})


class _PicowsConnection(picows.WSListener):
    """A `Connection`. picows checks each frame; what they are together is checked here."""

    __slots__ = (
        "_failing",
        "_has_closed",
        "_is_new_chunk",
        "_is_over",
        "_loop",
        "_max_bytes",
        "_received",
        "_tcp",
        "_thread",
        "_transport",
        "heard_at",
        "inbox",
        "outlet",
    )

    inbox: Inbox
    _transport: picows.WSTransport

    def __init__(self, max_bytes: int) -> None:
        self.outlet = Outlet()
        self.heard_at = 0.0
        self._loop = asyncio.get_running_loop()
        self._max_bytes = max_bytes
        self._is_new_chunk = True
        self._is_over = False
        self._has_closed = False
        self._received: Close | None = None
        self._failing: asyncio.Task[None] | None = None
        self._thread = get_ident()

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self._transport = transport
        # The library keeps them, 1.5 kB for each socket with a token among them.
        transport.request.headers.clear()
        transport.response.headers.clear()
        self._tcp = transport.underlying_transport
        self._tcp.set_write_buffer_limits(WRITE_LIMIT)
        self.inbox = Inbox(self._tcp, self._loop)
        self.heard_at = self._loop.time()

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        is_first = self._is_new_chunk
        if is_first:
            self.heard_at = self._loop.time()
        self._is_new_chunk = frame.last_in_buffer
        if self._is_over:
            return
        kind = frame.msg_type
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            self._fail(_BROKEN, "reserved bits must be 0")
        elif kind is _TEXT and frame.fin and self.inbox.unfinished is None:  # nearly always
            self.inbox.put(frame.get_payload_as_bytes(), is_first)
        elif kind is _TEXT or kind is _BINARY or kind is _CONTINUATION:
            self._take(frame, is_continuation=kind is _CONTINUATION)
        elif kind is _PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif kind is _CLOSE:
            self._answer_close(transport, frame.get_payload_as_bytes())

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        if transport.is_close_frame_sent and not self._has_closed:
            # When picows has closed for what the server did, its error must be retrieved.
            self._failing = asyncio.create_task(self._see_failure(transport))
        else:
            self._end()

    def pause_writing(self) -> None:
        self.outlet.pause()

    def resume_writing(self) -> None:
        self.outlet.resume()

    def progress(self) -> object:
        # Each byte that comes leaves less room in the library's buffer, or makes it grow. A
        # transport that is closed has no protocol any more.
        reader = self._transport.underlying_transport.get_protocol()
        room = reader.get_buffer(-1) if isinstance(reader, asyncio.BufferedProtocol) else b""
        return self.heard_at, memoryview(room).nbytes

    def write(self, frame: bytes) -> None:
        transport = self._transport
        if self._is_over or transport.is_close_frame_sent or transport.is_disconnected:
            raise WebSocketClosed
        transport.send(_TEXT, frame)

    def send_ping(self) -> None:
        if not self._is_over:
            self._transport.send_ping()

    def begin_close(self) -> None:
        if self._is_elsewhere():
            self._tcp.abort()
        elif not self._is_over and not self._transport.is_close_frame_sent:
            self._send_close(picows.WSCloseCode.OK)

    def abort(self) -> None:
        if self._is_elsewhere():
            self._tcp.abort()
        else:
            self._transport.disconnect(graceful=False)

    def ending(self) -> Ending:
        handshake: picows.picows.WSCloseHandshake | None = self._transport.close_handshake
        if handshake is None:
            return Ending(None, None, is_servers=False)
        sent = handshake.sent
        ours = None if sent is None else Close(sent.code.value, sent.reason)
        return Ending(self._received, ours, is_servers=handshake.recv_then_sent)

    def _is_elsewhere(self) -> bool:
        """Whether a loop that stood still runs in another thread, to close: picows refuses that."""
        return self._thread != get_ident()

    def _take(self, frame: picows.WSFrame, *, is_continuation: bool) -> None:
        inbox = self.inbox
        unfinished = inbox.unfinished
        if is_continuation is (unfinished is None):
            self._fail(_BROKEN, "frames of two messages are mixed")
        elif unfinished is not None and len(unfinished) + frame.payload_size > self._max_bytes:
            self._fail(picows.WSCloseCode.MESSAGE_TOO_BIG, f"over {self._max_bytes} bytes")
        else:
            inbox.put_part(frame.get_payload_as_bytes(), is_last=bool(frame.fin))

    def _answer_close(self, transport: picows.WSTransport, payload: bytes) -> None:
        try:
            close = Close.parse(payload)
        except ProtocolError as error:
            self._fail(_BROKEN, str(error))
            return
        self._is_over = True
        self._received = close
        if not transport.is_close_frame_sent:
            # The code comes back; for none, the usual one. Any code passes, whatever the type says.
            code = cast(picows.WSCloseCode, close.code) if payload else picows.WSCloseCode.OK
            self._send_close(code, payload[2:])
        # Some servers leave TCP open after it, for seconds.
        transport.disconnect(graceful=transport.underlying_transport.get_write_buffer_size() > 0)

    def _fail(self, code: picows.WSCloseCode, reason: str) -> None:
        """Close for what the server did, and end TCP when it had time to read that."""
        self._is_over = True
        self._send_close(code, reason.encode())
        self._loop.call_later(_READ_SECONDS, self._transport.disconnect)

    def _send_close(self, code: picows.WSCloseCode, reason: bytes = b"") -> None:
        self._has_closed = True
        self._transport.send_close(code, reason)

    async def _see_failure(self, transport: picows.WSTransport) -> None:
        with contextlib.suppress(picows.WSError):
            await transport.wait_disconnected()
        self._end()

    def _end(self) -> None:
        self.inbox.close()
        self.outlet.close()


async def open_over_picows(
    url: str,
    *,
    headers: Mapping[str, str],
    user_agent: str,
    tls: ssl.SSLContext | None,
    max_bytes: int,
    open_timeout: float,
    close_timeout: float,
) -> Connection:
    """Open a connection; arguments and errors are those of `open_over_websockets`.

    What picows can't read of the server's answer, websockets reads, in another attempt: a refusal
    of which a part comes later, a status or a header that is not the usual one.
    """
    loop = asyncio.get_running_loop()
    ends_at = loop.time() + open_timeout
    address = address_of(url)
    to_send = {"User-Agent": user_agent, **headers}
    protocol = _new_protocol(address, to_send, max_bytes)
    trust = (tls or default_tls()) if address.uri.secure else None
    try:
        async with asyncio.timeout_at(ends_at):
            transport = await open_transport(protocol, address.uri.host, address.uri.port, trust)
            try:
                await protocol.wait_until_handshake_complete()
            except BaseException:
                transport.abort()
                raise
        connection = cast(_PicowsConnection | None, protocol.listener)
        if connection is None:  # the server closed instead of answering
            raise InvalidMessage("did not receive a valid HTTP response")
        return connection
    except picows.WSInvalidStatusError as error:
        refusal = _refusal(error)
    except picows.WSHandshakeError:
        refusal = None
    finally:
        to_send.clear()  # the connection keeps it, with a token inside, as long as it lives
    if refusal is not None:
        raise InvalidStatus(refusal)
    return await open_over_websockets(
        url,
        headers=headers,
        user_agent=user_agent,
        proxy=None,
        tls=tls,
        max_bytes=max_bytes,
        open_timeout=ends_at - loop.time(),
        close_timeout=close_timeout,
    )


def _new_protocol(address: Address, headers: dict[str, str], max_bytes: int) -> WSProtocol:
    """What `picows.ws_connect` makes, without the steps around it: they take 50 µs of each socket.

    A transport of our own also ends at once when its opening is cancelled.
    """
    is_client, disconnects_on_exception, pings, pongs = True, True, False, False
    handshake_timeout, ping_idle, ping_reply = None, 10.0, 10.0
    return WSProtocol(
        address.host,
        address.uri.resource_name,
        is_client,
        lambda *_: _PicowsConnection(max_bytes),
        _SILENCE,
        disconnects_on_exception,
        handshake_timeout,
        pings,
        ping_idle,
        ping_reply,
        picows.WSAutoPingStrategy.PING_WHEN_IDLE,
        pongs,
        max_bytes,
        headers,
        _BUFFER_BYTES,
    )


def _refusal(error: picows.WSInvalidStatusError) -> Response | None:
    """The server's whole answer; None when a part of it has not come."""
    answer, body = error.response, error.raw_body or b""
    length = "" if answer is None else answer.headers.get("Content-Length", "")
    if answer is None or not length.isdecimal() or len(body) < int(length):
        return None
    headers = Headers(list(answer.headers.items()))
    return Response(answer.status, "", headers, body[: int(length)])

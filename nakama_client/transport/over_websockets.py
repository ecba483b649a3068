"""Connections over the library websockets."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.client import ClientProtocol
from websockets.frames import DATA_OPCODES, Close
from websockets.protocol import State

from nakama_client.transport.connection import (
    WRITE_LIMIT,
    CloseFrame,
    Connection,
    Ending,
    Outlet,
    WebSocketClosed,
)
from nakama_client.transport.inbox import Inbox
from nakama_client.transport.text_frames import TextFrames

if TYPE_CHECKING:
    _Adapter = logging.LoggerAdapter[logging.Logger]
else:
    _Adapter = logging.LoggerAdapter


class _WithoutDebug(_Adapter):
    """websockets logs all headers at DEBUG, the token's among them: that level stays shut."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the library's name
        return level > logging.DEBUG and super().isEnabledFor(level)


_log = _WithoutDebug(logging.getLogger("nakama_client.socket"), {})


class _Connect(connect):
    """The library's connecting, made to follow no redirect."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


class _Connection(ClientConnection):
    """A `Connection`. What it sends and reads passes only the library's Sans-I/O protocol."""

    heard_at = 0.0
    inbox: Inbox

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.outlet = Outlet()
        self._dropping: asyncio.TimerHandle | None = None
        # What takes the bytes that come after the handshake.
        self._take: Callable[[bytes], object] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        # In the place of the library's queue, from which a task takes one frame at a time.
        self.inbox = Inbox(self.transport, self.loop)

    def process_event(self, event: Any) -> None:
        if self.response is None:
            super().process_event(event)
        elif event.opcode in DATA_OPCODES:
            self.inbox.put_part(bytes(event.data), is_last=event.fin)

    def data_received(self, data: bytes) -> None:
        self.heard_at = self.loop.time()
        if self._take is not None:
            self._take(data)
        else:
            self._take_handshake(data)
        if self.protocol.state is not State.OPEN:
            self._end_tcp()

    def _take_handshake(self, data: bytes) -> None:
        head, end, rest = data.partition(b"\r\n\r\n")
        self._parse(head)
        if self.protocol.state is State.OPEN:
            # The mark of the end came in two pieces, so a frame may have begun in this one.
            self._take = self._parse
        self._parse(end)
        if self._take is None and self.protocol.state is State.OPEN:
            limit = self.protocol.max_message_size
            self._take = TextFrames(self.inbox.put, self._parse, max_bytes=limit or 0).take
        (self._take or self._parse)(rest)

    def _parse(self, data: bytes) -> bool:
        """Let the library's parser take bytes; returns whether a new message may follow."""
        protocol = self.protocol
        protocol.receive_data(data)
        events = protocol.events_received()
        if protocol.writes:
            self.send_data()
        for event in events:
            self.process_event(event)
        return expects_message(protocol)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._dropping is not None:
            self._dropping.cancel()
        super().connection_lost(exc)
        self._take = None  # it refers to this object
        self.inbox.close()
        self.outlet.close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.outlet.pause()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.outlet.resume()

    def progress(self) -> object:
        return self.heard_at

    def write(self, frame: bytes) -> None:
        if self.protocol.state is not State.OPEN:
            raise WebSocketClosed
        self.protocol.send_text(frame)
        self.send_data()

    def send_ping(self) -> None:
        if self.protocol.state is State.OPEN:
            self.protocol.send_ping(b"")
            self.send_data()

    def begin_close(self) -> None:
        if self.protocol.state is State.OPEN:
            self.protocol.send_close(1000)
            self.send_data()

    def abort(self) -> None:
        self.transport.abort()

    def ending(self) -> Ending:
        protocol = self.protocol
        return Ending(
            _frame(protocol.close_rcvd),
            _frame(protocol.close_sent),
            is_servers=bool(protocol.close_rcvd_then_sent),
        )

    def _end_tcp(self) -> None:
        # The close frame ends the connection, and it is answered by now. Some servers leave
        # TCP open after it, for seconds.
        if self.transport.is_closing():
            return
        if self.protocol.close_rcvd is None:  # what came breaks the protocol, or a limit
            if self._dropping is None and self.protocol.state is State.CLOSING:
                self._dropping = self.loop.call_later(self.close_timeout or 0, self.transport.abort)
        elif self.transport.get_write_buffer_size():
            self.transport.close()
        else:
            self.transport.abort()


async def open_over_websockets(
    url: str,
    *,
    headers: Mapping[str, str],
    user_agent: str,
    proxy: str | None,
    tls: ssl.SSLContext | None,
    max_bytes: int,
    open_timeout: float,
    close_timeout: float,
) -> Connection:
    """Open a connection; it follows no redirect.

    Args:
        url: Where to; with `wss:` over TLS.
        headers: Further headers of the handshake.
        user_agent: The User-Agent header.
        proxy: The address of a proxy.
        tls: Whom to trust; None for the system's authorities.
        max_bytes: The size of the largest message that is read.
        open_timeout: Seconds for all of it.
        close_timeout: Seconds for the server to end a connection that this side closes.

    Raises:
        TimeoutError: It took too long.
        OSError: There is no connection.
        websockets.WebSocketException: The answer is not that of a websocket server.
        ImportError: The environment names a SOCKS proxy, for which a package is missing.
    """
    return await _Connect(
        url,
        additional_headers=headers,
        user_agent_header=user_agent,
        compression=None,
        proxy=proxy,
        open_timeout=open_timeout,
        close_timeout=close_timeout,
        ping_interval=None,
        max_size=max_bytes,
        write_limit=WRITE_LIMIT,
        create_connection=_Connection,
        logger=_log,
        ssl=(tls or True) if url.startswith("wss:") else None,
    )  # type: ignore[return-value]


def expects_message(protocol: ClientProtocol) -> bool:
    """Whether the parser is between two messages, and takes more of them."""
    is_over = protocol.close_rcvd is not None or protocol.parser_exc is not None
    return protocol.current_size is None and not is_over


def _frame(close: Close | None) -> CloseFrame | None:
    return None if close is None else CloseFrame(close.code, close.reason)

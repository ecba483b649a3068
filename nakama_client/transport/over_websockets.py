"""Connections over the library websockets."""

from __future__ import annotations

import asyncio
import functools
import logging
import ssl
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from websockets.asyncio.client import connect
from websockets.client import ClientProtocol
from websockets.frames import DATA_OPCODES, Close, CloseCode, Frame, Opcode
from websockets.protocol import State

from nakama_client.transport.connection import (
    WRITE_LIMIT,
    Connection,
    Ending,
    Outlet,
    WebSocketClosed,
)
from nakama_client.transport.handshake import Handshake, address_of
from nakama_client.transport.inbox import Inbox
from nakama_client.transport.reading import buffer
from nakama_client.transport.tcp import default_tls, open_transport
from nakama_client.transport.text_frames import TextFrames, text_frame

if TYPE_CHECKING:
    _Adapter = logging.LoggerAdapter[logging.Logger]
else:
    _Adapter = logging.LoggerAdapter


# A polite close, and the same answer: a frame with code 1000.
_CLOSE = Close(CloseCode.NORMAL_CLOSURE, "")
_CLOSE_DATA = _CLOSE.serialize()
_CLOSE_ANSWER = Frame(Opcode.CLOSE, _CLOSE_DATA).serialize(mask=False)

_NO_CLOSE = Ending(None, None, is_servers=False)
_UNANSWERED = Ending(None, _CLOSE, is_servers=False)
_ANSWERED = Ending(_CLOSE, _CLOSE, is_servers=False)


class _WithoutDebug(_Adapter):
    """websockets logs all headers at DEBUG, the token's among them: that level stays shut."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the library's name
        return level > logging.DEBUG and super().isEnabledFor(level)


_log = _WithoutDebug(logging.getLogger("nakama_client.socket"), {})


class _WebsocketsConnection(asyncio.BufferedProtocol):
    """A `Connection`: moves frames between a transport and the library's Sans-I/O protocol.

    The protocol is made when there is something for it: a control frame, a message of several
    frames, a violation of RFC 6455. Most connections only exchange whole messages until they are
    closed politely.

    Args:
        tcp: The transport.
        library: The library's protocol, if it was needed before.
        early: What came after the handshake.
        new_library: Makes the library's protocol.
        max_bytes: The size of the largest message that is read.
        close_timeout: Seconds for the server to end a connection that this side closes.
    """

    __slots__ = (
        "_close_timeout",
        "_dropping",
        "_ending",
        "_frames",
        "_is_open",
        "_library",
        "_loop",
        "_new_library",
        "_tcp",
        "heard_at",
        "inbox",
        "outlet",
    )

    def __init__(
        self,
        tcp: asyncio.Transport,
        library: ClientProtocol | None,
        early: bytes,
        *,
        new_library: Callable[[State], ClientProtocol],
        max_bytes: int,
        close_timeout: float,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self.heard_at = self._loop.time()
        self.outlet = Outlet()
        self.inbox = Inbox(tcp, self._loop)
        self._tcp = tcp
        self._library = library
        self._new_library = new_library
        self._is_open = True
        self._ending = _NO_CLOSE  # without the library
        self._close_timeout = close_timeout
        self._dropping: asyncio.TimerHandle | None = None
        self._frames = TextFrames(self.inbox.put, self._parse, max_bytes=max_bytes)
        tcp.set_write_buffer_limits(WRITE_LIMIT)
        if early:
            self._take(early)

    def get_buffer(self, _: int) -> memoryview:
        return buffer.view

    def buffer_updated(self, count: int) -> None:
        self._take(bytes(buffer.view[:count]))

    def _take(self, data: bytes) -> None:
        self.heard_at = self._loop.time()
        self._frames.take(data)
        if not self._is_open:
            self._end_tcp()

    def _parse(self, data: bytes) -> bool:
        """Let the library's parser take bytes; returns whether a new message may follow."""
        if self._library is None and self._ending is _UNANSWERED and data == _CLOSE_ANSWER:
            self._ending = _ANSWERED
        if self._ending is _ANSWERED:  # whatever follows
            return False
        library = self._protocol()
        library.receive_data(data)
        self._send(library)
        for event in library.events_received():
            if isinstance(event, Frame) and event.opcode in DATA_OPCODES:
                self.inbox.put_part(bytes(event.data), is_last=event.fin)
        return expects_message(library)

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_open = False
        if self._dropping is not None:
            self._dropping.cancel()
        del self._frames  # it refers to this object
        self.inbox.close()
        self.outlet.close()

    def pause_writing(self) -> None:
        self.outlet.pause()

    def resume_writing(self) -> None:
        self.outlet.resume()

    def progress(self) -> object:
        return self.heard_at

    def write(self, frame: bytes) -> None:
        if not self._is_open:
            raise WebSocketClosed
        self._tcp.write(text_frame(frame))

    def send_ping(self) -> None:
        if self._is_open:
            library = self._protocol()
            library.send_ping(b"")
            self._send(library)

    def begin_close(self) -> None:
        if not self._is_open:
            return
        if self._library is None:
            self._is_open, self._ending = False, _UNANSWERED
            self._tcp.write(Frame(Opcode.CLOSE, _CLOSE_DATA).serialize(mask=True))
        else:
            self._library.send_close(_CLOSE.code)
            self._send(self._library)

    def abort(self) -> None:
        self._tcp.abort()

    def ending(self) -> Ending:
        library = self._library
        if library is None:
            return self._ending
        is_servers = bool(library.close_rcvd_then_sent)
        return Ending(library.close_rcvd, library.close_sent, is_servers=is_servers)

    def _protocol(self) -> ClientProtocol:
        if self._library is None:
            self._library = self._new_library(State.OPEN)
            if self._ending is _UNANSWERED:
                self._library.send_close(_CLOSE.code)
                self._library.data_to_send()  # was sent before
        return self._library

    def _send(self, library: ClientProtocol) -> None:
        for data in library.data_to_send():
            if data:  # what is empty stands for the end of TCP, which is decided here
                self._tcp.write(data)
        self._is_open = library.state is State.OPEN

    def _end_tcp(self) -> None:
        # The close frame ends the connection, and it is answered by now. Some servers leave
        # TCP open after it, for seconds.
        if self._tcp.is_closing():
            return
        if self.ending().received is None:  # what came breaks the protocol, or a limit
            if self._dropping is None:
                self._dropping = self._loop.call_later(self._close_timeout, self._tcp.abort)
        elif self._tcp.get_write_buffer_size():
            self._tcp.close()
        else:
            self._tcp.abort()


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
    address = address_of(url)
    uri = address.uri
    trust = (tls or default_tls()) if uri.secure else None

    def new_library(state: State) -> ClientProtocol:
        return ClientProtocol(uri, state=state, max_size=max_bytes, logger=_log)

    handshake = Handshake(
        address,
        {**headers, "User-Agent": user_agent},
        new_library=new_library,
        new_connection=functools.partial(
            _WebsocketsConnection,
            new_library=new_library,
            max_bytes=max_bytes,
            close_timeout=close_timeout,
        ),
    )
    async with asyncio.timeout(open_timeout):
        if proxy is None:
            await open_transport(handshake, uri.host, uri.port, trust)
        else:
            await connect(
                url,
                user_agent_header=user_agent,
                proxy=proxy,
                create_connection=lambda *_, **__: handshake,  # type: ignore[arg-type]
                logger=_log,
                ssl=trust,
            ).open_tcp_connection()
        return await handshake.connection()


def expects_message(protocol: ClientProtocol) -> bool:
    """Whether the parser is between two messages, and takes more of them."""
    is_over = protocol.close_rcvd is not None or protocol.parser_exc is not None
    return protocol.current_size is None and not is_over

"""How a websocket is asked for (RFC 6455, section 4)."""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar, cast

from attrs import frozen
from websockets.client import ClientProtocol
from websockets.headers import build_host
from websockets.protocol import State
from websockets.uri import WebSocketURI, parse_uri
from websockets.utils import accept_key, generate_key

from nakama_client.transport.reading import buffer

C = TypeVar("C", bound=asyncio.BaseProtocol)

# The head of an answer with status 101, without its end.
_USUAL = re.compile(
    rb"HTTP/1\.1 101 [ -~]*((?:\r\n[!#-'*+.0-9A-Z^-z|~-]+: [!-~](?:[ -~]*[!-~])?)+)"
)
_MOST_BYTES = 700  # in which there are fewer headers than the library takes

# A server may only use what was asked for, and this is not.
_NEGOTIATED = {b"sec-websocket-extensions", b"sec-websocket-protocol"}


@frozen
class Address:
    """Where websockets are opened.

    Attributes:
        uri: The URL, split.
        host: What a request calls the host.
        asks: How a request for a websocket there begins.
    """

    uri: WebSocketURI
    host: str
    asks: str


@functools.lru_cache(maxsize=64)
def address_of(url: str) -> Address:
    """What the URL says, at which a client opens one websocket after another.

    Raises:
        websockets.InvalidURI: It is not a websocket's.
    """
    uri = parse_uri(url)
    host = build_host(uri.host, uri.port, uri.secure)
    asks = (
        f"GET {uri.resource_name} HTTP/1.1\r\n"
        f"Host: {host}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    )
    return Address(uri, host, asks)


class Handshake(asyncio.BufferedProtocol, Generic[C]):
    """Asks a server for a websocket, and hands the transport on when the server agrees.

    The usual answer is recognized here, in a tenth of the time that the library's parser takes for
    it. That parser judges all others: in pieces, with unusual headers, a refusal, no HTTP.

    Args:
        address: Where.
        headers: Further headers of the request, which were checked before.
        new_library: Makes the library's protocol in a state.
        new_connection: Makes the transport's next protocol. It gets the transport, the library's
            protocol, if that was needed, and the first bytes that came after the answer.
    """

    def __init__(
        self,
        address: Address,
        headers: Mapping[str, str],
        *,
        new_library: Callable[[State], ClientProtocol],
        new_connection: Callable[[asyncio.Transport, ClientProtocol | None, bytes], C],
    ) -> None:
        self._key = generate_key()
        self._request = _request(address, self._key, headers)
        self._new_library = new_library
        self._new_connection = new_connection
        self._judge: ClientProtocol | None = None
        # Done when the server has answered, or the transport has ended instead.
        self._answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport
        self._connection: C

    async def connection(self) -> C:
        """Wait for the server's answer; the transport is dropped when this fails.

        Raises:
            websockets.InvalidHandshake: The server does not agree.
        """
        try:
            await self._answered
            if self._judge is not None and self._judge.handshake_exc is not None:
                raise self._judge.handshake_exc
        except BaseException:
            self._transport.abort()
            raise
        return self._connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the request; called by the loop."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._request)

    def get_buffer(self, _: int) -> memoryview:
        """Where to put the answer; called by the loop."""
        return buffer.view

    def buffer_updated(self, count: int) -> None:
        """Take the answer; called by the loop."""
        data = bytes(buffer.view[:count])
        head, end, rest = data.partition(b"\r\n\r\n")
        if self._judge is None and end and agrees(head, self._key):
            self._hand_on(None, rest)
        else:
            self._judge_answer(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """There is no answer any more; called by the loop."""
        self._judging().receive_eof()
        self._end()

    def _judge_answer(self, data: bytes) -> None:
        judge = self._judging()
        taken = 0
        # A line at a time: what follows the last one is for the connection.
        for line in data.splitlines(keepends=True):
            judge.receive_data(line)
            taken += len(line)
            if judge.state is State.OPEN:
                judge.events_received()
                self._hand_on(judge, data[taken:])
                return
            if judge.handshake_exc is not None:
                self._end()
                return

    def _judging(self) -> ClientProtocol:
        if self._judge is None:
            self._judge = self._new_library(State.CONNECTING)
            self._judge.key = self._key
        return self._judge

    def _hand_on(self, library: ClientProtocol | None, rest: bytes) -> None:
        self._connection = self._new_connection(self._transport, library, rest)
        self._transport.set_protocol(self._connection)
        self._end()

    def _end(self) -> None:
        if not self._answered.done():
            self._answered.set_result(None)


def _request(address: Address, key: str, headers: Mapping[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{address.asks}Sec-WebSocket-Key: {key}\r\n{lines}\r\n".encode("latin-1")


def agrees(head: bytes, key: str) -> bool:
    """Whether a server agrees, in an answer that nobody would dispute.

    Args:
        head: The status line and the headers, without the empty line at their end.
        key: The key of the request.
    """
    usual = _USUAL.fullmatch(head) if len(head) <= _MOST_BYTES else None
    if usual is None:
        return False
    lines = usual[1].split(b"\r\n")[1:]
    values = {name.lower(): value for name, _, value in (line.partition(b": ") for line in lines)}
    return (
        len(values) == len(lines)
        and values.get(b"upgrade", b"").lower() == b"websocket"
        and values.get(b"connection", b"").lower() == b"upgrade"
        and values.get(b"sec-websocket-accept") == accept_key(key).encode()
        and values.keys().isdisjoint(_NEGOTIATED)
    )

"""A websocket client that shows every frame, pings and closes included."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Literal, Self

from attrs import frozen
from websockets.client import ClientProtocol
from websockets.frames import Close, Frame, Opcode
from websockets.uri import parse_uri

_KINDS: dict[Opcode, Literal["text", "binary", "ping", "pong", "close"]] = {
    Opcode.TEXT: "text",
    Opcode.BINARY: "binary",
    Opcode.PING: "ping",
    Opcode.PONG: "pong",
    Opcode.CLOSE: "close",
}
_NO_CLOSE_FRAME = 1006


@frozen
class Received:
    """A frame, or the end of the connection without a close frame (code 1006)."""

    kind: Literal["text", "binary", "ping", "pong", "close"]
    data: bytes = b""
    code: int = 0

    @property
    def text(self) -> str:
        """The data of a text frame, or the reason of a close."""
        return self.data.decode()


class Connection:
    """One open socket. Pings are answered until `answers_pings` is cleared."""

    def __init__(self, protocol: ClientProtocol, streams: Streams) -> None:
        self.answers_pings = True
        self._protocol = protocol
        self._reader, self._writer = streams
        self._frames: deque[Received] = deque()
        self._arrived = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, url: str, *, authorization: str | None) -> Self:
        """Connect and shake hands.

        Raises:
            websockets.exceptions.InvalidHandshake: The server refused.
        """
        uri = parse_uri(url)
        connection = cls(
            ClientProtocol(uri, max_size=None), await asyncio.open_connection(uri.host, uri.port)
        )
        try:
            await connection._shake_hands(authorization)
        except BaseException:
            await connection.close()
            raise
        connection._reading = asyncio.create_task(connection._read())
        return connection

    async def send(self, data: str | bytes) -> None:
        """Send a text or binary frame."""
        if isinstance(data, str):
            self._protocol.send_text(data.encode())
        else:
            self._protocol.send_binary(data)
        await self._flush()

    async def send_close(self, code: int, reason: str) -> None:
        """Send a close frame."""
        self._protocol.send_close(code, reason)
        await self._flush()

    async def peek(self, *, timeout: float = 5.0) -> Received:
        """The next frame, which stays the next one.

        Raises:
            TimeoutError: None arrived in `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            while not self._frames:
                self._arrived.clear()
                await self._arrived.wait()
        return self._frames[0]

    async def next(self, *, timeout: float = 5.0) -> Received:
        """The next frame.

        Raises:
            TimeoutError: None arrived in `timeout` seconds.
        """
        await self.peek(timeout=timeout)
        return self._frames.popleft()

    def put_back(self, frames: list[Received]) -> None:
        """Make frames the next ones again."""
        self._frames.extendleft(reversed(frames))

    async def ended(self) -> None:
        """Return when the server has closed the TCP connection."""
        if self._reading is not None:
            await self._reading
        await self.close()

    async def close(self) -> None:
        """Drop the connection; a second call does nothing."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()

    async def _shake_hands(self, authorization: str | None) -> None:
        request = self._protocol.connect()
        if authorization is not None:
            request.headers["Authorization"] = authorization
        self._protocol.send_request(request)
        await self._flush()
        while not self._take(await self._reader.read(65536)):
            pass
        if self._protocol.handshake_exc is not None:
            raise self._protocol.handshake_exc

    async def _read(self) -> None:
        while data := await self._received_bytes():
            self._take(data)
            await self._flush()
        if self._protocol.close_rcvd is None:
            self._frames.append(Received("close", code=_NO_CLOSE_FRAME))
            self._arrived.set()

    async def _received_bytes(self) -> bytes:
        try:
            return await self._reader.read(65536)
        except ConnectionError:
            return b""

    def _take(self, data: bytes) -> bool:
        """Feed the protocol and keep the frames it has read; tells whether it has read anything."""
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
        events = self._protocol.events_received()
        if not self.answers_pings and any(_is_ping(event) for event in events):
            self._protocol.data_to_send()  # the pong that is not sent
        self._frames.extend(_received(event) for event in events if isinstance(event, Frame))
        self._arrived.set()
        return bool(events)

    async def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._writer.write(data)
        with suppress(ConnectionError):  # what the server did is in the frames
            await self._writer.drain()


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def _is_ping(event: object) -> bool:
    return isinstance(event, Frame) and event.opcode is Opcode.PING


def _received(frame: Frame) -> Received:
    kind = _KINDS[frame.opcode]
    data = bytes(frame.data)
    if kind != "close":
        return Received(kind, data)
    close = Close.parse(data)
    return Received(kind, close.reason.encode(), close.code)

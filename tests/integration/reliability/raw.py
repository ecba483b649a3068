"""A server that sends bytes as they are, also where no server would."""

from __future__ import annotations

import asyncio
import contextlib
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from hashlib import sha1

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def raw_server(serve: Serve) -> AsyncIterator[str]:
    """Serve each connection with a function, and close it afterwards; gives the URL."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await serve(reader, writer)
        writer.close()

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def frame(envelope: object) -> bytes:
    """A text frame of a server."""
    text = json.dumps(envelope).encode()
    if len(text) < 126:
        return bytes([0x81, len(text)]) + text
    return b"\x81\x7e" + len(text).to_bytes(2, "big") + text


async def open_socket(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Open a websocket, and answer the client's first ping."""
    head = await reader.readuntil(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
    key = head[head.lower().index(b"sec-websocket-key: ") + 19 :].split(b"\r\n")[0]
    assert fields[b"upgrade"] == b"websocket"
    accept = b64encode(sha1(key + _MAGIC).digest())
    writer.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n")
    writer.write(b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n")
    await reader.readexactly(2 + 4 + len('{"cid":"1","ping":{}}'))
    writer.write(frame({"cid": "1", "pong": {}}))

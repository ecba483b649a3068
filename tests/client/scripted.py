"""A server that answers as the test says, for what no Nakama would answer."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self, cast

from aiohttp import web

from tests.web_server import serving_app

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
Script = Callable[["Peer"], Awaitable[None]]


def make_token(**claims: Any) -> str:
    """A token that claims these things; nobody here checks the signature."""
    claims = {"tid": "t", "uid": "u", "usn": "alice", "exp": 4_000_000_000, "iat": 0} | claims
    both = [{"alg": "HS256", "typ": "JWT"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in both]
    return b".".join([*encoded, b"signature"]).decode()


class Peer:
    """The server's end of one socket."""

    def __init__(self, websocket: web.WebSocketResponse) -> None:
        self.websocket = websocket

    async def request(self) -> dict[str, Any]:
        """The next request of the client."""
        return json.loads(await self.websocket.receive_str())

    async def send(self, envelope: object) -> None:
        """Send an envelope, or a text as it is."""
        text = envelope if isinstance(envelope, str) else json.dumps(envelope)
        await self.websocket.send_str(text)

    async def notify(self, *notifications: dict[str, Any]) -> None:
        """Send notifications in one frame."""
        await self.send({"notifications": {"notifications": list(notifications)}})

    async def flood(self, envelope: object, count: int) -> None:
        """Send the same envelope many times, all at once; it has 126 to 65535 bytes in JSON."""
        text = json.dumps(envelope).encode()
        frame = b"\x81\x7e" + len(text).to_bytes(2, "big") + text
        self._transport().write(frame * count)

    def write(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._transport().write(data)

    def stop_reading(self) -> None:
        """Let what the client sends pile up on its side."""
        self._transport().pause_reading()

    async def close(self, code: int, reason: str) -> None:
        """Close with a code and a text."""
        await self.websocket.close(code=code, message=reason.encode())

    async def until_closed(self) -> None:
        """Answer nothing until the client closes."""
        async for _ in self.websocket:
            pass

    def abort(self) -> None:
        """Break the connection without a word."""
        self._transport().abort()

    def _transport(self) -> asyncio.Transport:
        transport = self.websocket._req.transport
        return cast(asyncio.Transport, transport)  # uvloop's are no instances of it


class ScriptedServer:
    """Answers HTTP requests with `answer`, and runs `script` for each socket.

    A script begins after the client's first ping was answered. When it returns, the server goes
    on reading until the client closes.
    """

    def __init__(
        self,
        *,
        answer: Answer | None = None,
        script: Script | None = None,
        answers_pings: bool = True,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._tls = tls
        self.url = ""
        self._answers_pings = answers_pings
        self.requests: list[web.Request] = []
        self._answer = answer
        self._script = script
        self._stop = asyncio.Event()
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get("/ws", self._socket)
        app.router.add_route("*", "/{path:.*}", self._http)
        self.url = await self._exits.enter_async_context(serving_app(app, tls=self._tls))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stop.set()
        await self._exits.aclose()

    async def stopped(self) -> None:
        """Wait until the test is over: for answers that never come."""
        await self._stop.wait()

    async def _http(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        assert self._answer is not None
        return await self._answer(request)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        websocket = web.WebSocketResponse(autoping=self._answers_pings)
        await websocket.prepare(request)
        peer = Peer(websocket)
        ping = await peer.request()
        await peer.send({"cid": ping["cid"], "pong": {}})
        assert self._script is not None
        await self._script(peer)
        if not websocket.closed:
            await peer.until_closed()
        return websocket

"""The web servers of the tests: an aiohttp application on a free loopback port."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Self

from aiohttp import web
from attrs import field, frozen


@asynccontextmanager
async def serving_app(
    app: web.Application, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """Serve an application; the value is its address. Requests under way end with it."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        host, port = runner.addresses[0][:2]
        yield f"{'https' if tls else 'http'}://{host}:{port}"
    finally:
        await runner.cleanup()


@frozen
class Visit:
    """A request that came in, and waits for the test to answer it."""

    line: str
    headers: list[tuple[str, str]]
    body: bytes
    answer: asyncio.Future[web.Response | None] = field(
        factory=lambda: asyncio.get_running_loop().create_future()
    )

    def reply(self, body: str = "", *, status: str = "200 OK", **headers: str) -> None:
        """Answer; underscores in the names of headers are dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        code, _, reason = status.partition(" ")
        response = web.Response(body=body.encode(), status=int(code), reason=reason, headers=named)
        response.force_close()
        self.answer.set_result(response)

    def close(self) -> None:
        """Close the connection without an answer."""
        self.answer.set_result(None)


class WebServer:
    """Keeps each request until the test answers it.

    Attributes:
        visits: The requests, in the order in which they came.
        url: The address.
    """

    def __init__(self) -> None:
        self.visits: asyncio.Queue[Visit] = asyncio.Queue()
        self.url = ""
        self._exits = AsyncExitStack()

    @property
    def port(self) -> int:
        """The port of the address."""
        return int(self.url.rpartition(":")[2])

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        app.on_response_prepare.append(_only_given_headers)
        self.url = await self._exits.enter_async_context(serving_app(app))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._exits.aclose()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        headers = [(name.decode(), value.decode()) for name, value in request.raw_headers]
        line = f"{request.method} {request.raw_path} HTTP/1.1"
        visit = Visit(line, headers, await request.read())
        self.visits.put_nowait(visit)
        response = await visit.answer
        if response is None:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        return response


async def _only_given_headers(request: web.Request, response: web.StreamResponse) -> None:
    for name in ("Date", "Server"):
        response.headers.popall(name, None)
    if response.headers.get("Content-Type") == "application/octet-stream":
        del response.headers["Content-Type"]

"""A OneSignal that fails: a proxy before the stub that does what the test says first."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any, Self

import aiohttp
from aiohttp import web

from tests.web_server import serving_app

Forward = Callable[[], Awaitable[web.Response]]
Behaviour = Callable[[web.Request, Forward], Awaitable[web.StreamResponse]]


def answers(status: int, body: str = "", **headers: str) -> Behaviour:
    """Answer by itself; underscores in the names of headers are dashes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def behave(request: web.Request, forward: Forward) -> web.StreamResponse:
        return web.Response(status=status, text=body, headers=named)

    return behave


async def loses_the_answer(request: web.Request, forward: Forward) -> web.StreamResponse:
    """Let OneSignal do it, and break the connection before it can say so."""
    response = await forward()
    assert request.transport is not None
    request.transport.abort()
    return response


async def breaks(request: web.Request, forward: Forward) -> web.StreamResponse:
    """Break the connection; OneSignal never hears of it."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


class FlakyOneSignal:
    """Passes requests on to a OneSignal, but for the first ones.

    Args:
        url: Where OneSignal is.
        behaviours: What happens to the first requests, in this order.
    """

    def __init__(self, url: str, *behaviours: Behaviour) -> None:
        self.url = ""
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self._target = url
        self._behaviours = deque(behaviours)
        self._released = asyncio.Event()
        self._heard = asyncio.Condition()
        self._exits = AsyncExitStack()
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._http = await self._exits.enter_async_context(aiohttp.ClientSession())
        self.url = await self._exits.enter_async_context(serving_app(app))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._released.set()
        await self._exits.aclose()

    async def hangs(self, request: web.Request, forward: Forward) -> web.StreamResponse:
        """Say nothing until the test is over."""
        await self._released.wait()
        return web.Response()

    def then(self, *behaviours: Behaviour) -> None:
        """Behave like this next."""
        self._behaviours.extend(behaviours)

    def forget(self) -> None:
        """Behave like OneSignal from now on."""
        self._behaviours.clear()

    async def received(self, number: int) -> None:
        """Wait until so many requests have come in."""
        async with self._heard:
            await self._heard.wait_for(lambda: len(self.requests) >= number)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.requests.append((f"{request.method} {request.path}", json.loads(body or b"{}")))
        async with self._heard:
            self._heard.notify_all()

        async def forward() -> web.Response:
            assert self._http is not None
            headers = {
                name: value
                for name, value in request.headers.items()
                if name in ("Authorization", "Content-Type")
            }
            async with self._http.request(
                request.method, self._target + request.path_qs, data=body, headers=headers
            ) as answer:
                passed = {
                    name: value
                    for name, value in answer.headers.items()
                    if name in ("Content-Type", "Idempotent-Replayed")
                }
                return web.Response(status=answer.status, body=await answer.read(), headers=passed)

        if self._behaviours:
            return await self._behaviours.popleft()(request, forward)
        return await forward()

"""Ports that listen before something serves them."""

from __future__ import annotations

import asyncio
import logging
from typing import cast

import aiohttp
import pytest
from aiohttp import web

from server_kit import HostedServer
from server_kit.port import Port


class Echo(asyncio.Protocol):
    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)

    def eof_received(self) -> bool:
        return False


def place(port: Port) -> tuple[str, int]:
    host, number = port.url.removeprefix("http://").split(":")
    return host, int(number)


@pytest.mark.asyncio
async def test_connections_wait_until_something_serves_the_port() -> None:
    port = await Port.open("127.0.0.1", 0)
    try:
        first = await asyncio.open_connection(*place(port))
        first[1].write(b"early")
        await port.wanted()
        port.serve(Echo)
        second = await asyncio.open_connection(*place(port))
        second[1].write(b"late")
        for (reader, writer), text in ((first, b"early"), (second, b"late")):
            assert await reader.readexactly(len(text)) == text
            writer.close()
            await writer.wait_closed()
    finally:
        port.close()


@pytest.mark.asyncio
async def test_close_drops_connections_that_wait() -> None:
    port = await Port.open("127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*place(port))
    await port.wanted()
    port.close()
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    writer.close()
    port.close()


class Late(HostedServer):
    """Makes its application when somebody connects."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.url = ""
        self.made = 0
        self._error = error

    async def _open(self) -> None:
        self.url = await self._serve_later(self._app, "127.0.0.1", 0)

    async def _close(self) -> None:
        pass

    def _app(self) -> web.Application:
        self.made += 1
        if self._error is not None:
            raise self._error
        app = web.Application()
        app.router.add_get("/", self._greet)
        return app

    async def _greet(self, request: web.Request) -> web.Response:
        return web.Response(text="hello")


async def get(client: aiohttp.ClientSession, url: str) -> str:
    async with client.get(url) as answer:
        return await answer.text()


@pytest.mark.asyncio
async def test_an_application_is_made_once_and_only_when_somebody_connects() -> None:
    async with Late() as server:
        pass
    assert server.made == 0
    async with server, aiohttp.ClientSession() as client:
        assert server.made == 0
        answers = await asyncio.gather(*(get(client, server.url) for _ in range(10)))
        assert answers == ["hello"] * 10
        assert server.made == 1


@pytest.mark.asyncio
async def test_an_application_that_cannot_be_made_is_logged_and_its_port_closed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with Late(ValueError("no such page")) as server, aiohttp.ClientSession() as client:
        with caplog.at_level(logging.ERROR), pytest.raises(aiohttp.ClientError):
            await get(client, server.url)
        with pytest.raises(aiohttp.ClientConnectorError):
            await get(client, server.url)
    assert f"{server.url} can't be served" in caplog.text
    assert "no such page" in caplog.text


@pytest.mark.asyncio
async def test_a_server_takes_over_a_port_that_is_open() -> None:
    port = await Port.open("127.0.0.1", 0)
    url = port.url
    async with aiohttp.ClientSession() as client:
        asked = asyncio.create_task(get(client, url))
        await port.wanted()
        server = await Late().start_at(port)
        try:
            assert server.url == url
            assert await asked == "hello"
        finally:
            await server.stop()
        with pytest.raises(aiohttp.ClientConnectorError):
            await get(client, url)

import asyncio
import contextlib
import gc
import socket
import threading

import aiohttp
import pytest
from aiohttp import web

from server_kit import HostedServer, ServerNotRunning


class Greeter(HostedServer):
    def __init__(self, port: int = 0) -> None:
        super().__init__()
        self.url = ""
        self._port = port
        self.has_ended = False

    async def name_of_thread(self) -> str:
        return await self._in_loop.wait(self._name_of_thread())

    async def _name_of_thread(self) -> str:
        return threading.current_thread().name

    async def _open(self) -> None:
        self.waiting: asyncio.Future[None] = asyncio.Future()
        self.lost: asyncio.Future[None] = asyncio.Future()
        app = web.Application()
        app.router.add_get("/", self._greet)
        app.router.add_post("/wait", self._wait)
        self.url = await self._serve(app, "127.0.0.1", self._port)

    async def _close(self) -> None:
        self.url = ""

    async def _greet(self, request: web.Request) -> web.Response:
        return web.Response(text="hello")

    async def _wait(self, request: web.Request) -> web.Response:
        self.waiting.set_result(None)
        try:
            with contextlib.suppress(ConnectionError):
                await request.read()
            self.lost.set_result(None)
            return await asyncio.Future()
        finally:
            self.has_ended = True


@pytest.mark.asyncio
async def test_async_with_serves_in_the_running_loop() -> None:
    async with Greeter() as server, aiohttp.ClientSession() as client:
        async with client.get(server.url) as answer:
            assert await answer.text() == "hello"
        assert await server.name_of_thread() == threading.current_thread().name


@pytest.mark.asyncio
async def test_a_stopped_server_is_gone_and_may_start_again() -> None:
    server = Greeter()
    await server.start()
    url = server.url
    await server.stop()
    await server.stop()
    async with aiohttp.ClientSession() as client:
        with pytest.raises(aiohttp.ClientConnectorError):
            await client.get(url)
    async with server:
        assert server.url


@pytest.mark.asyncio
async def test_stop_ends_the_work_on_a_request_whose_client_has_gone() -> None:
    before = asyncio.all_tasks()
    async with Greeter() as server:
        host, port = server.url.removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /wait HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\n")
        await server.waiting
        writer.close()
        await writer.wait_closed()
        await server.lost
        assert not server.has_ended
    assert server.has_ended
    assert asyncio.all_tasks() == before


def test_with_serves_in_a_thread_of_its_own() -> None:
    with Greeter() as server:
        assert server.run(server.name_of_thread()) == "Greeter"
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert connection.makefile().read().endswith("hello")
    assert not [thread for thread in threading.enumerate() if thread.name == "Greeter"]


def test_connections_of_the_last_moment_are_closed() -> None:
    with Greeter() as server:
        host, port = server.url.removeprefix("http://").split(":")
        connections = [socket.create_connection((host, int(port))) for _ in range(50)]
    for connection in connections:
        connection.close()
    gc.collect()  # what was left open would warn now, and a warning is an error


@pytest.mark.asyncio
async def test_its_coroutines_may_be_awaited_from_another_loop() -> None:
    with Greeter() as server:
        assert await server.name_of_thread() == "Greeter"


@pytest.mark.asyncio
async def test_a_taken_port_leaves_nothing_open() -> None:
    async with Greeter() as first:
        second = Greeter(port=int(first.url.rpartition(":")[2]))
        with pytest.raises(OSError, match="address already in use"):
            await second.start()
        assert second.url == ""


def test_a_server_that_does_not_run_says_so() -> None:
    server = Greeter()
    with pytest.raises(ServerNotRunning, match="with"):
        server.run(server.name_of_thread())
    with pytest.raises(ServerNotRunning, match="start the server first"):
        asyncio.run(server.name_of_thread())

"""A server that has more clients than it may open files."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from importlib.util import find_spec

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")

needs_asyncio = pytest.mark.skipif(
    find_spec("uvloop") is not None,
    reason="uvloop is installed: it accepts what has no file, closes it, and says nothing",
)

CLIENTS = 150
PROGRAM = """
import asyncio, resource, sys
from asyncio import constants
from aiohttp import web
from server_kit import HostedServer, cli

class Greeter(HostedServer):
    async def _open(self):
        app = web.Application()
        app.router.add_get("/", self._greet)
        self.url = await self._serve(app, "127.0.0.1", 0)

    async def _close(self):
        pass

    async def _greet(self, request):
        return web.Response(text="hello")

async def main():
    async with Greeter() as server:
        stop = cli.stop_signal()
        print(server.url.rpartition(":")[2], flush=True)
        await stop.wait()
    # asyncio's next attempt to accept comes before this.
    retried = asyncio.Event()
    asyncio.get_running_loop().call_later(constants.ACCEPT_RETRY_DELAY, retried.set)
    await retried.wait()

resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
cli.run(main())
"""


@contextlib.asynccontextmanager
async def limited(soft: int, hard: int) -> AsyncIterator[tuple[Process, int]]:
    """A server in a process with these limits, and its port; it ends with a signal."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        f"{soft}",
        f"{hard}",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield process, int(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@contextlib.asynccontextmanager
async def connections(port: int) -> AsyncIterator[list[asyncio.StreamReader]]:
    """Clients that are connected, as far as they know, and have asked."""
    async with contextlib.AsyncExitStack() as stack:
        readers = []
        for _ in range(CLIENTS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            stack.callback(writer.close)
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            readers.append(reader)
        yield readers


@pytest.mark.slow
@pytest.mark.asyncio
async def test_a_server_raises_its_limit_to_what_it_may() -> None:
    async with limited(64, 1024) as (_, port), connections(port) as readers:
        for reader in readers:
            assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"


@pytest.mark.slow
@needs_asyncio
@pytest.mark.asyncio
async def test_a_server_at_its_limit_says_once_what_helps() -> None:
    async with limited(64, 64) as (process, port):
        assert process.stderr is not None
        async with connections(port) as readers:
            assert await readers[0].readline() == b"HTTP/1.1 200 OK\r\n"
            first = await process.stderr.readline()
            assert b"raise ulimit -n" in first
        async with connections(port) as readers:
            assert await readers[0].readline() == b"HTTP/1.1 200 OK\r\n"
        process.terminate()
        assert await process.stderr.read() == b""


@pytest.mark.slow
@needs_asyncio
@pytest.mark.asyncio
async def test_a_server_at_its_limit_ends_without_an_error() -> None:
    async with limited(64, 64) as (process, port):
        assert process.stderr is not None
        async with connections(port):
            assert b"raise ulimit -n" in await process.stderr.readline()
            process.terminate()
            assert await process.stderr.read() == b""


@pytest.mark.slow
def test_an_error_of_the_program_comes_without_one_of_uvloop() -> None:
    program = "import sys; sys.modules['uvloop'] = None\nfrom server_kit import cli\n"
    program += "async def main(): raise ValueError('ours')\ncli.run(main())"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert b"ValueError: ours" in ended.stderr
    assert b"uvloop" not in ended.stderr

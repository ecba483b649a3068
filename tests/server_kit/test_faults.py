"""Apply each kind of fault to an HTTP request."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
import pytest

from server_kit import Fault
from tests.server_kit.target import BODY, Target


@contextlib.asynccontextmanager
async def tcp_to(
    server: Target,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A TCP connection on which a request has been sent."""
    reader, writer = await asyncio.open_connection(*server.address)
    writer.write(b"GET /page HTTP/1.1\r\nHost: target\r\n\r\n")
    try:
        yield reader, writer
    finally:
        writer.close()


@pytest.mark.asyncio
async def test_a_status_comes_instead_of_the_answer() -> None:
    async with Target() as server, aiohttp.ClientSession() as client:
        server.faults.add(Fault.status(429, headers={"Retry-After": "3"}, body={"a": 1}), times=1)
        server.faults.add(Fault.status(502, body="<html>"), times=1)
        async with client.get(f"{server.url}/page") as reply:
            assert (reply.status, reply.headers["Retry-After"]) == (429, "3")
            assert await reply.json() == {"a": 1}
        async with client.get(f"{server.url}/page") as reply:
            assert (reply.status, await reply.text()) == (502, "<html>")
        assert server.made == 0
        async with client.get(f"{server.url}/page") as reply:
            assert await reply.read() == BODY


@pytest.mark.asyncio
async def test_a_reset_is_a_tcp_reset() -> None:
    async with Target() as server:
        server.faults.add(Fault.reset())
        async with tcp_to(server) as (reader, _):
            with pytest.raises(ConnectionResetError):
                await reader.read()
        assert server.made == 0


@pytest.mark.asyncio
async def test_a_dropped_reply_was_worked_for() -> None:
    async with Target() as server:
        server.faults.add(Fault.drop_reply())
        async with tcp_to(server) as (reader, _):
            assert await reader.read() == b""
        assert server.made == 1


@pytest.mark.asyncio
async def test_garbage_sends_bytes_that_are_no_http() -> None:
    async with Target() as server:
        server.faults.add(Fault.garbage(100))
        async with tcp_to(server) as (reader, _):
            noise = await reader.read()
        assert len(noise) == 100
        assert not noise.startswith(b"HTTP")
        assert server.made == 0


@pytest.mark.asyncio
async def test_a_truncated_answer_promises_more_than_comes() -> None:
    async with Target() as server:
        server.faults.add(Fault.truncated())
        async with tcp_to(server) as (reader, _):
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        assert b"Content-Length: 100" in head
        assert b"Content-Type: text/x-page" in head
        assert body == BODY[:50]


@pytest.mark.asyncio
async def test_bandwidth_sends_the_body_in_pieces() -> None:
    async with Target() as server:
        server.faults.add(Fault.bandwidth(1000))
        async with tcp_to(server) as (reader, _):
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(1) == BODY[:1]
            assert len(await reader.read(1000)) < len(BODY) - 1


@pytest.mark.asyncio
async def test_latency_holds_a_request_back() -> None:
    async with Target() as server, aiohttp.ClientSession() as client:
        slow = server.faults.add(Fault.latency(3600), times=1)
        async with tcp_to(server) as (reader, _):
            await slow.wait_for_hits()
            async with client.get(f"{server.url}/page") as reply:
                assert await reply.read() == BODY
            assert server.made == 1
            await server.stop()
            assert await reader.read() == b""


@pytest.mark.asyncio
async def test_a_black_hole_takes_everything_and_stays() -> None:
    async with Target() as server:
        hole = server.faults.add(Fault.black_hole(), times=1)
        async with tcp_to(server) as (reader, writer):
            await hole.wait_for_hits()
            for _ in range(64):
                writer.write(b"GET /page HTTP/1.1\r\nHost: target\r\n\r\n" * 4096)
                await writer.drain()
            reading = asyncio.create_task(reader.read())
            async with tcp_to(server) as (other, _):
                await other.readuntil(BODY)
            assert not reading.done()
            await server.stop()
            with contextlib.suppress(ConnectionResetError):  # what was left unread makes it one
                assert await reading == b""
        assert server.made == 1


@pytest.mark.asyncio
async def test_a_client_may_leave_a_black_hole() -> None:
    async with Target() as server:
        hole = server.faults.add(Fault.black_hole(), times=1)
        async with tcp_to(server):
            await hole.wait_for_hits()
        async with tcp_to(server) as (reader, _):
            await reader.readuntil(BODY)

"""How much a stranger can make the client hold, and where the token may go."""

import asyncio
import gzip
import json
import zlib
from collections.abc import Callable

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from mock_server import MockServer
from nakama_client import (
    Client,
    ConnectionFailed,
    ConnectionLost,
    NakamaError,
    ReplyTooLarge,
    RetryPolicy,
    Session,
    TimeoutExceeded,
    Timeouts,
    UnexpectedReply,
)
from tests.client.raw_server import answer, raw_server
from tests.client.scripted import Peer, ScriptedServer, make_token

SESSION = Session(make_token())
LIMIT = 100_000


def account(padding: int) -> bytes:
    return json.dumps({"user": {"username": "a" * padding}}).encode()


def packed(data: bytes, members: int = 1) -> bytes:
    size = -(-len(data) // members)
    return b"".join(gzip.compress(data[at : at + size]) for at in range(0, len(data), size))


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "make_answer",
    [
        pytest.param(
            lambda: answer(packed(account(50_000_000)), "Content-Encoding: gzip"),
            id="gzip",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            lambda: answer(packed(account(LIMIT)), "Content-Encoding: gzip"), id="small gzip"
        ),
        pytest.param(lambda: answer(account(LIMIT)), id="length"),
        pytest.param(
            lambda: b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + account(LIMIT),
            id="to the end",
        ),
        pytest.param(
            lambda: b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", id="announced"
        ),
    ],
)
async def test_calls_raise_reply_too_large_beyond_the_limit(
    make_answer: Callable[[], bytes],
) -> None:
    body = make_answer()
    async with (
        raw_server(lambda head, _: body) as url,
        Client(url, max_receive_bytes=LIMIT) as client,
    ):
        with pytest.raises(ReplyTooLarge, match=r"GET /v2/account.*100000 bytes") as raised:
            await client.get_account(SESSION)
    assert (raised.value.limit, raised.value.status, raised.value.attempts) == (LIMIT, 200, 1)


@pytest.mark.slow
@pytest.mark.asyncio
async def test_calls_keep_their_deadline_while_an_answer_is_unpacked() -> None:
    bomb = answer(packed(bytes(500_000_000)), "Content-Encoding: gzip")
    async with (
        raw_server(lambda head, _: bomb) as url,
        Client(url, max_receive_bytes=1 << 40, timeouts=Timeouts(request=0.02)) as client,
    ):
        with pytest.raises(TimeoutExceeded):
            await client.rpc(SESSION, "f")


@given(st.integers(0, 200_000), st.integers(1, 3))
def test_calls_read_packed_answers_up_to_the_limit(padding: int, members: int) -> None:
    body = answer(packed(account(padding), members), "Content-Encoding: gzip")

    async def play() -> str:
        async with (
            raw_server(lambda head, _: body) as url,
            Client(url, max_receive_bytes=len(account(padding))) as client,
        ):
            return (await client.get_account(SESSION)).user.username

    assert asyncio.run(play()) == "a" * padding


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "change",
    [lambda data: data[:-1], lambda data: data[:30] + b"!" + data[31:], zlib.decompress],
    ids=["cut", "changed", "not packed"],
)
async def test_calls_raise_connection_failed_for_damaged_gzip(
    change: Callable[[bytes], bytes],
) -> None:
    data = packed(account(1000))
    damaged = gzip.decompress(data) if change is zlib.decompress else change(data)
    body = answer(damaged, "Content-Encoding: gzip")
    async with raw_server(lambda head, _: body) as url, Client(url, retry=None) as client:
        with pytest.raises(ConnectionFailed, match="GET /v2/account"):
            await client.get_account(SESSION)


@pytest.mark.asyncio
async def test_sockets_close_on_a_frame_beyond_the_limit() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send("x" * (LIMIT + 1))

    async with (
        ScriptedServer(script=script) as server,
        Client(server.url, max_receive_bytes=LIMIT) as client,
        client.socket(SESSION, reconnect=None) as socket,
    ):
        with pytest.raises(ConnectionLost, match="1009"):
            await socket.rpc("f")


@pytest.mark.asyncio
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_connect_and_calls_follow_no_redirect(status: int) -> None:
    async def never(request: web.Request) -> web.StreamResponse:
        pytest.fail("a redirect was followed")

    async with ScriptedServer(answer=never) as other:
        redirect = answer(b"", f"Location: {other.url}/ws", status=f"{status} Moved")
        async with raw_server(lambda head, _: redirect) as url, Client(url) as client:
            for call in (client.get_account(SESSION), client.socket(SESSION).connect()):
                with pytest.raises(UnexpectedReply, match=f"HTTP {status}"):
                    await call
        assert other.requests == []


@pytest.mark.asyncio
async def test_errors_of_redirects_say_where_they_point() -> None:
    moved = f"https://game.example/v2?token={SESSION.token}"
    redirect = answer(b"", f"Location: {moved}", status="308 Moved")
    async with raw_server(lambda head, _: redirect) as url, Client(url) as client:
        for call in (client.get_account(SESSION), client.socket(SESSION).connect()):
            with pytest.raises(UnexpectedReply, match=r"address: 'https://game\.example/v2'"):
                await call


@pytest.mark.asyncio
async def test_every_error_of_a_call_says_which_call_failed() -> None:
    statuses = iter([503, 503, 502])

    def respond(head: bytes, body: bytes) -> bytes:
        return answer(b"<html>", status=f"{next(statuses)} Bad")

    async with (
        raw_server(respond) as url,
        Client(url, retry=RetryPolicy(attempts=3, first_delay=0)) as client,
    ):
        with pytest.raises(UnexpectedReply) as raised:
            await client.get_account(SESSION)
        error = raised.value
        assert (error.method, error.path, error.status) == ("GET", "/v2/account", 502)
        assert error.attempts == 3
        assert str(error) == "unexpected answer (HTTP 502, GET /v2/account): '<html>'"


@pytest.mark.asyncio
async def test_unexpected_replies_say_what_is_wrong() -> None:
    body = answer(b'{"user": 5}')
    async with raw_server(lambda head, _: body) as url, Client(url) as client:
        with pytest.raises(UnexpectedReply, match=r"GET /v2/account.*Expected `object`.*\$.user"):
            await client.get_account(SESSION)


@pytest.mark.asyncio
async def test_errors_of_sockets_say_which_request_failed(server: MockServer) -> None:
    async with Client(server.http_url) as client:
        session = await client.authenticate_device("device-of-alice")
        async with client.socket(session) as socket:
            for call, path in (
                (socket.rpc("unknown"), "rpc"),
                (socket.join_channel("x" * 36, 99), ""),
                (socket.send_message("2...nowhere", {}), "channel_message_send"),
            ):
                with pytest.raises(NakamaError) as raised:
                    await call
                assert raised.value.path == path
                assert raised.value.method == ("socket" if path else "")


@pytest.mark.asyncio
async def test_https_to_a_plain_server_says_what_to_write(server: MockServer) -> None:
    async with Client(server.http_url.replace("http:", "https:"), retry=None) as client:
        for call in (client.get_account(SESSION), client.socket(SESSION).connect()):
            with pytest.raises(ConnectionFailed, match="http:// in the place of https://"):
                await call

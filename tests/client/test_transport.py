"""Failures of HTTP, and secrets that no error shows."""

import asyncio
import logging

import pytest
from aiohttp import web

from mock_server import MockServer
from nakama_client import (
    Client,
    ClientClosed,
    ConnectionFailed,
    NakamaError,
    Session,
    TimeoutExceeded,
    Timeouts,
    UnexpectedReply,
)
from tests.client.scripted import ScriptedServer, make_token

SESSION = Session(make_token())


@pytest.mark.asyncio
async def test_calls_raise_unexpected_reply_for_a_proxys_page() -> None:
    page = "<html><h1>502 Bad Gateway</h1>" + "x" * 1000

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=502, text=page, content_type="text/html")

    async with (
        ScriptedServer(answer=answer) as server,
        Client(server.url, random=lambda: 0.0) as client,
    ):
        with pytest.raises(UnexpectedReply, match="HTTP 502") as raised:
            await client.get_account(SESSION)
    assert raised.value.body == page[:200]


@pytest.mark.asyncio
async def test_calls_follow_no_redirect() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=301, headers={"Location": "/elsewhere"})

    async with ScriptedServer(answer=answer) as server, Client(server.url) as client:
        with pytest.raises(UnexpectedReply, match="HTTP 301"):
            await client.get_account(SESSION)
        assert len(server.requests) == 1


@pytest.mark.asyncio
async def test_calls_raise_timeout_exceeded_without_an_answer() -> None:
    async def answer(request: web.Request) -> web.Response:
        await server.stopped()
        return web.Response()

    async with (
        ScriptedServer(answer=answer) as server,
        Client(server.url, timeouts=Timeouts(request=0.4), retry=None) as client,
    ):
        with pytest.raises(TimeoutExceeded, match=r"within 0.4 s: GET /v2/account"):
            await client.get_account(SESSION)
        with pytest.raises(TimeoutError, match=r"within 0.3 s: POST /v2/rpc/f"):
            await client.rpc(SESSION, "f", timeout=0.3)


@pytest.mark.asyncio
async def test_calls_raise_connection_failed_for_a_cut_answer() -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b'{"user":')
        assert request.transport is not None
        request.transport.abort()
        return response

    async with (
        ScriptedServer(answer=answer) as server,
        Client(server.url, random=lambda: 0.0) as client,
    ):
        with pytest.raises(ConnectionFailed, match="GET /v2/account at http://"):
            await client.get_account(SESSION)


@pytest.mark.asyncio
async def test_calls_raise_connection_failed_for_garbage() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x00\x01 nonsense\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        async with Client(f"http://127.0.0.1:{port}", random=lambda: 0.0) as client:
            with pytest.raises(ConnectionFailed):
                await client.get_account(SESSION)
            with pytest.raises(ConnectionFailed):
                await client.socket(SESSION).connect()


@pytest.mark.asyncio
async def test_calls_raise_connection_failed_when_no_server_is_there() -> None:
    async with ScriptedServer() as server:
        url = server.url
    async with Client(url, random=lambda: 0.0) as client:
        with pytest.raises(ConnectionFailed, match="GET /v2/account"):
            await client.get_account(SESSION)


@pytest.mark.asyncio
async def test_calls_raise_client_closed_after_close(client: Client, alice: Session) -> None:
    await client.close()
    await client.close()
    with pytest.raises(ClientClosed):
        await client.get_account(alice)


@pytest.mark.asyncio
async def test_close_ends_the_calls_under_way() -> None:
    asked = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        asked.set()
        await server.stopped()
        return web.Response()

    async with ScriptedServer(answer=answer) as server:
        client = Client(server.url)
        call = asyncio.create_task(client.get_account(SESSION))
        await asked.wait()
        await client.close()
        with pytest.raises(ClientClosed):
            await call


@pytest.mark.asyncio
async def test_a_client_may_be_made_before_the_loop_and_used_without_with(
    server: MockServer,
) -> None:
    client = await asyncio.to_thread(Client, server.http_url)
    session = await client.authenticate_device("device-of-alice")
    assert session.created
    await client.close()


@pytest.mark.asyncio
async def test_calls_wait_for_a_free_connection(server: MockServer) -> None:
    async with Client(server.http_url, max_connections=3) as client:
        session = await client.authenticate_device("device-of-alice")
        accounts = await asyncio.gather(*(client.get_account(session) for _ in range(30)))
    assert len(accounts) == 30


SECRET_KEYS = ("defaultkey", "defaulthttpkey", "ZGVmYXVsdGtleTo=", "correct horse")


def attributes(shown: object) -> list[str]:
    """What an object has under each name that it keeps for itself."""
    slots = [name for each in type(shown).__mro__ for name in getattr(each, "__slots__", ())]
    names = [*slots, *getattr(shown, "__dict__", ())]
    return [repr(getattr(shown, name)) for name in names if hasattr(shown, name)]


@pytest.mark.asyncio
async def test_secrets_reach_no_log_repr_or_error(
    server: MockServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("nakama_client", "websockets", "aiohttp", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    said: list[str] = []
    tokens: set[str] = set()
    async with Client(
        server.http_url, http_key="defaulthttpkey", clock=server.clock.time
    ) as client:
        session = await client.authenticate_email(
            "a@example.com", "correct horse", username="alice"
        )
        tokens |= {session.token, session.refresh_token}
        async with client.socket(session) as socket:
            await socket.rpc("echo", "x")
            said += [repr(socket), *attributes(socket), *attributes(socket._connection)]
        server.clock.advance(50)
        await client.get_account(session)
        tokens |= {session.token, session.refresh_token}
        await client.rpc_http_key("echo", "x")
        said += [repr(client), repr(session), repr(session.tokens), *attributes(client)]
        await client.logout(session)
        for call in (
            client.get_account(session),
            client.refresh_session(session),
            client.list_notifications(session, cursor="bad"),
            client.rpc(session, "unknown"),
            client.authenticate_email("a@example.com", "wrong horse battery"),
        ):
            with pytest.raises(NakamaError) as raised:
                await call
            error: BaseException | None = raised.value
            while error is not None:
                said += [repr(error), str(error)]
                error = error.__cause__ or error.__context__
        with pytest.raises(NakamaError) as raised:
            await client.socket(Session(make_token())).connect()
        said.append(repr(raised.value))
    text = "\n".join([*said, *(f"{each.getMessage()} {each.args}" for each in caplog.records)])
    assert "GET /v2/account" in text
    for secret in (*tokens, *SECRET_KEYS, "wrong horse battery", "eyJ"):
        assert secret not in text

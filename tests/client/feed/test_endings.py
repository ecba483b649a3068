"""What ends a feed, and what does not."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from mock_server import Config, MockServer
from nakama_client import (
    ArgumentError,
    Client,
    ConnectionFailed,
    NotConnected,
    Notification,
    Session,
    SessionExpired,
    SessionReplaced,
    UserBanned,
)
from tests.client.conftest import Login
from tests.client.feed.steps import send, take, until_live
from tests.client.leaks import tasks
from tests.client.scripted import Peer, ScriptedServer, make_token


@pytest.mark.asyncio
async def test_close_leaves_the_users_socket_open(
    client: Client, server: MockServer, alice: Session, login: Login
) -> None:
    handled: list[str] = []
    async with client.socket(alice) as socket:
        socket.on_notification(lambda each: handled.append(each.subject))
        async with client.notifications(alice, socket=socket) as feed:
            await send(server, alice, "both")
            assert await take(feed, 1) == ["both"]
            assert feed.socket is socket
        assert socket.is_connected
        await send(server, alice, "only the handler")
        assert (await socket.rpc("echo", "x")).payload == "x"
    assert handled == ["both", "only the handler"]
    socket = client.socket(alice)
    async with client.notifications(alice, socket=socket) as feed:
        assert socket.is_connected
    assert socket.is_connected
    await socket.close()
    with pytest.raises(ArgumentError, match="another player"):
        client.notifications(await login("bob"), socket=socket)


@pytest.mark.asyncio
async def test_feed_ends_when_its_socket_is_closed(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.socket(alice) as socket, client.notifications(alice, socket=socket) as feed:
        await until_live(feed, server, alice)
        await send(server, alice, "last", persistent=False)
        await socket.rpc("echo")
        await socket.close()
        assert [each.subject async for each in feed] == ["last"]


@pytest.mark.asyncio
async def test_close_ends_a_waiting_loop(
    client: Client, server: MockServer, alice: Session
) -> None:
    feed = client.notifications(alice)
    with pytest.raises(NotConnected, match="not open"):
        await anext(feed)
    await feed.open()
    await feed.open()
    handled: asyncio.Queue[Notification] = asyncio.Queue()
    waiting = asyncio.create_task(feed.run(handled.put_nowait))
    await send(server, alice, "live")
    await handled.get()
    await feed.close()
    await waiting
    await feed.close()
    assert not tasks()


@pytest.mark.asyncio
async def test_feed_raises_session_replaced() -> None:
    config = Config.from_settings({"session.single_socket": True})
    async with MockServer(config) as server, Client(server.http_url) as client:
        session = await client.authenticate_device("device-of-alice")
        async with client.notifications(session) as older:
            await until_live(older, server, session)
            async with client.notifications(session) as newer:
                replaced = await anext(older)
                assert (replaced.code, replaced.persistent) == (-7, False)
                with pytest.raises(SessionReplaced):
                    await anext(older)
                await until_live(newer, server, session)


@pytest.mark.asyncio
async def test_feed_raises_session_expired(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.notifications(alice) as feed:
        await until_live(feed, server, alice)
        server.clock.advance(4000)
        server.sockets()[0].abort()
        with pytest.raises(SessionExpired):
            await anext(feed)
    assert not tasks()


@pytest.mark.asyncio
async def test_feed_raises_user_banned_when_the_ban_is_first_seen_by_its_list() -> None:
    """The ban ends the session before it ends the socket."""
    refused = asyncio.Event()
    peers: asyncio.Queue[Peer] = asyncio.Queue()

    async def answer(request: web.Request) -> web.Response:
        refused.set()
        body = {"code": 16, "message": "Refresh token invalid or expired."}
        return web.json_response(body, status=401)

    async with (
        ScriptedServer(answer=answer, script=peers.put) as server,
        Client(server.url) as client,
        client.notifications(Session(make_token(), make_token())) as feed,
    ):
        waiting = asyncio.create_task(anext(feed))
        await refused.wait()
        peer = await peers.get()
        await peer.notify({"code": -8, "subject": "banned"})
        await peer.close(1000, "")
        with pytest.raises(UserBanned) as raised:
            await waiting
    assert isinstance(raised.value.__cause__, SessionExpired)
    assert not tasks()


@pytest.mark.asyncio
async def test_open_raises_when_no_server_is_there() -> None:
    async with ScriptedServer() as gone:
        url = gone.url
    async with Client(url, random=lambda: 0.0) as client:
        with pytest.raises(ConnectionFailed):
            await client.notifications(Session(make_token())).open()
    assert not tasks()


@pytest.mark.asyncio
async def test_feed_raises_for_a_second_task(client: Client, alice: Session) -> None:
    async with client.notifications(alice) as feed:
        first = asyncio.create_task(anext(feed))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="two tasks"):
            await anext(feed)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


@pytest.mark.asyncio
async def test_cancelled_next_loses_nothing(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.notifications(alice) as feed:
        await until_live(feed, server, alice)
        for number in range(20):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await anext(feed)
            await send(server, alice, str(number))
            assert await take(feed, 1) == [str(number)]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "arguments",
    [
        {"acknowledge": "sometimes"},
        {"queue_limit": 0},
        {"overlap_window": -1},
        {"check_interval": 0},
    ],
)
async def test_notifications_raises_for_bad_arguments(
    client: Client, alice: Session, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ArgumentError):
        client.notifications(alice, **arguments)

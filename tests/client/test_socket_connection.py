"""A socket's connection: opened, refused, ended, and why."""

import asyncio

import pytest

from mock_server import Config, MockServer
from nakama_client import (
    ArgumentError,
    Client,
    ClosedBy,
    ConnectionFailed,
    ConnectionLost,
    DisconnectCause,
    DisconnectReason,
    NotConnected,
    NotificationCode,
    Session,
    SessionExpired,
    SessionReplaced,
    Unauthenticated,
    UserBanned,
)
from tests.banning import ban_by_console
from tests.client.conftest import Login
from tests.client.leaks import tasks
from tests.client.scripted import make_token


@pytest.mark.asyncio
async def test_connect_and_close_may_be_repeated(
    client: Client, server: MockServer, alice: Session
) -> None:
    socket = client.socket(alice)
    await socket.close()
    await asyncio.gather(socket.connect(), socket.connect())
    await socket.connect()
    assert len(server.sockets()) == 1
    assert "open" in repr(socket)
    await asyncio.gather(socket.close(), socket.close())
    await socket.close()
    assert "closed" in repr(socket)
    assert not tasks()


@pytest.mark.asyncio
async def test_requests_need_a_connection(client: Client, alice: Session) -> None:
    socket = client.socket(alice)
    with pytest.raises(NotConnected, match="is not connected"):
        await socket.rpc("echo")
    async with socket:
        pass
    with pytest.raises(NotConnected, match="by the client"):
        await socket.rpc("echo")


@pytest.mark.asyncio
async def test_connect_raises_when_the_token_is_refused(client: Client) -> None:
    socket = client.socket(Session(make_token()))
    with pytest.raises(SessionExpired, match="no refresh token") as raised:
        await socket.connect()
    refusal = raised.value.__context__
    assert isinstance(refusal, Unauthenticated)
    assert (refusal.status, refusal.code) == (401, 16)
    assert refusal.message == "Missing or invalid token"
    assert not socket.is_connected
    assert not tasks()


@pytest.mark.asyncio
async def test_socket_raises_when_a_limit_is_zero(client: Client, alice: Session) -> None:
    with pytest.raises(ArgumentError):
        client.socket(alice, queue_limit=0)
    with pytest.raises(ArgumentError):
        client.socket(alice, max_message_bytes=0)


@pytest.mark.asyncio
async def test_connect_raises_when_no_server_is_there(alice: Session) -> None:
    async with MockServer() as server:
        url = server.http_url
    async with Client(url, random=lambda: 0.0) as client:
        with pytest.raises(ConnectionFailed, match="ws://"):
            await client.socket(alice).connect()


@pytest.mark.asyncio
async def test_connect_sends_lang_and_appear_online(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.socket(alice, lang="it"):
        (session,) = server.sockets()
        assert session.lang == "it"


@pytest.mark.asyncio
async def test_on_disconnect_gets_the_reason_when_the_server_stops(
    alice: Session, client: Client, server: MockServer
) -> None:
    reasons: asyncio.Queue[DisconnectReason] = asyncio.Queue()
    async with client.socket(alice, reconnect=None) as socket:
        socket.on_disconnect(reasons.put_nowait)
        received = socket.notifications()
        await server.stop()
        reason = await reasons.get()
        assert reason.closed_by is not ClosedBy.CLIENT
        with pytest.raises(ConnectionLost) as raised:
            await anext(received)
        assert raised.value.reason == reason
        with pytest.raises(NotConnected):
            await socket.rpc("echo")
    assert reasons.empty()
    assert not tasks()


@pytest.mark.asyncio
async def test_on_disconnect_gets_our_own_close(client: Client, alice: Session) -> None:
    reasons: list[DisconnectReason] = []
    async with client.socket(alice) as socket:
        socket.on_disconnect(reasons.append)
    assert reasons == [
        DisconnectReason(DisconnectCause.CLOSED, 1000, "", ClosedBy.CLIENT),
    ]


@pytest.mark.asyncio
async def test_a_second_socket_replaces_the_first() -> None:
    config = Config.from_settings({"session.single_socket": True})
    reasons: asyncio.Queue[DisconnectReason] = asyncio.Queue()
    codes: list[int] = []
    async with MockServer(config) as server, Client(server.http_url) as client:
        session = await client.authenticate_device("device-of-alice")
        async with client.socket(session) as first:
            first.on_disconnect(reasons.put_nowait)
            first.on_notification(lambda notification: codes.append(notification.code))
            received = first.notifications()
            async with client.socket(session) as second:
                reason = await reasons.get()
                assert second.is_connected
            assert (await anext(received)).code == NotificationCode.SINGLE_SOCKET
            with pytest.raises(SessionReplaced):
                await anext(received)
    assert (reason.cause, reason.closed_by) == (DisconnectCause.REPLACED, ClosedBy.SERVER)
    assert codes == [-7]


@pytest.mark.asyncio
async def test_ban_ends_the_socket_with_user_banned(
    client: Client, server: MockServer, login: Login
) -> None:
    bob = await login("bob")
    reasons: asyncio.Queue[DisconnectReason] = asyncio.Queue()
    async with client.socket(bob) as socket:
        socket.on_disconnect(reasons.put_nowait)
        received = socket.notifications()
        await ban_by_console(server, bob.user_id)
        reason = await reasons.get()
        assert (await anext(received)).code == NotificationCode.USER_BANNED
        with pytest.raises(UserBanned):
            await anext(received)
    assert reason.cause is DisconnectCause.BANNED


@pytest.mark.asyncio
async def test_deleted_account_ends_the_socket(client: Client, alice: Session) -> None:
    reasons: asyncio.Queue[DisconnectReason] = asyncio.Queue()
    async with client.socket(alice) as socket:
        socket.on_disconnect(reasons.put_nowait)
        await client.delete_account(alice)
        assert (await reasons.get()).cause is DisconnectCause.SESSION_ENDED


@pytest.mark.asyncio
async def test_request_raises_connection_lost_when_the_server_finds_it_too_large(
    client: Client, alice: Session
) -> None:
    reasons: asyncio.Queue[DisconnectReason] = asyncio.Queue()
    async with client.socket(alice, max_message_bytes=10_000) as socket:
        socket.on_disconnect(reasons.put_nowait)
        with pytest.raises(ConnectionLost) as raised:
            await socket.rpc("echo", "x" * 5000)
        assert raised.value.reason == await reasons.get()
    assert raised.value.reason.cause is DisconnectCause.TOO_LARGE

"""The two notifications that come before the end: -7 for a newer socket, -8 for a ban."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from mock_server import Config, MockServer
from nakama_client import (
    Client,
    ConnectionLost,
    DisconnectCause,
    DisconnectReason,
    Notification,
    NotificationCode,
    PermissionDenied,
    Session,
    SessionExpired,
    SessionReplaced,
    Socket,
    UserBanned,
)
from tests.banning import ban_by_console


def collect(socket: Socket) -> tuple[list[Notification], asyncio.Future[DisconnectReason]]:
    received: list[Notification] = []
    ended: asyncio.Future[DisconnectReason] = asyncio.get_running_loop().create_future()
    socket.on_notification(received.append)
    socket.on_disconnect(ended.set_result)
    return received, ended


@pytest.mark.asyncio
async def test_newer_socket_replaces_the_older_with_a_close_notice() -> None:
    config = Config.from_settings({"session.single_socket": True})
    async with MockServer(config) as server, Client(server.http_url) as client:
        session = await client.authenticate_device("device-of-alice")
        older, newer = client.socket(session), client.socket(session)
        received, ended = collect(older)
        waiting = older.notifications()
        await older.connect()
        await newer.connect()
        reason = await ended
        assert (reason.cause, reason.will_reconnect) == (DisconnectCause.REPLACED, False)
        (notice,) = received
        assert notice.code == NotificationCode.SINGLE_SOCKET == -7
        assert (notice.subject, notice.content) == ("single_socket", {})
        assert (notice.sender_id, notice.persistent) == ("", False)
        assert (await anext(waiting)).id == notice.id
        with pytest.raises(SessionReplaced):
            await anext(waiting)
        assert (await client.list_notifications(session)).notifications == ()

        # The older one does not reconnect: only the newer one is there, and it stays.
        await newer.update_status("still here")
        assert not older.is_connected
        assert len(server.sockets()) == 1
        await newer.close()
        await older.close()


@pytest.mark.asyncio
async def test_request_under_way_raises_session_replaced() -> None:
    config = Config.from_settings({"session.single_socket": True})
    async with MockServer(config) as server, Client(server.http_url) as client:
        session = await client.authenticate_device("device-of-alice")
        began, release = asyncio.Event(), asyncio.Event()

        @server.rpc("think")
        async def think(context: object, payload: str) -> None:
            began.set()
            await release.wait()

        async with client.socket(session) as older, asyncio.TaskGroup() as tasks:
            request = tasks.create_task(_replaced(older.rpc("think")))
            await began.wait()
            async with client.socket(session):
                await request
            release.set()


async def _replaced(request: Awaitable[object]) -> None:
    with pytest.raises(SessionReplaced):
        await request


@pytest.mark.asyncio
async def test_newer_login_ends_the_older_session() -> None:
    config = Config.from_settings({"session.single_session": True})
    async with MockServer(config) as server, Client(server.http_url) as client:
        older = await client.authenticate_device("device-of-alice")
        server.clock.advance(2)
        newer = await client.authenticate_device("device-of-alice")
        with pytest.raises(SessionExpired):
            await client.get_account(older)
        assert (await client.get_account(newer)).user.id == older.user_id


async def ban_by_runtime(server: MockServer, user_id: str) -> None:
    server.nk.users_ban_id([user_id])


@pytest.mark.asyncio
@pytest.mark.parametrize("ban", [ban_by_console, ban_by_runtime])
async def test_ban_closes_every_socket_with_a_close_notice(
    ban: Callable[[MockServer, str], Awaitable[None]],
) -> None:
    async with MockServer() as server, Client(server.http_url) as client:
        session = await client.authenticate_device("device-of-alice")
        first, second = client.socket(session), client.socket(session)
        ends = [collect(first), collect(second)]
        await first.connect()
        await second.connect()
        waiting = first.notifications()
        server.clock.advance(2)
        await ban(server, session.user_id)
        notices = []
        for received, ended in ends:
            reason = await ended
            assert (reason.cause, reason.will_reconnect) == (DisconnectCause.BANNED, False)
            (notice,) = received
            assert notice.code == NotificationCode.USER_BANNED == -8
            assert (notice.subject, notice.content) == ("banned", {})
            assert (notice.sender_id, notice.persistent) == ("", False)
            notices.append(notice.id)
        assert len(set(notices)) == 2
        await anext(waiting)
        with pytest.raises(UserBanned):
            await anext(waiting)
        await first.close()
        await second.close()
        await _is_locked_out(client, session)


async def _is_locked_out(client: Client, session: Session) -> None:
    with pytest.raises(SessionExpired):
        await client.get_account(session)
    with pytest.raises(PermissionDenied, match="User account banned"):
        await client.authenticate_device("device-of-alice")
    with pytest.raises((SessionExpired, ConnectionLost)):
        await client.socket(session).connect()

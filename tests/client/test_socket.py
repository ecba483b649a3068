"""The socket against the mock: handlers, requests, how it opens and closes."""

import asyncio
import gc

import aiohttp
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
    HandlerFailed,
    NotConnected,
    Notification,
    NotificationCode,
    Session,
    SessionExpired,
    SessionReplaced,
    Socket,
    Unauthenticated,
    UserBanned,
)
from tests.client.conftest import Login
from tests.client.leaks import tasks
from tests.client.scripted import make_token

NIL = "00000000-0000-0000-0000-000000000000"


async def take(queue: asyncio.Queue[Notification], count: int) -> list[str]:
    return [(await queue.get()).subject for _ in range(count)]


@pytest.mark.asyncio
async def test_a_notification_arrives(client: Client, server: MockServer, alice: Session) -> None:
    received: asyncio.Queue[Notification] = asyncio.Queue()
    async with client.socket(alice) as socket:

        @socket.on_notification
        async def keep(notification: Notification) -> None:
            await received.put(notification)

        await server.notifications.send(alice.user_id, "hello", {"a": [1]}, code=7)
        first = await received.get()
        await server.notifications.send(
            alice.user_id, "again", code=-1500, persistent=False, sender_id=alice.user_id
        )
        second = await received.get()
    assert (first.subject, first.content, first.code) == ("hello", {"a": [1]}, 7)
    assert (first.persistent, first.sender_id) == (True, NIL)
    assert (second.content, second.persistent, second.sender_id) == ({}, False, alice.user_id)
    listed = (await client.list_notifications(alice)).notifications
    assert [each.id for each in listed] == [first.id]


@pytest.mark.asyncio
async def test_nothing_is_missed_once_connect_returned(
    client: Client, server: MockServer, alice: Session
) -> None:
    for number in range(20):
        socket = client.socket(alice)
        received = socket.notifications()
        await socket.connect()
        await server.notifications.send(alice.user_id, str(number), persistent=False)
        assert (await anext(received)).subject == str(number)
        await socket.close()


@pytest.mark.asyncio
async def test_one_call_for_each_notification_of_a_batch(client: Client, alice: Session) -> None:
    received: asyncio.Queue[Notification] = asyncio.Queue()
    async with client.socket(alice) as socket:
        socket.on_notification(received.put_nowait)
        await socket.rpc("send_batch", "40")
        assert await take(received, 40) == [f"number {number}" for number in range(40)]


@pytest.mark.asyncio
async def test_several_handlers_in_their_order(
    client: Client, server: MockServer, alice: Session
) -> None:
    calls: list[str] = []
    done = asyncio.Event()
    async with client.socket(alice) as socket:

        @socket.on_notification
        async def slow(notification: Notification) -> None:
            calls.append("slow begins")
            await asyncio.sleep(0)
            calls.append("slow ends")

        @socket.on_notification
        def quick(notification: Notification) -> None:
            calls.append("quick")
            if notification.subject == "last":
                done.set()

        await server.notifications.send(alice.user_id, "first")
        await server.notifications.send(alice.user_id, "last")
        await done.wait()
    assert calls == ["slow begins", "slow ends", "quick"] * 2


@pytest.mark.asyncio
async def test_a_removed_handler_is_not_called(
    client: Client, server: MockServer, alice: Session
) -> None:
    removed: list[str] = []
    received: asyncio.Queue[Notification] = asyncio.Queue()
    async with client.socket(alice) as socket:

        @socket.on_notification
        def once(notification: Notification) -> None:
            removed.append(notification.subject)
            once.remove()
            once.remove()

        socket.on_notification(received.put_nowait)
        await server.notifications.send(alice.user_id, "a")
        await server.notifications.send(alice.user_id, "b")
        await take(received, 2)
    assert removed == ["a"]
    once(Notification(subject="called by hand"))
    assert removed == ["a", "called by hand"]


@pytest.mark.asyncio
async def test_handlers_outlive_the_connection_and_are_not_doubled(
    client: Client, server: MockServer, alice: Session
) -> None:
    received: asyncio.Queue[Notification] = asyncio.Queue()
    socket = client.socket(alice)
    socket.on_notification(received.put_nowait)
    for number in range(3):
        await socket.connect()
        await server.notifications.send(alice.user_id, str(number))
        assert await take(received, 1) == [str(number)]
        await socket.close()
    assert received.empty()


@pytest.mark.asyncio
async def test_a_failing_handler_is_reported_and_the_others_go_on(
    client: Client, server: MockServer, alice: Session
) -> None:
    received: asyncio.Queue[Notification] = asyncio.Queue()
    failures: asyncio.Queue[Exception] = asyncio.Queue()
    async with client.socket(alice) as socket:

        @socket.on_notification
        def broken(notification: Notification) -> None:
            raise KeyError(notification.subject)

        @socket.on_notification
        async def cancelled(notification: Notification) -> None:
            raise asyncio.CancelledError

        socket.on_notification(received.put_nowait)
        socket.on_error(failures.put_nowait)
        await server.notifications.send(alice.user_id, "a")
        await server.notifications.send(alice.user_id, "b")
        assert await take(received, 2) == ["a", "b"]
        errors = [await failures.get() for _ in range(4)]
        assert (await socket.rpc("echo", "alive")).payload == "alive"
    for error in errors:
        assert isinstance(error, HandlerFailed)
        assert isinstance(error.event, Notification)
    assert isinstance(errors[0].__cause__, KeyError)
    assert "broken" in str(errors[0])
    assert isinstance(errors[1].__cause__, asyncio.CancelledError)


@pytest.mark.asyncio
async def test_failures_are_logged_when_nobody_asks(
    client: Client, server: MockServer, alice: Session, caplog: pytest.LogCaptureFixture
) -> None:
    received: asyncio.Queue[Notification] = asyncio.Queue()
    async with client.socket(alice) as socket:

        @socket.on_notification
        def broken(notification: Notification) -> None:
            raise KeyError("a clear word")

        socket.on_notification(received.put_nowait)
        await server.notifications.send(alice.user_id, "a")
        await take(received, 1)

        @socket.on_error
        def worse(error: Exception) -> None:
            raise ValueError("worse")

        await server.notifications.send(alice.user_id, "b")
        await take(received, 1)
    first, second = (each for each in caplog.records if each.name == "nakama_client.socket")
    assert "a clear word" in first.getMessage()
    assert first.exc_info
    assert "on_error handler" in second.getMessage()


@pytest.mark.asyncio
async def test_handlers_may_call_the_socket(
    client: Client, server: MockServer, alice: Session
) -> None:
    replies: asyncio.Queue[str] = asyncio.Queue()
    async with client.socket(alice) as socket:

        @socket.on_notification
        async def ask(notification: Notification) -> None:
            await replies.put((await socket.rpc("echo", notification.subject)).payload)

        await server.notifications.send(alice.user_id, "a")
        assert await replies.get() == "a"


@pytest.mark.asyncio
async def test_a_handler_may_close_the_socket(
    client: Client, server: MockServer, alice: Session
) -> None:
    reasons: asyncio.Queue[DisconnectReason] = asyncio.Queue()
    socket = client.socket(alice)
    socket.on_disconnect(reasons.put_nowait)

    @socket.on_notification
    async def leave(notification: Notification) -> None:
        await socket.close()
        assert not socket.is_connected

    await socket.connect()
    await server.notifications.send(alice.user_id, "a")
    assert (await reasons.get()).cause is DisconnectCause.CLOSED
    await socket.close()
    assert not tasks()


@pytest.mark.asyncio
async def test_notifications_yields_until_the_socket_is_closed(
    client: Client, server: MockServer, alice: Session
) -> None:
    seen: list[str] = []
    async with client.socket(alice) as socket:
        first, second = socket.notifications(), socket.notifications()
        await socket.rpc("send_batch", "5")
        async for notification in first:
            seen.append(notification.subject)
            if len(seen) == 5:
                break
        second.close()
        await server.notifications.send(alice.user_id, "not for the closed one")
        assert (await anext(first)).subject == "not for the closed one"
    assert [each.subject async for each in second] == seen
    assert [each async for each in first] == []


@pytest.mark.asyncio
async def test_abandoned_subscription_is_forgotten(client: Client, alice: Session) -> None:
    async with client.socket(alice, queue_limit=1) as socket:
        failures: list[Exception] = []
        socket.on_error(failures.append)
        async for _ in _batch(socket):
            break
        gc.collect()
        await socket.rpc("send_batch", "5")
    assert failures == []


async def _batch(socket: Socket):
    received = socket.notifications()
    await socket.rpc("send_batch", "1")
    async for notification in received:
        yield notification


@pytest.mark.asyncio
async def test_subscription_raises_for_a_second_task(client: Client, alice: Session) -> None:
    async with client.socket(alice) as socket:
        received = socket.notifications()
        waiting = asyncio.ensure_future(anext(received))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="two tasks"):
            await anext(received)
        waiting.cancel()
        await socket.rpc("send_batch", "1")
        assert (await anext(received)).subject == "number 0"


@pytest.mark.asyncio
async def test_many_concurrent_requests_get_their_own_replies(
    client: Client, alice: Session
) -> None:
    async with client.socket(alice) as socket:
        texts = [f"payload {number}" for number in range(200)]
        replies = await asyncio.gather(*(socket.rpc("echo", text) for text in texts))
    assert [reply.payload for reply in replies] == texts


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
async def test_on_disconnect_tells_that_the_server_stopped(
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
async def test_on_disconnect_tells_our_own_close(client: Client, alice: Session) -> None:
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
        await ban(server, bob.user_id)
        reason = await reasons.get()
        assert (await anext(received)).code == NotificationCode.USER_BANNED
        with pytest.raises(UserBanned):
            await anext(received)
    assert reason.cause is DisconnectCause.BANNED


async def ban(server: MockServer, user_id: str) -> None:
    async with aiohttp.ClientSession(server.console_url) as http:
        login = {"username": "admin", "password": "password"}
        async with http.post("/v2/console/authenticate", json=login) as reply:
            token = (await reply.json())["token"]
        headers = {"Authorization": f"Bearer {token}"}
        path = f"/v2/console/account/{user_id}/ban"
        async with http.post(path, json={}, headers=headers) as reply:
            assert reply.status == 200


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

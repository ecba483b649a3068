"""A socket's notifications, handlers and requests."""

import asyncio
import gc

import pytest

from mock_server import MockServer
from nakama_client import (
    Client,
    DisconnectCause,
    DisconnectReason,
    HandlerFailed,
    Notification,
    Session,
    Socket,
)
from tests.client.leaks import tasks

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

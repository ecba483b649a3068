"""A client in several event loops, and what it closes."""

import asyncio
import gc

import pytest

from mock_server import MockServer
from nakama_client import (
    Client,
    ClientClosed,
    Exchange,
    MemoryCursorStore,
    NakamaError,
    ReconnectPolicy,
    Session,
    Socket,
    WrongLoop,
)
from tests.client.leaks import tasks

DEVICE = "device-of-alice"


def test_a_client_works_in_one_asyncio_run_after_another() -> None:
    with MockServer() as server:
        client = Client(server.http_url)
        first = asyncio.run(client.authenticate_device(DEVICE))
        second = asyncio.run(client.authenticate_device(DEVICE))
        asyncio.run(client.refresh_session(first))
        assert asyncio.run(client.get_account(second)).user.id == first.user_id
        asyncio.run(client.close())
        with pytest.raises(ClientClosed):
            asyncio.run(client.get_account(first))
        gc.collect()  # a connection that was left open would warn


def test_a_client_works_in_two_threads_at_once() -> None:
    with MockServer() as server:
        client = Client(server.http_url)

        async def play(name: str) -> str:
            session = await client.authenticate_device(f"device-of-{name}", username=name)
            async with client.socket(session) as socket:
                await socket.update_status("here")
            return (await client.get_account(session)).user.username

        async def both() -> list[str]:
            return await asyncio.gather(play("ada"), asyncio.to_thread(asyncio.run, play("bob")))

        assert asyncio.run(both()) == ["ada", "bob"]
        asyncio.run(client.close())


def test_refreshes_of_one_session_in_two_loops_do_not_wait_for_each_other() -> None:
    with MockServer() as server:
        client = Client(server.http_url)
        session = asyncio.run(client.authenticate_device(DEVICE))

        async def both() -> None:
            refresh = client.refresh_session(session)
            await asyncio.gather(
                client.refresh_session(session), asyncio.to_thread(asyncio.run, refresh)
            )

        asyncio.run(both())
        asyncio.run(client.close())


def test_sockets_and_feeds_of_a_closed_loop_say_what_to_do() -> None:
    with MockServer() as server:
        client = Client(server.http_url)
        session = asyncio.run(client.authenticate_device(DEVICE))
        socket = client.socket(session)
        feed = client.notifications(session)
        asyncio.run(socket.connect())
        asyncio.run(feed.open())
        for call in (socket.connect(), socket.rpc("f"), feed.open(), anext(feed)):
            with pytest.raises(WrongLoop, match=r"was closed: make a new \w+ in each loop.* one"):
                asyncio.run(_awaited(call))
        asyncio.run(socket.close())
        asyncio.run(feed.close())
        asyncio.run(_in_use(client, session))
        asyncio.run(client.close())
        gc.collect()


async def _status(socket: Socket) -> None:
    await socket.wait_for(socket.status_presences, timeout=5)


async def _awaited(call: object) -> None:
    await call  # type: ignore[misc]


async def _in_use(client: Client, session: Session) -> None:
    async with client.socket(session) as socket:
        await socket.update_status("in a new loop")


def test_a_socket_that_was_closed_connects_in_another_loop() -> None:
    with MockServer() as server:
        client = Client(server.http_url)
        session = asyncio.run(client.authenticate_device(DEVICE))
        socket = client.socket(session)

        async def use() -> bool:
            async with socket:
                return socket.is_connected

        assert asyncio.run(use())
        assert asyncio.run(use())
        asyncio.run(client.close())


def test_close_closes_what_lives_in_another_running_loop() -> None:
    with MockServer() as server:
        client = Client(server.http_url)
        session = server.run(client.authenticate_device(DEVICE))
        socket = client.socket(session)
        server.run(socket.connect())
        for call in (socket.rpc("f"), anext(socket.notifications()), _status(socket)):
            with pytest.raises(WrongLoop, match="is another one"):
                asyncio.run(_awaited(call))
        asyncio.run(client.close())
        assert not socket.is_connected


@pytest.mark.asyncio
async def test_close_closes_the_sockets_and_feeds_that_the_client_made(
    server: MockServer, client: Client, alice: Session
) -> None:
    store = MemoryCursorStore()
    socket = client.socket(alice, reconnect=ReconnectPolicy(first_delay=0))
    feed = client.notifications(alice, store=store)
    await socket.connect()
    await feed.open()
    for subject in ("one", "two"):
        await server.notifications.send(alice.user_id, subject)
        assert (await anext(feed)).subject == subject
    waiting = asyncio.create_task(anext(socket.notifications()))
    await client.socket(alice).connect()  # nobody holds it
    gc.collect()
    await client.close()
    await client.close()
    assert not tasks()
    assert not socket.is_connected
    with pytest.raises(StopAsyncIteration):
        await anext(feed)
    assert await store.load(alice.user_id) is not None
    with pytest.raises((StopAsyncIteration, asyncio.CancelledError, RuntimeError)):
        await waiting


@pytest.mark.asyncio
async def test_connect_raises_client_closed_on_a_closed_client(
    client: Client, alice: Session
) -> None:
    socket, feed = client.socket(alice), client.notifications(alice)
    await client.close()
    for call in (socket.connect(), feed.open(), client.socket(alice).connect()):
        with pytest.raises(ClientClosed):
            await call
    assert not tasks()


@pytest.mark.asyncio
async def test_close_stops_a_socket_that_reconnects(
    server: MockServer, client: Client, alice: Session
) -> None:
    socket = client.socket(alice, reconnect=ReconnectPolicy(first_delay=600, max_delay=600))
    waits = asyncio.Event()
    socket.on_reconnecting(lambda _: waits.set())
    await socket.connect()
    await server.restart()
    await waits.wait()
    await client.close()
    assert not tasks()


@pytest.mark.asyncio
async def test_a_handler_may_close_the_client(
    server: MockServer, client: Client, alice: Session
) -> None:
    closed = asyncio.Event()
    socket = client.socket(alice)

    @socket.on_notification
    async def stop(_: object) -> None:
        await client.close()
        closed.set()

    await socket.connect()
    await server.notifications.send(alice.user_id, "the end")
    await closed.wait()
    assert not socket.is_connected


@pytest.mark.asyncio
async def test_on_exchange_sees_each_request_and_reply(server: MockServer, client: Client) -> None:
    seen: list[Exchange] = []
    client.on_exchange(seen.append)
    session = await client.authenticate_device(DEVICE)
    with pytest.raises(NakamaError):
        await client.rpc(session, "unknown")
    async with client.socket(session) as socket:
        with pytest.raises(NakamaError):
            await socket.rpc("unknown")
    shown = [(each.method, each.path, each.status) for each in seen]
    assert shown == [
        ("POST", "/v2/account/authenticate/device", 200),
        ("POST", "/v2/rpc/unknown", 404),
        ("GET", "/ws", 101),
        ("socket", "ping", 0),
        ("socket", "rpc", 0),
    ]
    assert [each.error is None for each in seen] == [True, False, True, True, False]
    assert all(each.seconds > 0 for each in seen)
    assert session.token not in repr(seen)


@pytest.mark.asyncio
async def test_on_exchange_that_raises_is_logged_and_fails_no_call(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    handler = client.on_exchange(lambda _: {}["missing"])  # type: ignore[arg-type, return-value]
    await client.authenticate_device(DEVICE)
    assert "KeyError: 'missing'" in caplog.text
    handler.remove()
    caplog.clear()
    await client.authenticate_device(DEVICE)
    assert not caplog.text

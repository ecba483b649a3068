"""Connecting and closing at the same time, twice, given up, and half done: nothing is left."""

import asyncio
import gc
import socket
from typing import Any

import pytest

from mock_server import MockServer
from nakama_client import (
    Client,
    Connected,
    ConnectionFailed,
    MessageTooLarge,
    NakamaError,
    NotConnected,
    ReconnectPolicy,
    RetryPolicy,
    Session,
    Socket,
)
from server_kit.faults import Fault
from tests.client.leaks import tasks
from tests.client.scripted import Peer, ScriptedServer, make_token

HANDSHAKE = "GET /ws"
SESSION = Session(make_token())


async def until_sockets(server: MockServer, count: int) -> None:
    """Give the server some turns of the loop to notice."""
    for _ in range(10_000):
        if len(server.sockets()) == count:
            return
        await asyncio.sleep(0)
    pytest.fail(f"the server has {len(server.sockets())} sockets, not {count}")


async def nothing_is_left(server: MockServer) -> None:
    """No task and no socket; a socket that nobody holds would warn when it is collected."""
    gc.collect()
    assert not tasks()
    await until_sockets(server, 0)


@pytest.mark.asyncio
async def test_concurrent_connects_make_one_connection(
    client: Client, server: MockServer, alice: Session
) -> None:
    socket = client.socket(alice)
    events: list[Connected] = []
    socket.on_connected(events.append)
    await asyncio.gather(*(socket.connect() for _ in range(10)))
    assert len(server.sockets()) == 1
    await socket.close()
    assert events == [Connected(1, None)]
    await nothing_is_left(server)


@pytest.mark.asyncio
async def test_concurrent_connects_raise_the_same_failure(
    server: MockServer, alice: Session
) -> None:
    async with Client(server.http_url, retry=None) as client:
        socket = client.socket(alice)
        server.faults.add(Fault.reset(), HANDSHAKE, times=1)
        results = await asyncio.gather(
            *(socket.connect() for _ in range(3)), return_exceptions=True
        )
        assert [type(each) for each in results] == [ConnectionFailed] * 3
        await socket.connect()
        await socket.close()
    await nothing_is_left(server)


@pytest.mark.asyncio
async def test_connected_counts_the_attempts_of_the_first_connection(
    client: Client, server: MockServer, alice: Session
) -> None:
    server.faults.add(Fault.status(503), HANDSHAKE, times=2)
    events: list[Connected] = []
    socket = client.socket(alice)
    socket.on_connected(events.append)
    async with socket:
        pass
    assert events == [Connected(3, None)]


@pytest.mark.asyncio
async def test_close_cancels_a_handshake_that_hangs() -> None:
    reached, stop = asyncio.Event(), asyncio.Event()

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        await stop.wait()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, Client(f"http://127.0.0.1:{port}") as client:
        socket = client.socket(SESSION)
        connecting = asyncio.create_task(socket.connect())
        await reached.wait()
        await socket.close()
        with pytest.raises(NotConnected, match="closed meanwhile"):
            await connecting
        assert not tasks()
        stop.set()


@pytest.mark.asyncio
async def test_close_between_two_attempts_ends_them(server: MockServer, alice: Session) -> None:
    retry = RetryPolicy(first_delay=600, max_delay=600, deadline=3600)
    async with Client(server.http_url, retry=retry, random=lambda: 1.0) as client:
        socket = client.socket(alice)
        failed = asyncio.Event()
        client.on_retry(lambda _: failed.set())
        server.faults.add(Fault.reset(), HANDSHAKE, times=1)
        connecting = asyncio.create_task(socket.connect())
        await failed.wait()
        await socket.close()
        with pytest.raises(NotConnected, match="closed meanwhile"):
            await connecting
        assert not socket.is_connected
        await socket.connect()
        await socket.close()
    await nothing_is_left(server)


@pytest.mark.asyncio
async def test_close_during_the_first_ping_ends_connect(
    client: Client, server: MockServer, alice: Session
) -> None:
    server.faults.add(Fault.black_hole(), "in ping")
    socket = client.socket(alice)
    connecting = asyncio.create_task(socket.connect())
    await until_sockets(server, 1)
    await socket.close()
    with pytest.raises(NotConnected):
        await connecting
    assert not tasks()


@pytest.mark.asyncio
async def test_cancelled_connect_leaves_the_attempt_to_the_others(
    client: Client, server: MockServer, alice: Session
) -> None:
    socket = client.socket(alice)
    first, second = (asyncio.create_task(socket.connect()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert first.cancelled()
    assert socket.is_connected
    await socket.close()
    await nothing_is_left(server)


# After so many turns of the loop.
MOMENTS = [
    pytest.param(turns, marks=() if turns % 6 == 1 else pytest.mark.slow)
    for turns in (*range(10), *range(10, 40, 3))
]


@pytest.mark.asyncio
@pytest.mark.parametrize("turns", MOMENTS)
async def test_connect_cancelled_at_any_moment_leaves_nothing_behind(
    client: Client, server: MockServer, alice: Session, turns: int
) -> None:
    """Whoever was cancelled in `connect` has no socket to close, so there must be none."""
    socket = client.socket(alice)
    connecting = asyncio.create_task(socket.connect())
    for _ in range(turns):
        await asyncio.sleep(0)
    connecting.cancel()
    await asyncio.wait([connecting])
    assert socket.is_connected != connecting.cancelled()
    if socket.is_connected:
        await socket.close()
    await nothing_is_left(server)
    async with socket:  # and it can be used all the same
        assert socket.is_connected


@pytest.mark.asyncio
@pytest.mark.parametrize("turns", MOMENTS)
async def test_close_at_any_moment_leaves_nothing_behind(
    client: Client, server: MockServer, alice: Session, turns: int
) -> None:
    socket = client.socket(alice, reconnect=ReconnectPolicy(first_delay=0))
    connecting = asyncio.create_task(socket.connect())
    for _ in range(turns):
        await asyncio.sleep(0)
    await asyncio.gather(socket.close(), socket.close())
    (result,) = await asyncio.gather(connecting, return_exceptions=True)
    assert result is None or isinstance(result, NotConnected)
    assert not socket.is_connected
    await nothing_is_left(server)


@pytest.mark.asyncio
async def test_connect_raises_when_the_first_ping_cannot_be_sent(
    client: Client, server: MockServer, alice: Session
) -> None:
    socket = client.socket(alice, max_message_bytes=10)
    with pytest.raises(MessageTooLarge):
        await socket.connect()
    with pytest.raises(NotConnected):
        await socket.rpc("f")
    await socket.close()
    await nothing_is_left(server)


@pytest.mark.asyncio
async def test_a_handler_closes_and_connects_again(
    client: Client, server: MockServer, alice: Session
) -> None:
    socket: Socket = client.socket(alice)
    again = asyncio.Event()

    @socket.on_notification
    async def start_over(_: object) -> None:
        await socket.close()
        await socket.connect()
        again.set()

    async with socket:
        await server.notifications.send(alice.user_id, "once")
        await again.wait()
        assert socket.is_connected
        assert len(server.sockets()) == 1
    await nothing_is_left(server)


@pytest.mark.asyncio
async def test_opening_a_feed_twice_and_closing_it_meanwhile(
    client: Client, server: MockServer, alice: Session
) -> None:
    feed = client.notifications(alice)
    await asyncio.gather(feed.open(), feed.open())
    await server.notifications.send(alice.user_id, "one")
    assert (await anext(feed)).subject == "one"
    await asyncio.gather(feed.close(), feed.open(), feed.close())
    assert "closed" in repr(feed)
    await nothing_is_left(server)


@pytest.mark.asyncio
async def test_channel_left_during_restore_stays_left() -> None:
    """The answers of a reconnect come one by one, and the game goes on meanwhile."""
    seen: list[tuple[str, object]] = []
    is_joining, may_go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def answer(peer: Peer, request: dict[str, Any]) -> None:
        ((member, body),) = ((key, value) for key, value in request.items() if key != "cid")
        name = body.get("target") or body.get("channel_id") or body.get("status")
        seen.append((member, name))
        reply = {"channel": {"id": f"2...{name}"}} if member == "channel_join" else {}
        await peer.send({"cid": request["cid"], **reply})

    async def script(peer: Peer) -> None:
        if len(server.requests) == 1:
            for _ in range(4):
                await answer(peer, await peer.request())
            peer.abort()
            return
        del seen[:]
        first = await peer.request()
        is_joining.set()
        await may_go_on.wait()
        await answer(peer, first)
        for _ in range(4):
            await answer(peer, await peer.request())
        done.set()

    async with (
        ScriptedServer(script=script) as server,
        Client(server.url) as client,
        client.socket(SESSION, reconnect=ReconnectPolicy(first_delay=0)) as socket,
    ):
        for name in ("inn", "cave", "tower"):
            await socket.join_channel(name)
        await socket.update_status("old")
        await is_joining.wait()
        changes = asyncio.gather(socket.leave_channel("2...cave"), socket.update_status("new"))
        await asyncio.sleep(0)
        may_go_on.set()
        await asyncio.gather(changes, done.wait())
    assert ("channel_join", "cave") not in seen
    assert ("status_update", "old") not in seen
    assert sorted(seen) == [
        ("channel_join", "inn"),
        ("channel_join", "tower"),
        ("channel_leave", "2...cave"),
        ("status_update", "new"),
        ("status_update", "new"),
    ]


@pytest.mark.asyncio
async def test_subscription_raises_not_connected_before_connect(
    client: Client, server: MockServer, alice: Session
) -> None:
    socket = client.socket(alice)
    received = socket.notifications()
    with pytest.raises(NotConnected, match="async with"):
        await anext(received)
    async with socket:
        await server.notifications.send(alice.user_id, "hello")
        assert (await anext(received)).subject == "hello"
    with pytest.raises(StopAsyncIteration):
        await anext(received)
    with pytest.raises(NotConnected):
        await anext(socket.notifications())


@pytest.mark.asyncio
async def test_waiting_subscription_raises_not_connected_when_connect_fails(
    server: MockServer, alice: Session
) -> None:
    async with Client(server.http_url, retry=None, clock=server.clock.time) as client:
        server.faults.add(Fault.status(503), HANDSHAKE)
        socket = client.socket(alice)
        connecting = asyncio.create_task(socket.connect())
        await asyncio.sleep(0)
        waiting = asyncio.create_task(anext(socket.notifications()))
        with pytest.raises(NakamaError):
            await connecting
        with pytest.raises(NotConnected):
            await waiting


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.asyncio
async def test_connect_says_that_nobody_listens(host: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    session = Session(make_token())
    async with Client(f"http://{host}:{port}", retry=None) as client:
        with pytest.raises(ConnectionFailed) as raised:
            await client.socket(session).connect()
    assert raised.value.is_refused

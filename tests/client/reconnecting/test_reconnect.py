"""The socket comes back: when, with what, and when it must not."""

import asyncio

import pytest
from aiohttp import WSMsgType

from mock_server import Config, MockServer
from nakama_client import (
    Client,
    Connected,
    ConnectionFailed,
    ConnectionLost,
    DisconnectCause,
    DisconnectReason,
    HandlerFailed,
    NakamaError,
    NotConnected,
    Notification,
    Reconnecting,
    ReconnectPolicy,
    Session,
    SessionExpired,
    SessionReplaced,
    Timeouts,
    UserBanned,
)
from server_kit.faults import Fault
from tests.client.leaks import tasks
from tests.client.reconnecting.event_log import EventLog
from tests.client.scripted import Peer, ScriptedServer, make_token

REFRESH = "POST /v2/account/session/refresh"


@pytest.mark.asyncio
async def test_lost_socket_reconnects(client: Client, server: MockServer, alice: Session) -> None:
    received: asyncio.Queue[str] = asyncio.Queue()
    async with client.socket(alice) as socket:
        socket.on_notification(lambda notification: received.put_nowait(notification.subject))
        log = EventLog(socket)
        for number in range(5):
            server.sockets()[0].abort()
            await log.wait_for(Connected, number + 1)
            assert socket.is_connected
            await server.notifications.send(alice.user_id, f"after drop {number}")
            assert await received.get() == f"after drop {number}"
            assert (await socket.rpc("echo", "still here")).payload == "still here"
        assert received.empty(), "handlers were doubled"
        assert len(server.sockets()) == 1
    assert log.kinds() == [DisconnectReason, Reconnecting, Connected] * 5 + [DisconnectReason]
    assert not tasks()


@pytest.mark.asyncio
async def test_handlers_get_each_step_of_a_reconnect(
    client: Client, server: MockServer, alice: Session
) -> None:
    socket = client.socket(alice)
    log = EventLog(socket)
    async with socket:
        server.sockets()[0].abort()
        await log.wait_for(Connected, 2)
    first, lost, reconnecting, again, closed = log.events
    assert first == Connected(attempts=1, lost=None)
    assert isinstance(lost, DisconnectReason)
    assert (lost.cause, lost.will_reconnect) == (DisconnectCause.LOST, True)
    assert reconnecting == Reconnecting(attempt=1, delay=0.0, cause=lost)
    assert again == Connected(attempts=1, lost=lost)
    assert isinstance(closed, DisconnectReason)
    assert (closed.cause, closed.will_reconnect) == (DisconnectCause.CLOSED, False)


@pytest.mark.asyncio
@pytest.mark.parametrize("reason", ["server-side session disconnect", "", "anything else"])
async def test_socket_reconnects_after_a_close_with_code_1000(
    client: Client, server: MockServer, alice: Session, reason: str
) -> None:
    async with client.socket(alice) as socket:
        log = EventLog(socket)
        server.sockets()[0].disconnect(reason)
        await log.wait_for(Connected)
        assert isinstance(log.events[0], DisconnectReason)
        assert log.events[0].code == 1000


@pytest.mark.asyncio
async def test_requests_fail_at_once_and_subscriptions_go_on() -> None:
    drops = 0

    async def script(peer: Peer) -> None:
        nonlocal drops
        await peer.notify({"subject": f"connection {drops}"})
        if drops == 0:
            await peer.request()
            drops += 1
            peer.abort()

    async with (
        ScriptedServer(script=script) as server,
        Client(server.url, random=lambda: 0.0) as client,
    ):
        socket = client.socket(Session(make_token()))
        received = socket.notifications()
        async with socket:
            assert (await anext(received)).subject == "connection 0"
            with pytest.raises(ConnectionLost) as raised:
                await socket.rpc("never")
            assert raised.value.reason.cause is DisconnectCause.LOST
            assert (await anext(received)).subject == "connection 1"
        with pytest.raises(StopAsyncIteration):
            await anext(received)


@pytest.mark.asyncio
async def test_requests_raise_not_connected_while_the_server_is_down(
    client: Client, server: MockServer, alice: Session
) -> None:
    policy = ReconnectPolicy(first_delay=3600, max_delay=3600)
    async with Client(server.http_url, random=lambda: 0.5) as slow:
        socket = slow.socket(alice, reconnect=policy)
        log = EventLog(socket)
        await socket.connect()
        server.sockets()[0].abort()
        await log.wait_for(Reconnecting)
        assert not socket.is_connected
        with pytest.raises(NotConnected, match="lost"):
            await socket.rpc("echo")
        connecting = asyncio.create_task(socket.connect())
        await asyncio.sleep(0)
        await socket.close()
        with pytest.raises(NotConnected, match="closed meanwhile"):
            await connecting
    assert log.kinds() == [Connected, DisconnectReason, Reconnecting]
    assert not tasks()


@pytest.mark.asyncio
async def test_connect_waits_for_a_reconnect_under_way(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.socket(alice) as socket:
        server.sockets()[0].abort()
        log = EventLog(socket)
        await log.wait_for(Reconnecting)
        await socket.connect()
        assert (await socket.rpc("echo", "x")).payload == "x"
        assert len(server.sockets()) == 1


@pytest.mark.asyncio
async def test_socket_attempts_until_the_server_is_back(
    client: Client, server: MockServer, alice: Session
) -> None:
    refusal = Fault.status(503)
    async with client.socket(alice) as socket:
        log = EventLog(socket)
        rule = server.faults.add(refusal, "GET /ws", times=6)
        server.sockets()[0].abort()
        await log.wait_for(Connected)
    assert rule.hits == 6
    attempts = [event.attempt for event in log.events if isinstance(event, Reconnecting)]
    assert attempts == [1, 2, 3, 4, 5, 6, 7]
    (back,) = (event for event in log.events if isinstance(event, Connected))
    assert back.attempts == 7


@pytest.mark.asyncio
async def test_socket_waits_for_retry_after(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.socket(alice) as socket:
        log = EventLog(socket)
        server.faults.add(Fault.status(503, headers={"Retry-After": "3600"}), "GET /ws")
        server.sockets()[0].abort()
        await log.wait_for(Reconnecting, 2)
    delays = [event.delay for event in log.events if isinstance(event, Reconnecting)]
    assert delays == [0.0, 3600.0]


@pytest.mark.asyncio
async def test_socket_gives_up_after_the_last_attempt(
    client: Client, server: MockServer, alice: Session
) -> None:
    socket = client.socket(alice, reconnect=ReconnectPolicy(attempts=3))
    received = socket.notifications()
    async with socket:
        log = EventLog(socket)
        rule = server.faults.add(Fault.reset(), "GET /ws")
        server.sockets()[0].abort()
        await log.wait_for(ConnectionFailed)
        assert rule.hits == 3
        with pytest.raises(ConnectionFailed):
            await anext(received)
        with pytest.raises(ConnectionFailed):
            await socket.connect()
        assert rule.hits == 3 + 4, "opening it by hand is attempted as HTTP calls are"
        rule.remove()
        await socket.connect()
        assert (await socket.rpc("echo", "x")).payload == "x"


@pytest.mark.asyncio
async def test_connect_repeats_the_first_connection(
    client: Client, server: MockServer, alice: Session
) -> None:
    for fault, route in (
        (Fault.reset(), "GET /ws"),
        (Fault.status(503), "GET /ws"),
        (Fault.garbage(), "GET /ws"),
        (Fault.close(1000, reason="not yet"), "open"),
        (Fault.reset(), "in ping"),
    ):
        rule = server.faults.add(fault, route, times=3)
        async with client.socket(alice) as socket:
            assert socket.is_connected
        assert rule.hits == 3


@pytest.mark.asyncio
async def test_socket_stays_closed_when_reconnect_is_none(
    client: Client, server: MockServer, alice: Session
) -> None:
    socket = client.socket(alice, reconnect=None)
    received = socket.notifications()
    async with socket:
        log = EventLog(socket)
        server.sockets()[0].abort()
        with pytest.raises(ConnectionLost):
            await anext(received)
    (lost,) = log.events
    assert isinstance(lost, DisconnectReason)
    assert not lost.will_reconnect


@pytest.mark.asyncio
async def test_should_reconnect_decides(client: Client, server: MockServer, alice: Session) -> None:
    asked: list[object] = []

    def never_after_a_close(cause: DisconnectReason | NakamaError) -> bool:
        asked.append(cause)
        return isinstance(cause, DisconnectReason) and cause.code is None

    policy = ReconnectPolicy(should_reconnect=never_after_a_close)
    async with client.socket(alice, reconnect=policy) as socket:
        received, log = socket.notifications(), EventLog(socket)
        server.sockets()[0].abort()
        await log.wait_for(Connected)
        server.sockets()[0].disconnect("kicked")
        with pytest.raises(ConnectionLost, match="kicked"):
            await anext(received)
    assert len(asked) == 2


class NoException(BaseException):
    """Some libraries have exceptions that are no `Exception`."""


@pytest.mark.asyncio
@pytest.mark.parametrize("failure", [ZeroDivisionError, asyncio.CancelledError, NoException])
async def test_failing_should_reconnect_is_reported_and_ends_the_socket(
    client: Client, server: MockServer, alice: Session, failure: type[BaseException]
) -> None:
    def broken(cause: object) -> bool:
        raise failure

    async with client.socket(alice, reconnect=ReconnectPolicy(should_reconnect=broken)) as socket:
        received, log = socket.notifications(), EventLog(socket)
        server.sockets()[0].abort()
        with pytest.raises(ConnectionLost):
            await anext(received)
        await log.wait_for(HandlerFailed)
    assert not tasks()


@pytest.mark.asyncio
async def test_replaced_socket_does_not_reconnect() -> None:
    config = Config.from_settings({"session.single_socket": True})
    async with (
        MockServer(config) as server,
        Client(server.http_url, random=lambda: 0.0) as client,
    ):
        session = await client.authenticate_device("device-of-alice")
        older, newer = client.socket(session), client.socket(session)
        received, log = older.notifications(), EventLog(older)
        await older.connect()
        await newer.connect()
        await anext(received)
        with pytest.raises(SessionReplaced):
            await anext(received)
        await newer.update_status("still here")
        await older.close()
        await newer.close()
    assert log.kinds() == [Connected, DisconnectReason]


@pytest.mark.asyncio
async def test_banned_socket_does_not_reconnect(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.socket(alice) as socket:
        received, log = socket.notifications(), EventLog(socket)
        server.nk.users_ban_id([alice.user_id])
        await anext(received)
        with pytest.raises(UserBanned):
            await anext(received)
    assert log.kinds() == [DisconnectReason]


@pytest.mark.asyncio
async def test_reconnect_refreshes_the_token_first(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.socket(alice) as socket:
        log = EventLog(socket)
        server.clock.advance(3000)
        server.sockets()[0].abort()
        await log.wait_for(Connected)
    assert len(server.journal.find(REFRESH)) == 1


@pytest.mark.asyncio
async def test_failed_refresh_counts_as_a_failed_attempt(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.socket(alice) as socket:
        log = EventLog(socket)
        server.clock.advance(61)
        for fault in (Fault.status(503), Fault.status(502, body="<html>"), Fault.reset()):
            server.faults.add(fault, REFRESH, times=4)
        server.sockets()[0].abort()
        await log.wait_for(Connected)
        connected = log.events[-1]
        assert isinstance(connected, Connected)
        assert connected.attempts == 4


@pytest.mark.asyncio
async def test_reconnect_refreshes_a_refused_token_once(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.socket(alice) as socket:
        log = EventLog(socket)
        server.clock.advance(5)
        server.faults.add(Fault.expired_token(), "GET /ws", times=1)
        server.sockets()[0].abort()
        await log.wait_for(Connected)
    assert len(server.journal.find(REFRESH)) == 1
    assert [event.attempt for event in log.events if isinstance(event, Reconnecting)] == [1]


@pytest.mark.asyncio
async def test_reconnect_ends_with_session_expired(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.socket(alice) as socket:
        received, log = socket.notifications(), EventLog(socket)
        server.clock.advance(4000)
        server.sockets()[0].abort()
        with pytest.raises(SessionExpired):
            await anext(received)
        await log.wait_for(SessionExpired)
        with pytest.raises(NotConnected):
            await socket.rpc("echo")
    assert log.kinds() == [DisconnectReason, Reconnecting, SessionExpired]
    assert not tasks()


@pytest.mark.asyncio
async def test_silent_server_is_dropped_after_ping_timeout(server: MockServer) -> None:
    timeouts = Timeouts(ping_interval=0.05, ping_timeout=0.05)
    async with Client(server.http_url, timeouts=timeouts, random=lambda: 0.0) as client:
        session = await client.authenticate_device("device-of-alice")
        async with client.socket(session) as socket:
            log = EventLog(socket)
            server.faults.add(Fault.black_hole(), "in rpc", times=1)
            with pytest.raises(ConnectionLost) as raised:
                await socket.rpc("echo")
            assert raised.value.reason.cause is DisconnectCause.TIMED_OUT
            assert raised.value.reason.silence >= timeouts.ping_interval
            await log.wait_for(Connected)
            assert (await socket.rpc("echo", "x")).payload == "x"


@pytest.mark.asyncio
async def test_a_connection_stays_open_while_anything_comes() -> None:
    """The server answers no ping while it works on a long request, but it sends."""
    pings = 0

    async def script(peer: Peer) -> None:
        nonlocal pings
        while pings < 5:
            message = await peer.websocket.receive()
            if message.type is WSMsgType.PING:
                pings += 1
                await peer.notify({"subject": f"ping {pings}"})

    timeouts = Timeouts(ping_interval=0.01, ping_timeout=0.02)
    async with (
        ScriptedServer(script=script, answers_pings=False) as server,
        Client(server.url, timeouts=timeouts) as client,
    ):
        socket = client.socket(Session(make_token()), reconnect=None)
        received = socket.notifications()
        async with socket:
            for number in range(1, 6):
                assert (await anext(received)).subject == f"ping {number}"


@pytest.mark.asyncio
async def test_socket_reconnects_after_a_server_restart(
    client: Client, server: MockServer, alice: Session
) -> None:
    received: asyncio.Queue[Notification] = asyncio.Queue()
    async with client.socket(alice) as socket:
        socket.on_notification(received.put_nowait)
        log = EventLog(socket)
        for number in range(3):
            await server.restart()
            await log.wait_for(Connected, number + 1)
            await server.notifications.send(alice.user_id, "hello again")
            assert (await received.get()).subject == "hello again"


@pytest.mark.asyncio
async def test_cancelled_close_leaves_nothing_behind(
    client: Client, server: MockServer, alice: Session
) -> None:
    socket = client.socket(alice)
    await socket.connect()
    log = EventLog(socket)
    server.faults.add(Fault.black_hole(), "GET /ws")
    server.sockets()[0].abort()
    await log.wait_for(Reconnecting)
    closing = asyncio.create_task(socket.close())
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.gather(closing, return_exceptions=True)
    await socket.close()
    assert not tasks()

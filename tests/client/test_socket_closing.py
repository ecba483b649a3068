"""Servers that do not greet, or do not agree to close; closing that is cut short."""

import asyncio
import gc
import weakref

import pytest
from aiohttp import web

from nakama_client import (
    Client,
    ClosedBy,
    ConnectionLost,
    DisconnectReason,
    Notification,
    Session,
    TimeoutExceeded,
    Timeouts,
)
from tests.client.leaks import tasks
from tests.client.scripted import Peer, ScriptedServer, make_token

SESSION = Session(make_token())


async def no_script(peer: Peer) -> None:
    """Do nothing but read."""


@pytest.mark.asyncio
async def test_close_lets_handlers_finish_what_had_arrived() -> None:
    async def script(peer: Peer) -> None:
        for number in range(50):
            await peer.notify({"subject": str(number)})
        request = await peer.request()
        await peer.send({"cid": request["cid"], "rpc": {}})

    seen: list[str] = []
    async with ScriptedServer(script=script) as server, Client(server.url) as client:
        socket = client.socket(SESSION)

        @socket.on_notification
        async def slow(notification: Notification) -> None:
            for _ in range(3):
                await asyncio.sleep(0)
            seen.append(notification.subject)

        async with socket:
            await socket.rpc("all sent")
    assert seen == [str(number) for number in range(50)]
    assert not tasks()


@pytest.mark.asyncio
async def test_close_cancels_handlers_after_the_timeout(caplog: pytest.LogCaptureFixture) -> None:
    async def script(peer: Peer) -> None:
        await peer.notify({"subject": "1"}, {"subject": "2"}, {"subject": "3"})

    begun = asyncio.Event()
    ended: list[str] = []
    async with (
        ScriptedServer(script=script) as server,
        Client(server.url, timeouts=Timeouts(close=0.05)) as client,
    ):
        socket = client.socket(SESSION)

        @socket.on_notification
        async def endless(notification: Notification) -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(notification.subject)

        async with socket:
            await begun.wait()
    assert ended == ["1"]
    assert "handlers did not finish in 0.05 s" in caplog.text
    assert not tasks()


@pytest.mark.asyncio
async def test_a_cancelled_close_leaves_nothing_behind() -> None:
    async def script(peer: Peer) -> None:
        await peer.notify({"subject": "1"})

    begun = asyncio.Event()
    async with ScriptedServer(script=script) as server, Client(server.url) as client:
        socket = client.socket(SESSION)

        @socket.on_notification
        async def endless(notification: Notification) -> None:
            begun.set()
            await asyncio.Event().wait()

        await socket.connect()
        await begun.wait()
        closing = asyncio.create_task(socket.close())
        with pytest.raises(ConnectionLost):
            await socket.rpc("never")
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert not tasks()


@pytest.mark.asyncio
async def test_close_drops_the_connection_when_the_server_does_not_close() -> None:
    async def script(peer: Peer) -> None:
        await server.stopped()

    async with (
        ScriptedServer(script=script) as server,
        Client(server.url, timeouts=Timeouts(close=0.05)) as client,
    ):
        socket = client.socket(SESSION)
        await socket.connect()
        await socket.close()
        assert not socket.is_connected
        assert not tasks()


@pytest.mark.asyncio
async def test_connect_raises_when_the_server_closes_at_once() -> None:
    class Rude(ScriptedServer):
        async def _socket(self, request: web.Request) -> web.StreamResponse:
            websocket = web.WebSocketResponse()
            await websocket.prepare(request)
            await websocket.close(code=1000, message=b"server-side session disconnect")
            return websocket

    reasons: list[DisconnectReason] = []
    async with Rude() as server, Client(server.url, random=lambda: 0.0) as client:
        socket = client.socket(SESSION)
        socket.on_disconnect(reasons.append)
        with pytest.raises(ConnectionLost, match="session_ended"):
            await socket.connect()
        assert not socket.is_connected
        await socket.close()
        assert not tasks()
    assert reasons == []


@pytest.mark.asyncio
async def test_connect_raises_when_the_server_answers_no_ping() -> None:
    class Silent(ScriptedServer):
        async def _socket(self, request: web.Request) -> web.StreamResponse:
            websocket = web.WebSocketResponse()
            await websocket.prepare(request)
            await self.stopped()
            return websocket

    async with (
        Silent() as server,
        Client(server.url, timeouts=Timeouts(reply=0.05), random=lambda: 0.0) as client,
    ):
        socket = client.socket(SESSION)
        received = socket.notifications()
        with pytest.raises(TimeoutExceeded, match=r"no answer to ping within 0.05 s"):
            await socket.connect()
        assert not socket.is_connected
        assert not received.ended
        assert not tasks()


@pytest.mark.asyncio
async def test_a_cancelled_connect_leaves_nothing_behind() -> None:
    class Silent(ScriptedServer):
        async def _socket(self, request: web.Request) -> web.StreamResponse:
            websocket = web.WebSocketResponse()
            await websocket.prepare(request)
            greeted.set()
            await self.stopped()
            return websocket

    greeted = asyncio.Event()
    async with Silent() as server, Client(server.url) as client:
        socket = client.socket(SESSION)
        connecting = asyncio.create_task(socket.connect())
        await greeted.wait()
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        assert not socket.is_connected
        assert not tasks()


@pytest.mark.asyncio
async def test_connect_raises_when_the_server_answers_nothing() -> None:
    async def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stop.wait()
        writer.close()

    stop = asyncio.Event()
    async with await asyncio.start_server(ignore, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        url, timeouts = f"http://127.0.0.1:{port}", Timeouts(connect=0.05, request=0.4)
        async with Client(url, timeouts=timeouts, retry=None) as client:
            with pytest.raises(TimeoutExceeded, match=r"no socket within 0.05 s"):
                await client.socket(SESSION).connect()
            with pytest.raises(TimeoutExceeded, match=r"no answer within 0.4 s"):
                await client.get_account(SESSION)
        stop.set()


@pytest.mark.asyncio
async def test_socket_reconnects_at_the_close_frame_though_the_server_leaves_tcp_open() -> None:
    """What was sent before that frame arrives first."""
    connections = 0
    back = asyncio.Event()

    async def script(peer: Peer) -> None:
        nonlocal connections
        connections += 1
        if connections == 2:
            back.set()
            return
        await peer.notify({"subject": "last"})
        peer.stop_reading()
        peer.write(b"\x88\x02\x03\xe8")  # the server's close frame, and nothing after it

    async with (
        ScriptedServer(script=script) as server,
        Client(server.url, timeouts=Timeouts(close=3600), random=lambda: 0.0) as client,
        client.socket(SESSION) as socket,
    ):
        reasons: asyncio.Queue[DisconnectReason] = asyncio.Queue()
        socket.on_disconnect(reasons.put_nowait)
        received = socket.notifications()
        reason = await reasons.get()
        assert (reason.code, reason.closed_by) == (1000, ClosedBy.SERVER)
        assert reason.will_reconnect
        await back.wait()
        received.close()
    assert not tasks()


@pytest.mark.asyncio
async def test_a_closed_socket_is_freed_at_once() -> None:
    """Without the collector of cycles: a bot that opens one after another would wait for that."""

    async def use_socket() -> weakref.ref[Session]:
        session = Session(make_token())
        async with client.socket(session) as socket:
            await socket.update_status("here")
        return weakref.ref(session)

    async def script(peer: Peer) -> None:
        request = await peer.request()
        await peer.send({"cid": request["cid"], "status": {}})

    async with ScriptedServer(script=script) as server, Client(server.url) as client:
        gc.disable()
        try:
            session = await use_socket()
            await asyncio.sleep(0)
            assert session() is None
        finally:
            gc.enable()

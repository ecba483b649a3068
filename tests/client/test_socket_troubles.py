"""The socket against a server that does what no Nakama does on purpose."""

import asyncio

import pytest
from aiohttp import web

from nakama_client import (
    Client,
    ClosedBy,
    ConnectionLost,
    DisconnectCause,
    DisconnectReason,
    HandlerFailed,
    InvalidJson,
    MalformedFrame,
    Notification,
    QueueOverflow,
    RequestRefused,
    Session,
    Socket,
    TimeoutExceeded,
    Timeouts,
)
from tests.client.scripted import Peer, ScriptedServer, make_token

SESSION = Session(make_token())


def tasks() -> set[asyncio.Task[object]]:
    return {task for task in asyncio.all_tasks() if task.get_name().startswith("nakama_client")}


async def no_script(peer: Peer) -> None:
    """Do nothing but read."""


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "frame",
    ["", "nonsense", "[]", "null", '{"cid":5.5,"rpc":{}}', '{"cid":', "[" * 100_000, "\x00"],
)
async def test_a_malformed_frame_costs_only_itself(frame: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.notify({"subject": "before"})
        await peer.send(frame)
        await peer.notify({"subject": "after"})

    failures: asyncio.Queue[Exception] = asyncio.Queue()
    async with ScriptedServer(script=script) as server, Client(server.url) as client:
        socket = client.socket(SESSION)
        socket.on_error(failures.put_nowait)
        received = socket.notifications()
        async with socket:
            subjects = [(await anext(received)).subject for _ in range(2)]
            error = await failures.get()
    assert subjects == ["before", "after"]
    assert isinstance(error, MalformedFrame)
    assert error.frame == frame[:200]


@pytest.mark.asyncio
async def test_events_of_another_shape_cost_only_themselves() -> None:
    async def script(peer: Peer) -> None:
        await peer.send({"notifications": {"notifications": [{"code": {}}]}})
        await peer.send({"notifications": []})
        await peer.send({"something_new": {"a": 1}})
        await peer.send({"cid": "999", "rpc": {}})
        await peer.send({"notifications": {}, "unknown": 1})
        await peer.notify({"subject": "after"})

    failures: list[Exception] = []
    async with ScriptedServer(script=script) as server, Client(server.url) as client:
        socket = client.socket(SESSION)
        socket.on_error(failures.append)
        received = socket.notifications()
        async with socket:
            assert (await anext(received)).subject == "after"
    assert [type(error) for error in failures] == [MalformedFrame] * 2


@pytest.mark.asyncio
async def test_an_error_without_cid_is_reported() -> None:
    async def script(peer: Peer) -> None:
        await peer.send({"error": {"code": 1, "message": "Unrecognized message."}})
        await peer.close(1000, "error processing message")

    failures: asyncio.Queue[Exception] = asyncio.Queue()
    reasons: asyncio.Queue[DisconnectReason] = asyncio.Queue()
    async with ScriptedServer(script=script) as server, Client(server.url) as client:
        socket = client.socket(SESSION)
        socket.on_error(failures.put_nowait)
        socket.on_disconnect(reasons.put_nowait)
        async with socket:
            error = await failures.get()
            reason = await reasons.get()
    assert isinstance(error, RequestRefused)
    assert error.message == "Unrecognized message."
    assert reason.cause is DisconnectCause.MALFORMED


@pytest.mark.asyncio
async def test_broken_content_is_the_trouble_of_one_notification() -> None:
    async def script(peer: Peer) -> None:
        await peer.notify(
            {"subject": "1", "content": '{"a":1}'},
            {"subject": "2", "content": "{oops"},
            {"subject": "3", "content": '{"a":3}'},
        )

    seen: list[object] = []
    failures: asyncio.Queue[Exception] = asyncio.Queue()
    async with ScriptedServer(script=script) as server, Client(server.url) as client:
        socket = client.socket(SESSION)
        socket.on_notification(lambda notification: seen.append(notification.content["a"]))
        socket.on_error(failures.put_nowait)
        async with socket:
            error = await failures.get()
    assert seen == [1, 3]
    assert isinstance(error, HandlerFailed)
    assert isinstance(error.__cause__, InvalidJson)
    assert error.__cause__.raw == "{oops"


@pytest.mark.asyncio
@pytest.mark.parametrize("ending", ["close", "abort"])
async def test_waiting_requests_fail_at_once_with_the_reason(ending: str) -> None:
    async def script(peer: Peer) -> None:
        for _ in range(3):
            await peer.request()
        if ending == "close":
            await peer.close(1000, "server-side session disconnect")
        else:
            peer.abort()

    reasons: list[DisconnectReason] = []
    async with (
        ScriptedServer(script=script) as server,
        Client(server.url) as client,
        client.socket(SESSION) as socket,
    ):
        socket.on_disconnect(reasons.append)
        calls = [asyncio.create_task(socket.rpc("never")) for _ in range(3)]
        results = await asyncio.gather(*calls, return_exceptions=True)
    expected = {
        "close": (DisconnectCause.SESSION_ENDED, 1000, ClosedBy.SERVER),
        "abort": (DisconnectCause.LOST, None, ClosedBy.NETWORK),
    }[ending]
    for result in results:
        assert isinstance(result, ConnectionLost)
        reason = result.reason
        assert (reason.cause, reason.code, reason.closed_by) == expected
    assert [result.reason for result in results[:1]] == reasons


@pytest.mark.asyncio
async def test_waiting_requests_fail_when_we_close() -> None:
    async with ScriptedServer(script=no_script) as server, Client(server.url) as client:
        socket = client.socket(SESSION)
        await socket.connect()
        call = asyncio.create_task(socket.rpc("never"))
        await asyncio.sleep(0)
        await socket.close()
        with pytest.raises(ConnectionLost, match="by the client"):
            await call


@pytest.mark.asyncio
async def test_a_request_has_a_deadline_and_a_late_answer_does_no_harm() -> None:
    async def script(peer: Peer) -> None:
        late = await peer.request()
        request = await peer.request()
        await peer.send({"cid": late["cid"], "rpc": {"payload": "late"}})
        await peer.send({"cid": request["cid"], "rpc": {"payload": "in time"}})

    timeouts = Timeouts(reply=0.05)
    async with (
        ScriptedServer(script=script) as server,
        Client(server.url, timeouts=timeouts) as client,
        client.socket(SESSION) as socket,
    ):
        with pytest.raises(TimeoutExceeded, match=r"no answer to rpc within 0.05 s"):
            await socket.rpc("slow")
        assert (await socket.rpc("quick", timeout=10)).payload == "in time"


@pytest.mark.asyncio
async def test_a_server_that_reads_nothing() -> None:
    async def script(peer: Peer) -> None:
        peer.stop_reading()
        await server.stopped()

    async with (
        ScriptedServer(script=script) as server,
        Client(server.url, timeouts=Timeouts(close=0.05)) as client,
        client.socket(SESSION, max_message_bytes=2**25) as socket,
    ):
        with pytest.raises(TimeoutExceeded, match=r"read nothing for 0.05 s"):
            await socket.rpc("large", "x" * 2**24, timeout=0.05)
        with pytest.raises(TimeoutExceeded, match=r"read nothing for 0.05 s"):
            await socket.rpc("small", timeout=0.05)
    assert not tasks()


@pytest.mark.asyncio
async def test_a_cancelled_request_is_forgotten() -> None:
    async def script(peer: Peer) -> None:
        first = await peer.request()
        asked.set()
        second = await peer.request()
        await peer.send({"cid": first["cid"], "rpc": {"payload": "nobody waits"}})
        await peer.send({"cid": second["cid"], "rpc": {"payload": "yes"}})

    asked = asyncio.Event()
    async with (
        ScriptedServer(script=script) as server,
        Client(server.url) as client,
        client.socket(SESSION) as socket,
    ):
        call = asyncio.create_task(socket.rpc("first"))
        await asked.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert len(socket._realtime._pending) == 0
        assert (await socket.rpc("second")).payload == "yes"


@pytest.mark.asyncio
async def test_an_answer_of_another_kind() -> None:
    async def script(peer: Peer) -> None:
        for answer in ({"pong": {}}, {"rpc": []}, {"error": []}, {}):
            request = await peer.request()
            await peer.send({"cid": request["cid"]} | answer)

    async with (
        ScriptedServer(script=script) as server,
        Client(server.url) as client,
        client.socket(SESSION) as socket,
    ):
        for _ in range(4):
            with pytest.raises(MalformedFrame):
                await socket.rpc("anything")


@pytest.mark.asyncio
async def test_a_slow_handler_does_not_slow_the_reader() -> None:
    async def script(peer: Peer) -> None:
        for number in range(500):
            await peer.notify({"subject": str(number)})
        request = await peer.request()
        await peer.send({"cid": request["cid"], "rpc": {"payload": "quick"}})

    release = asyncio.Event()
    seen: list[str] = []
    async with ScriptedServer(script=script) as server, Client(server.url) as client:
        socket = client.socket(SESSION)

        @socket.on_notification
        async def slow(notification: Notification) -> None:
            await release.wait()
            seen.append(notification.subject)

        async with socket:
            assert (await socket.rpc("echo")).payload == "quick"
            assert seen == []
            release.set()
    assert seen == [str(number) for number in range(500)]
    assert socket.dropped == 0


@pytest.mark.asyncio
async def test_an_overflow_is_counted_and_reported_in_its_place() -> None:
    async def script(peer: Peer) -> None:
        for number in range(20):
            await peer.notify({"subject": str(number)})
        request = await peer.request()
        await peer.send({"cid": request["cid"], "rpc": {}})
        await peer.request()
        await peer.notify({"subject": "later"})

    release = asyncio.Event()
    seen: list[str] = []
    finished = asyncio.Event()
    async with ScriptedServer(script=script) as server, Client(server.url) as client:
        socket = client.socket(SESSION, queue_limit=5)

        @socket.on_notification
        async def slow(notification: Notification) -> None:
            await release.wait()
            seen.append(notification.subject)
            if notification.subject == "later":
                finished.set()

        @socket.on_error
        def gap(error: Exception) -> None:
            assert isinstance(error, QueueOverflow)
            seen.append(f"gap of {error.dropped}")
            release_rest.set()

        release_rest = asyncio.Event()
        async with socket:
            await socket.rpc("all sent")
            dropped = socket.dropped
            release.set()
            await release_rest.wait()
            with pytest.raises(ConnectionLost):
                await asyncio.gather(socket.rpc("go on"), _close_after(socket, finished))
    kept = 20 - dropped
    assert kept in {5, 6}
    assert seen == [*map(str, range(kept)), f"gap of {dropped}", "later"]


@pytest.mark.asyncio
async def test_errors_are_bounded_too() -> None:
    """A server gone mad can't fill our memory through a slow `on_error` function."""

    async def script(peer: Peer) -> None:
        await peer.flood("no envelope" * 20, 5000)
        request = await peer.request()
        await peer.send({"cid": request["cid"], "rpc": {}})

    release = asyncio.Event()
    seen: list[Exception] = []
    async with ScriptedServer(script=script) as server, Client(server.url) as client:
        socket = client.socket(SESSION, queue_limit=5)

        @socket.on_error
        async def slow(error: Exception) -> None:
            await release.wait()
            seen.append(error)

        async with socket:
            await socket.rpc("all sent")
            release.set()
    kinds = [type(error) for error in seen]
    assert kinds in ([MalformedFrame] * count + [QueueOverflow] for count in (5, 6))
    assert sum(getattr(error, "dropped", 1) for error in seen) == 5000


async def _close_after(socket: Socket, event: asyncio.Event) -> None:
    await event.wait()
    await socket.close()


@pytest.mark.asyncio
async def test_a_slow_loop_overflows_by_itself() -> None:
    async def script(peer: Peer) -> None:
        for number in range(20):
            await peer.notify({"subject": str(number)})
        request = await peer.request()
        await peer.send({"cid": request["cid"], "rpc": {}})
        await peer.request()
        await peer.close(1000, "")

    handled: list[str] = []
    failures: asyncio.Queue[Exception] = asyncio.Queue()
    async with ScriptedServer(script=script) as server, Client(server.url) as client:
        socket = client.socket(SESSION, queue_limit=5, reconnect=None)
        socket.on_error(failures.put_nowait)
        received = socket.notifications()
        async with socket:
            await socket.rpc("all sent")
            handled += [(await anext(received)).subject for _ in range(5)]
            with pytest.raises(ConnectionLost):
                await socket.rpc("close")
            with pytest.raises(ConnectionLost):
                handled += [(await anext(received)).subject]
            error = await failures.get()
    assert handled == ["0", "1", "2", "3", "4"]
    assert isinstance(error, QueueOverflow)
    assert (error.dropped, received.dropped, socket.dropped) == (15, 15, 0)


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
async def test_close_does_not_wait_for_ever(caplog: pytest.LogCaptureFixture) -> None:
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
async def test_a_server_that_does_not_agree_to_close() -> None:
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
async def test_a_server_that_closes_instead_of_greeting() -> None:
    class Rude(ScriptedServer):
        async def _socket(self, request: web.Request) -> web.StreamResponse:
            websocket = web.WebSocketResponse()
            await websocket.prepare(request)
            await websocket.close(code=1000, message=b"server-side session disconnect")
            return websocket

    reasons: list[DisconnectReason] = []
    async with Rude() as server, Client(server.url) as client:
        socket = client.socket(SESSION)
        socket.on_disconnect(reasons.append)
        with pytest.raises(ConnectionLost, match="session_ended"):
            await socket.connect()
        assert not socket.is_connected
        await socket.close()
        assert not tasks()
    assert reasons == []


@pytest.mark.asyncio
async def test_a_server_that_does_not_greet() -> None:
    class Silent(ScriptedServer):
        async def _socket(self, request: web.Request) -> web.StreamResponse:
            websocket = web.WebSocketResponse()
            await websocket.prepare(request)
            await self.stopped()
            return websocket

    async with Silent() as server, Client(server.url, timeouts=Timeouts(reply=0.05)) as client:
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
async def test_what_is_quick_enough_is_never_dropped() -> None:
    count = 5000

    async def script(peer: Peer) -> None:
        await peer.flood({"notifications": {"notifications": [{"subject": "x" * 100}]}}, count)

    seen: list[str] = []
    complete = asyncio.Event()
    async with ScriptedServer(script=script) as server, Client(server.url) as client:
        socket = client.socket(SESSION, queue_limit=256)
        received = socket.notifications()

        @socket.on_notification
        def keep(notification: Notification) -> None:
            seen.append(notification.subject)
            if len(seen) == count:
                complete.set()

        async with socket:
            for _ in range(count):
                await anext(received)
            await complete.wait()
    assert (len(seen), socket.dropped, received.dropped) == (count, 0, 0)


@pytest.mark.asyncio
async def test_a_peer_that_answers_nothing_at_all() -> None:
    async def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stop.wait()
        writer.close()

    stop = asyncio.Event()
    async with await asyncio.start_server(ignore, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        timeouts = Timeouts(connect=0.05, request=0.05)
        async with Client(f"http://127.0.0.1:{port}", timeouts=timeouts) as client:
            with pytest.raises(TimeoutExceeded, match=r"no socket within 0.05 s"):
                await client.socket(SESSION).connect()
            with pytest.raises(TimeoutExceeded, match=r"no answer within 0.05 s"):
                await client.get_account(SESSION)
        stop.set()

"""Faults on the mock's sockets."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from mock_server import MockServer
from server_kit import Fault
from tests.mock_server.players import Player, Socket, open_tcp


@pytest_asyncio.fixture
async def socket(ada: Player) -> AsyncIterator[Socket]:
    socket = await ada.connect()
    yield socket
    await socket.abort()


async def send(ada: Player, *subjects: str) -> None:
    for subject in subjects:
        await ada.server.notifications.send(ada.user_id, subject)


@pytest.mark.asyncio
async def test_the_socket_closes_with_code_and_reason(
    server: MockServer, ada: Player, socket: Socket
) -> None:
    server.faults.add(Fault.close(4001, reason="maintenance"), "out notifications", after=1)
    await send(ada, "one", "two", "three")
    assert await socket.subject() == "one"
    assert await socket.end() == (4001, "maintenance")


@pytest.mark.asyncio
async def test_the_socket_closes_on_what_comes_in(server: MockServer, socket: Socket) -> None:
    server.faults.add(Fault.close(1012, reason="restart"), "in rpc")
    assert await socket.ask({"ping": {}}) == {"pong": {}}
    await socket.send({"rpc": {"id": "any"}})
    assert await socket.end() == (1012, "restart")
    assert server.journal.find("rpc") == []


@pytest.mark.asyncio
async def test_a_socket_that_opened_closes_at_once(server: MockServer, ada: Player) -> None:
    server.faults.add(Fault.close(1013), "open", times=1)
    connection = await ada.http.ws_connect(server.socket_url, headers=ada.headers)
    assert await Socket(connection).end() == (1013, "")
    await (await ada.connect()).close()


@pytest.mark.asyncio
@pytest.mark.parametrize("route", ["out notifications", "in rpc", "open"])
async def test_a_reset_ends_a_socket_without_a_close_frame(
    server: MockServer, ada: Player, route: str
) -> None:
    server.faults.add(Fault.reset(), route)
    connection = await ada.http.ws_connect(server.socket_url, headers=ada.headers)
    socket = Socket(connection)
    if route != "open":
        assert await socket.ask({"ping": {}}) == {"pong": {}}
        await send(ada, "one")
        await socket.send({"rpc": {"id": "any"}})
        if route == "in rpc":
            assert await socket.subject() == "one"
    assert await socket.end() == (1006, "")


@pytest.mark.asyncio
@pytest.mark.parametrize("route", ["out notifications", "in rpc", "open"])
async def test_a_half_open_socket_takes_frames_and_sends_nothing(
    server: MockServer, ada: Player, route: str
) -> None:
    hole = server.faults.add(Fault.black_hole(), route)
    connection = await ada.http.ws_connect(server.socket_url, headers=ada.headers, autoping=False)
    socket = Socket(connection)
    if route == "in rpc":
        await socket.send({"rpc": {"id": "any"}})
    if route == "out notifications":
        assert await socket.ask({"ping": {}}) == {"pong": {}}
        await send(ada, "one")
    await hole.wait_for_hits()
    for _ in range(3):
        await socket.send({"cid": "1", "ping": {}})
        await connection.ping()
    await send(ada, "two")
    async with ada.http.get(f"{server.http_url}/healthcheck"):  # the server had its turn
        assert [each.user_id for each in server.sockets()] == [ada.user_id]
    await server.reset()
    assert await socket.end() == (1006, "")
    assert server.sockets() == []


@pytest.mark.asyncio
async def test_a_half_open_socket_ends_when_the_client_leaves(
    server: MockServer, socket: Socket
) -> None:
    hole = server.faults.add(Fault.black_hole(), "in ping")
    await socket.send({"ping": {}})
    await hole.wait_for_hits()
    (session,) = server.sockets()
    session.disconnect()  # a close frame would get nowhere
    assert not session.is_closed
    await socket.abort()
    await session.wait_closed()
    assert server.sockets() == []


@pytest.mark.asyncio
async def test_a_reply_may_be_lost_after_the_work(
    server: MockServer, ada: Player, socket: Socket
) -> None:
    calls = []
    server.rpc("work")(lambda context, payload: calls.append(payload))
    server.faults.add(Fault.drop_reply(), "in rpc", times=1)
    await socket.send({"cid": "lost", "rpc": {"id": "work", "payload": "a"}})
    await send(ada, "still received")
    assert await socket.subject() == "still received"
    assert "rpc" in await socket.ask({"rpc": {"id": "work", "payload": "b"}})
    assert calls == ["a", "b"]


@pytest.mark.asyncio
async def test_a_frame_may_be_lost(server: MockServer, ada: Player, socket: Socket) -> None:
    server.faults.add(Fault.drop_reply(), "out notifications", times=1)
    await send(ada, "one", "two")
    assert await socket.subject() == "two"
    assert await ada.inbox() == ["one", "two"]


@pytest.mark.asyncio
async def test_a_frame_may_come_twice(server: MockServer, ada: Player, socket: Socket) -> None:
    server.faults.add(Fault.duplicate(), "out notifications", times=1)
    await send(ada, "one", "two")
    assert [await socket.subject() for _ in range(3)] == ["one", "one", "two"]


@pytest.mark.asyncio
async def test_a_request_may_be_worked_twice(server: MockServer, socket: Socket) -> None:
    calls = []
    server.rpc("work")(lambda context, payload: calls.append(payload))
    server.faults.add(Fault.duplicate(), "in rpc")
    assert "rpc" in await socket.ask({"rpc": {"id": "work", "payload": "a"}})
    assert "rpc" in await socket.receive()
    assert calls == ["a", "a"]


@pytest.mark.asyncio
async def test_another_frame_may_come_instead(
    server: MockServer, ada: Player, socket: Socket
) -> None:
    server.faults.add(Fault.frame("not json"), "out notifications", times=1)
    await send(ada, "one", "two")
    assert await socket.connection.receive_str() == "not json"
    assert await socket.subject() == "two"


@pytest.mark.asyncio
@pytest.mark.parametrize("size", [1, 1000, 100_000])
async def test_a_frame_may_break_off(
    server: MockServer, ada: Player, socket: Socket, size: int
) -> None:
    server.faults.add(Fault.truncated(), "out notifications")
    await ada.server.notifications.send(ada.user_id, "one", {"fill": "x" * size})
    assert await socket.end() == (1006, "")


@pytest.mark.asyncio
async def test_garbage_on_the_socket_is_a_protocol_error(
    server: MockServer, ada: Player, socket: Socket
) -> None:
    server.faults.add(Fault.garbage(), "out notifications")
    await send(ada, "one")
    message = await socket.connection.receive()
    assert message.type is aiohttp.WSMsgType.ERROR
    assert socket.connection.close_code == aiohttp.WSCloseCode.PROTOCOL_ERROR


@pytest.mark.asyncio
async def test_a_frame_may_be_overtaken_by_those_of_others(
    server: MockServer, ada: Player, bob: Player, socket: Socket
) -> None:
    bobs_socket = await bob.connect()
    late = server.faults.add(
        Fault.reorder(2, seconds=3600), "out notifications", user=ada.user_id, times=1
    )
    await send(ada, "one", "two")
    adas_subject = asyncio.create_task(socket.subject())
    await late.wait_for_hits()
    await send(bob, "first")
    assert await bobs_socket.subject() == "first"
    assert not adas_subject.done()
    await send(bob, "second")
    assert await bobs_socket.subject() == "second"
    assert [await adas_subject, await socket.subject()] == ["one", "two"]
    await bobs_socket.close()


JOIN = {"channel_join": {"target": "room", "type": 1}}
UPDATE = {"status_update": {"status": "here"}}


@pytest.mark.parametrize(
    ("request_", "route", "event"),
    [
        (JOIN, "out channel", "channel_presence_event"),
        (JOIN, "out *", "channel_presence_event"),
        (UPDATE, "out *", "status_presence_event"),
    ],
)
@pytest.mark.asyncio
async def test_reorder_swaps_an_answer_and_the_own_presence_event(
    server: MockServer, socket: Socket, request_: dict[str, Any], route: str, event: str
) -> None:
    server.faults.add(Fault.reorder(seconds=3600), route)
    await socket.send({"cid": "1", **request_})
    assert event in await socket.receive()
    assert (await socket.receive())["cid"] == "1"


@pytest.mark.parametrize(
    ("request_", "event"), [(JOIN, "channel_presence_event"), (UPDATE, "status_presence_event")]
)
@pytest.mark.asyncio
async def test_an_answer_comes_before_the_own_presence_event_without_faults(
    server: MockServer, socket: Socket, request_: dict[str, Any], event: str
) -> None:
    await socket.send({"cid": "1", **request_})
    assert (await socket.receive())["cid"] == "1"
    assert event in await socket.receive()


@pytest.mark.asyncio
async def test_a_frame_is_not_held_for_ever(
    server: MockServer, ada: Player, socket: Socket
) -> None:
    server.faults.add(Fault.reorder(seconds=0.01), "out notifications")
    await send(ada, "one", "two")
    assert [await socket.subject(), await socket.subject()] == ["one", "two"]


@pytest.mark.asyncio
async def test_latency_keeps_order_and_drops_nobody(
    server: MockServer, ada: Player, socket: Socket
) -> None:
    server.faults.add(Fault.latency(0.02, jitter=0.02), "out notifications")
    subjects = [f"number {number}" for number in range(100)]  # more than the queue takes
    await send(ada, *subjects)
    assert [await socket.subject() for _ in subjects] == subjects


@pytest.mark.asyncio
async def test_a_held_frame_does_not_hold_up_a_stop(
    server: MockServer, ada: Player, socket: Socket
) -> None:
    slow = server.faults.add(Fault.latency(3600))
    await send(ada, "never")
    await socket.send({"ping": {}})
    await slow.wait_for_hits(2)
    await server.stop()
    assert await socket.end() == (1006, "")


@pytest.mark.asyncio
async def test_bandwidth_sends_whole_frames(
    server: MockServer, ada: Player, socket: Socket
) -> None:
    server.faults.add(Fault.bandwidth(100_000), "out *")
    await send(ada, "one", "two")
    assert [await socket.subject(), await socket.subject()] == ["one", "two"]


@pytest.mark.asyncio
async def test_a_client_that_does_not_read_is_dropped(server: MockServer, ada: Player) -> None:
    reader, writer = await open_tcp(
        server,
        f"GET /ws?token={ada.token} HTTP/1.1\r\nHost: mock\r\nConnection: upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode(),
    )
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.pause_reading()
    (session,) = server.sockets()
    fill = {"fill": "x" * 100_000}
    while not session.is_closed:
        await server.notifications.send(ada.user_id, "unread", fill, persistent=False)
        await asyncio.sleep(0)
    assert server.sockets() == []
    writer.transport.abort()

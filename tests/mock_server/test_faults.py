"""Faults on the mock: what a client meets, over HTTP and on the socket."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from mock_server import MockServer
from server_kit import Fault
from tests.mock_server.players import Player, Socket, open_line, sign_up

LIST = "GET /v2/notification"


@pytest_asyncio.fixture
async def socket(ada: Player) -> AsyncIterator[Socket]:
    socket = await ada.connect()
    yield socket
    await socket.abort()


async def send(ada: Player, *subjects: str) -> None:
    for subject in subjects:
        await ada.server.notifications.send(ada.user_id, subject)


@pytest.mark.asyncio
async def test_a_script_reads_like_a_sentence(server: MockServer, ada: Player) -> None:
    busy = Fault.status(429, headers={"Retry-After": "1"}, body={"code": 8, "message": "slow"})
    server.faults.add(busy, LIST, user=ada.user_id, times=2)
    server.faults.add(Fault.status(502, body="<html>Bad Gateway</html>"), LIST, after=1, times=1)
    statuses = []
    for _ in range(5):
        async with ada.http.get(
            f"{server.http_url}/v2/notification", headers=ada.headers
        ) as answer:
            statuses.append(answer.status)
    assert statuses == [429, 429, 200, 502, 200]


@pytest.mark.asyncio
async def test_a_fault_is_for_one_user(server: MockServer, ada: Player, bob: Player) -> None:
    server.faults.add(Fault.status(503), user=ada.user_id)
    assert (await bob.call("GET", "/v2/notification"))[0] == 200
    async with ada.http.get(f"{server.http_url}/v2/account", headers=ada.headers) as answer:
        assert answer.status == 503
    with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
        await ada.connect()
    with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
        await ada.http.ws_connect(f"{server.socket_url}?token={ada.token}")
    await (await bob.connect()).close()


@pytest.mark.asyncio
async def test_an_expired_token_is_refused_as_nakama_does(server: MockServer, ada: Player) -> None:
    server.faults.add(Fault.expired_token(), times=3)
    async with ada.http.get(f"{server.http_url}/v2/account", headers=ada.headers) as answer:
        assert answer.headers["WWW-Authenticate"] == "Auth token invalid"
        assert await answer.json() == {"code": 16, "message": "Auth token invalid"}
    assert (await ada.call("POST", "/v2/rpc/any", ""))[1]["message"] == "Auth token invalid"
    async with ada.http.get(f"{server.http_url}/ws?token={ada.token}") as answer:
        assert (answer.status, await answer.text()) == (401, "Missing or invalid token\n")
    assert (await ada.call("GET", "/v2/account"))[0] == 200


@pytest.mark.asyncio
async def test_expired_token_passes_requests_without_a_token(
    server: MockServer, ada: Player, http: aiohttp.ClientSession
) -> None:
    rule = server.faults.add(Fault.expired_token())
    await sign_up_again(http, server)
    async with http.get(f"{server.http_url}/healthcheck") as answer:
        assert answer.status == 200
    assert rule.hits == 0


async def sign_up_again(http: aiohttp.ClientSession, server: MockServer) -> None:
    async with http.post(
        f"{server.http_url}/v2/account/authenticate/device",
        json={"id": "device-of-ada"},
        headers={"Authorization": aiohttp.encode_basic_auth("defaultkey", "")},
    ) as answer:
        assert answer.status == 200


@pytest.mark.asyncio
async def test_a_delete_may_be_worked_and_its_reply_lost(server: MockServer, ada: Player) -> None:
    await send(ada, "one")
    (stored,) = await server.notifications.stored(ada.user_id)
    server.faults.add(Fault.drop_reply(), "DELETE /v2/notification")
    reader, writer = await open_line(
        server,
        f"DELETE /v2/notification?ids={stored['id']} HTTP/1.1\r\nHost: mock\r\n"
        f"Authorization: Bearer {ada.token}\r\n\r\n".encode(),
    )
    assert await reader.read() == b""
    writer.close()
    assert await server.notifications.stored(ada.user_id) == []


@pytest.mark.asyncio
async def test_a_struck_request_changes_nothing(server: MockServer, ada: Player) -> None:
    await send(ada, "one")
    (stored,) = await server.notifications.stored(ada.user_id)
    for fault in (Fault.status(503), Fault.reset(), Fault.garbage()):
        server.faults.add(fault, "DELETE /v2/notification", times=1)
    for _ in range(3):
        reader, writer = await open_line(
            server,
            f"DELETE /v2/notification?ids={stored['id']} HTTP/1.1\r\nHost: mock\r\n"
            f"Connection: close\r\nAuthorization: Bearer {ada.token}\r\n\r\n".encode(),
        )
        with contextlib.suppress(ConnectionResetError):
            assert b"200 OK" not in await reader.read()
        writer.close()
    assert await server.notifications.stored(ada.user_id) == [stored]


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
async def test_a_half_open_socket_is_mute_but_there(
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
async def test_a_narrow_line_sends_whole_frames(
    server: MockServer, ada: Player, socket: Socket
) -> None:
    server.faults.add(Fault.bandwidth(100_000), "out *")
    await send(ada, "one", "two")
    assert [await socket.subject(), await socket.subject()] == ["one", "two"]


@pytest.mark.asyncio
async def test_reset_ends_all_faults(server: MockServer, ada: Player) -> None:
    server.faults.add(Fault.reset())
    await server.reset()
    assert len(server.faults) == 0


@pytest.mark.asyncio
async def test_faults_are_set_and_lifted_over_http(server: MockServer, ada: Player) -> None:
    url = f"{server.console_url}/_control/faults"
    rule = {"fault": "status", "code": 503, "route": LIST, "user": ada.user_id}
    async with ada.http.post(url, json=rule) as answer:
        number = (await answer.json())["id"]
    async with ada.http.get(f"{server.http_url}/v2/notification", headers=ada.headers) as answer:
        assert answer.status == 503
    async with ada.http.get(url) as answer:
        (listed,) = (await answer.json())["faults"]
        assert (listed["id"], listed["hits"]) == (number, 1)
    async with ada.http.delete(f"{url}/{number}") as answer:
        assert answer.status == 200
    assert (await ada.call("GET", "/v2/notification"))[0] == 200


@pytest.mark.asyncio
async def test_the_same_seed_brings_the_same_troubles() -> None:
    async def run() -> list[int]:
        async with MockServer() as server, aiohttp.ClientSession() as http:
            ada = await sign_up(http, server)
            server.faults.add(Fault.status(503, body={}), LIST, probability=0.5)
            server.faults.seed(7)
            return [(await ada.call("GET", "/v2/notification"))[0] for _ in range(20)]

    first = await run()
    assert first == await run()
    assert set(first) == {200, 503}


@pytest.mark.asyncio
async def test_faults_reach_a_server_in_a_thread() -> None:
    with MockServer() as server:
        async with aiohttp.ClientSession() as http:
            ada = await sign_up(http, server)
            rule = server.faults.add(Fault.close(1011), "out notifications")
            socket = await ada.connect()
            await send(ada, "one")
            await rule.wait_for_hits()
            assert await socket.end() == (1011, "")


@pytest.mark.asyncio
async def test_a_client_that_does_not_read_is_dropped(server: MockServer, ada: Player) -> None:
    reader, writer = await open_line(
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


@pytest.mark.parametrize(
    ("route", "near"),
    [
        ("GET /v2/acount", "GET /v2/account"),
        ("PATCH /v2/account", "PUT /v2/account"),
        ("/v2/notifications", "GET /v2/notification"),
        ("GET /v2/group/{id}/user/more", "GET /v2/group/{group_id}/user"),
        ("out notification", "out notifications"),
        ("in rcp", "in rpc"),
        ("in notifications", "in "),
    ],
)
def test_rule_for_what_the_server_does_not_have_is_refused(route: str, near: str) -> None:
    server = MockServer()
    with pytest.raises(ValueError, match=f"the nearest is `{re.escape(near)}"):
        server.faults.add(Fault.latency(0.1), route)
    assert not len(server.faults)


@pytest.mark.parametrize(
    "route",
    [
        "GET /v2/group/4c2ae592-b2a7-445e-98ec-697694478b1c/user",
        "/v2/group/{id}/*",
        "/v2/*",
        "*",
        "POST /v2/rpc/mine",
        "GET /ws",
        "POST /v2/account/authenticate/d*",
        "out *",
    ],
)
def test_rule_for_what_the_server_has_is_taken(route: str) -> None:
    assert MockServer().faults.add(Fault.latency(0.1), route).route == route


def test_rule_for_a_user_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`user` is the id of a user, as .*; got 'ada'"):
        MockServer().faults.add(Fault.latency(0.1), user="ada")

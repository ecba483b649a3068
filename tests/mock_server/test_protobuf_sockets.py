"""Sockets with `format=protobuf`: the same envelopes in binary frames."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from mock_server import MockServer
from server_kit import Fault
from tests.mock_server.players import Player, Socket
from tests.mock_server.wire import oracle

MALFORMED = (1000, "received malformed payload")
REFUSED = (1000, "error processing message")


async def connect(player: Player) -> Socket:
    """A protobuf socket of a player, which has passed a ping."""
    connection = await player.http.ws_connect(
        f"{player.server.socket_url}?format=protobuf", headers=player.headers
    )
    socket = Socket(connection)
    assert await ask(socket, {"ping": {}}) == {"cid": "1", "pong": {}}
    return socket


async def ask(socket: Socket, envelope: dict[str, Any]) -> dict[str, Any] | None:
    await socket.connection.send_bytes(
        oracle.serialize("realtime", "Envelope", {"cid": "1", **envelope})
    )
    return await receive(socket)


async def receive(socket: Socket) -> dict[str, Any] | None:
    return oracle.parse("realtime", "Envelope", await socket.connection.receive_bytes())


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("data", "end"),
    [
        ("ff", MALFORMED),
        ("00", MALFORMED),
        ("0a05", MALFORMED),
        ("8702", MALFORMED),
        ("0a01318302", MALFORMED),
        ("0a0131820201", MALFORMED),
        ("0a01ff820200", MALFORMED),
        ("8202ffffffffffffffffffff01", MALFORMED),
        ("", REFUSED),
        ("0a0131", REFUSED),
        ("faf0040178", REFUSED),
        ("ba0100", REFUSED),  # notifications
        ("5a020801", REFUSED),  # error
    ],
)
async def test_frame_that_is_no_request_ends_the_socket(
    ada: Player, data: str, end: tuple[int, str]
) -> None:
    socket = await connect(ada)
    await socket.connection.send_bytes(bytes.fromhex(data))
    assert await socket.end() == end


@pytest.mark.asyncio
async def test_text_frame_ends_a_protobuf_socket(ada: Player) -> None:
    socket = await connect(ada)
    await socket.connection.send_str('{"ping":{}}')
    assert await socket.end() == (1000, "received unexpected WebSocket message type")


@pytest.mark.asyncio
@pytest.mark.parametrize("data", ["820200faf0040378797a", "8202022801", "8a0200820200"])
async def test_unknown_fields_and_repeated_members_are_answered(ada: Player, data: str) -> None:
    socket = await connect(ada)
    await socket.connection.send_bytes(bytes.fromhex(data))
    assert await receive(socket) == {"pong": {}}
    await socket.close()


@pytest.mark.asyncio
async def test_both_formats_receive_the_same_notification(server: MockServer, ada: Player) -> None:
    binary, text = await connect(ada), await ada.connect()
    await server.notifications.send(ada.user_id, "hello", {"n": 1}, code=-1005)
    pushed = await text.receive()
    assert await receive(binary) == pushed
    assert pushed["notifications"]["notifications"][0]["code"] == -1005
    await binary.close()
    await text.close()


@pytest.mark.asyncio
async def test_journal_shows_binary_frames_as_json(server: MockServer, ada: Player) -> None:
    socket = await connect(ada)
    await ask(socket, {"status_follow": {"usernames": ["bob"]}})
    await socket.connection.send_bytes(b"\xff\x00")
    assert await socket.end() == MALFORMED
    frames = [entry for entry in server.journal if entry.kind == "frame"]
    assert [(entry.name, entry.body) for entry in frames] == [
        ("ping", '{"cid":"1", "ping":{}}'),
        ("status_follow", '{"cid":"1", "status_follow":{"usernames":["bob"]}}'),
        ("malformed", "ff 00"),
    ]


@pytest.mark.asyncio
async def test_faults_know_the_members_of_binary_frames(server: MockServer, ada: Player) -> None:
    socket = await connect(ada)
    server.faults.add(Fault.drop_reply(), "in status_follow", times=1)
    server.faults.add(Fault.duplicate(), "out pong", times=1)
    follow = {"cid": "0", "status_follow": {"usernames": ["bob"]}}
    await socket.connection.send_bytes(oracle.serialize("realtime", "Envelope", follow))
    assert await ask(socket, {"ping": {}}) == {"cid": "1", "pong": {}}
    assert await receive(socket) == {"cid": "1", "pong": {}}
    server.faults.add(Fault.truncated(), "out notifications")
    await server.notifications.send(ada.user_id, "one", {"fill": "x" * 200})
    assert await socket.end() == (1006, "")


@pytest.mark.asyncio
async def test_hooks_see_a_binary_request_as_json(server: MockServer, ada: Player) -> None:
    seen: list[dict[str, Any]] = []

    def before(context: Any, envelope: dict[str, Any]) -> dict[str, Any]:
        seen.append(envelope)
        return {**envelope, "channel_join": {"target": "other", "type": 1}}

    server.nk.register_rt_before(before, "ChannelJoin")
    socket = await connect(ada)
    joined = await ask(socket, {"channel_join": {"target": "room", "type": 1, "hidden": False}})
    assert joined is not None
    assert seen == [
        {"cid": "1", "channel_join": {"target": "room", "type": 1, "hidden": False}},
    ]
    assert "2...other" in str(joined)
    await socket.close()


@pytest.mark.asyncio
async def test_reply_that_protobuf_cannot_hold_is_logged_and_left_out(
    server: MockServer, ada: Player, caplog: pytest.LogCaptureFixture
) -> None:
    server.nk.register_rpc(lambda context, payload: "\udcff", "stray")
    socket = await connect(ada)
    call = {"cid": "0", "rpc": {"id": "stray"}}
    await socket.connection.send_bytes(oracle.serialize("realtime", "Envelope", call))
    assert await ask(socket, {"ping": {}}) == {"cid": "1", "pong": {}}
    assert "rpc: string field contains invalid UTF-8" in caplog.text
    await socket.close()


@pytest.mark.asyncio
async def test_frame_beyond_the_limit_ends_the_socket(ada: Player) -> None:
    socket = await connect(ada)
    await socket.connection.send_bytes(bytes.fromhex("820200") + b"\x0a\xff\x1f" + b"x" * 4095)
    await socket.connection.receive()
    assert socket.connection.close_code == aiohttp.WSCloseCode.MESSAGE_TOO_BIG

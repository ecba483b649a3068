"""How sockets begin and end, byte by byte, as the real server was seen to do it."""

from __future__ import annotations

import contextlib
import struct
from asyncio import StreamReader, StreamWriter

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server import Config, MockServer
from mock_server.realtime.frame_rules import FrameRules
from tests.mock_server.players import Player, open_tcp, sign_up

MASK = bytes(4)
PING, PONG, TEXT, CLOSE = 0x89, 0x8A, 0x81, 0x88


def frame(first: int, payload: bytes = b"", *, masked: bool = True) -> bytes:
    """A client's frame of less than 126 bytes."""
    return bytes((first, len(payload) | (0x80 if masked else 0))) + MASK * masked + payload


def closing_frame(code: int, reason: bytes = b"") -> bytes:
    """A client's close frame."""
    return frame(CLOSE, struct.pack("!H", code) + reason)


def closing(code: int, reason: str) -> tuple[int, bytes]:
    return CLOSE, struct.pack("!H", code) + reason.encode()


async def read_frame(reader: StreamReader) -> tuple[int, bytes]:
    """The next frame of the server."""
    first, size = await reader.readexactly(2)
    if size == 126:
        (size,) = struct.unpack("!H", await reader.readexactly(2))
    return first, await reader.readexactly(size)


async def shake_hands(
    player: Player, *, target: str = "/ws", version: str = "13"
) -> tuple[bytes, StreamReader, StreamWriter]:
    """The head of the server's answer to a handshake, and the connection."""
    request = (
        f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: {version}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Authorization: Bearer {player.token}\r\n\r\n"
    )
    reader, writer = await open_tcp(player.server, request.encode())
    return await reader.readuntil(b"\r\n\r\n"), reader, writer


@pytest.mark.asyncio
async def test_the_101_has_no_date(ada: Player) -> None:
    head, _, writer = await shake_hands(ada)
    assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"\r\ndate:" not in head.lower()
    assert b"\r\nserver:" not in head.lower()
    assert b"\r\nConnection: Upgrade\r\n" in head
    writer.close()


@pytest.mark.asyncio
async def test_a_handshake_ignores_what_go_cannot_read_in_its_query(ada: Player) -> None:
    head, _, writer = await shake_hands(ada, target="/ws?format=%zz&lang=a;b")
    assert head.startswith(b"HTTP/1.1 101 ")
    writer.close()


@pytest.mark.asyncio
async def test_another_version_of_the_protocol_is_refused(ada: Player) -> None:
    head, reader, writer = await shake_hands(ada, version="8")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert b"\r\nSec-Websocket-Version: 13\r\n" in head
    assert await reader.readline() == b"Bad Request\n"
    writer.close()


@pytest.mark.asyncio
async def test_a_handshake_in_absolute_form_is_served(ada: Player) -> None:
    head, reader, writer = await shake_hands(ada, target=f"{ada.server.http_url}/ws")
    assert head.startswith(b"HTTP/1.1 101 ")
    writer.write(frame(TEXT, b'{"ping":{}}'))
    assert await read_frame(reader) == (TEXT, b'{"pong":{}}')
    writer.close()


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (frame(TEXT, b"{}", masked=False), "bad MASK"),
        (frame(PING, masked=False), "bad MASK"),
        (frame(TEXT | 0x40, b"{}"), "RSV1 set"),
        (frame(TEXT | 0x30, b"{}", masked=False), "RSV2 set, RSV3 set, bad MASK"),
        (frame(0x83, b""), "bad opcode 3"),
        (frame(0x09), "FIN not set on control"),
        (b"\x89\xfe\x00\x80", "len > 125 for control"),
        (frame(0x80, b""), "continuation after FIN"),
        (frame(0x01, b"{") + frame(TEXT, b"}"), "data before FIN"),
        (closing_frame(1006), "bad close code 1006"),
        (closing_frame(1014), "bad close code 1014"),
        (closing_frame(5000), "bad close code 5000"),
        (closing_frame(1000, b"\xff"), "invalid utf8 payload in close frame"),
    ],
)
@pytest.mark.asyncio
async def test_a_frame_that_breaks_a_rule_closes_with_1002_at_once(
    ada: Player, bad: bytes, reason: str
) -> None:
    _, reader, writer = await shake_hands(ada)
    writer.write(frame(TEXT, b'{"ping":{}}'))
    assert await read_frame(reader) == (TEXT, b'{"pong":{}}')
    writer.write(bad + frame(TEXT, b'{"ping":{}}'))
    assert await read_frame(reader) == closing(1002, reason)
    assert await reader.read() == b""
    writer.close()


@pytest.mark.parametrize(("code", "violation"), [(4999, ""), (5000, "bad close code 5000")])
def test_a_close_frame_is_checked_whatever_its_pieces(code: int, violation: str) -> None:
    mask, payload = b"mask", struct.pack("!H", code) + b"bye"
    masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    sent = bytes((CLOSE, 0x80 | len(payload))) + mask + masked
    rules = FrameRules()
    passed = b"".join([rules.check(bytes((byte,))) for byte in sent])
    assert (rules.violation, passed) == (violation, b"" if violation else sent)


@given(data=st.data(), payloads=st.lists(st.binary(max_size=300), max_size=8))
def test_frames_that_keep_the_rules_pass_whatever_their_pieces(
    data: st.DataObject, payloads: list[bytes]
) -> None:
    stream = b""
    for payload in payloads:
        size = len(payload)
        length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + struct.pack("!H", size)
        stream += b"\x82" + length + MASK + payload
    rules, passed = FrameRules(), b""
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        passed += rules.check(stream[:cut])
        stream = stream[cut:]
    assert rules.violation == ""
    assert len(passed) == len(b"".join(payloads)) + sum(6 + 2 * (len(p) > 125) for p in payloads)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (frame(TEXT, b"no json"), "received malformed payload"),
        (frame(TEXT, b"{}"), "error processing message"),
        (frame(0x82, b"{}"), "received unexpected WebSocket message type"),
    ],
)
@pytest.mark.asyncio
async def test_after_a_refused_frame_nothing_is_read_and_the_connection_stays_a_while(
    sent: bytes, reason: str
) -> None:
    config = Config.from_settings({"socket.close_ack_wait_ms": 60_000})
    async with MockServer(config) as server, aiohttp.ClientSession() as http:
        ada = await sign_up(http, server)
        _, reader, writer = await shake_hands(ada)
        await ada.call("GET", "/v2/account")
        (handle,) = server.sockets()
        writer.write(sent)
        assert await read_frame(reader) == closing(1000, reason)
        assert server.sockets() == []
        writer.write(frame(CLOSE, struct.pack("!H", 1000)) + frame(PING))
        for _ in range(3):
            await ada.call("GET", "/v2/account")
        assert not handle.is_closed
        handle.abort()
        with contextlib.suppress(ConnectionError):
            assert await reader.read() == b""  # no pong
        writer.close()


@pytest.mark.asyncio
async def test_a_client_that_never_answers_gets_one_ping_before_its_end() -> None:
    settings = {
        "socket.ping_period_ms": 50,
        "socket.pong_wait_ms": 400,
        "socket.close_ack_wait_ms": 10,
    }
    async with MockServer(Config.from_settings(settings)) as server:
        async with aiohttp.ClientSession() as http:
            ada = await sign_up(http, server)
        _, reader, writer = await shake_hands(ada)
        assert await read_frame(reader) == (PING, b"")
        first, payload = await read_frame(reader)
        assert first == CLOSE
        assert payload.endswith(b": i/o timeout")
        writer.close()


@pytest.mark.asyncio
async def test_a_client_that_answers_gets_the_next_ping() -> None:
    async with MockServer(Config.from_settings({"socket.ping_period_ms": 20})) as server:
        async with aiohttp.ClientSession() as http:
            ada = await sign_up(http, server)
        _, reader, writer = await shake_hands(ada)
        for _ in range(3):
            assert await read_frame(reader) == (PING, b"")
            writer.write(frame(PONG))
        writer.close()


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/v2/rpc/..%2F..%2Faccount", b"/account"),
        ("/v2/rpc/../../account?a=%20", b"/account?a=%20"),
        ("/v2/rpc/%2e%2e/account", b"/v2/account"),
        ("/v2//account", b"/v2/account"),
    ],
)
@pytest.mark.asyncio
async def test_a_path_that_leads_up_is_moved(ada: Player, path: str, location: bytes) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    reader, writer = await open_tcp(ada.server, request.encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 301 ")
    assert b"\r\nLocation: " + location + b"\r\n" in head
    writer.close()


@pytest.mark.asyncio
async def test_a_request_in_absolute_form_is_served(ada: Player) -> None:
    target = f"{ada.server.http_url}/v2/account"
    request = f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ada.token}\r\n\r\n"
    reader, writer = await open_tcp(ada.server, request.encode())
    assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
    writer.close()

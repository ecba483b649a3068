"""Whole text messages beside websockets' parser: the same, however the bytes come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import DATA_OPCODES, Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from nakama_client import Client, Session
from nakama_client.transport.over_websockets import expects_message
from nakama_client.transport.text_frames import TextFrames, text_frame
from tests.client.scripted import make_token
from tests.integration.reliability.raw import frame, open_socket, raw_server

LIMIT = 70_000


@define
class Parser:
    """websockets' parser, and the data frames that it found."""

    protocol: ClientProtocol = field(
        factory=lambda: ClientProtocol(parse_uri("ws://x/"), state=State.OPEN, max_size=LIMIT)
    )
    found: list[tuple[bool, bytes]] = field(factory=list)

    def take(self, data: bytes) -> bool:
        self.protocol.receive_data(data)
        for event in self.protocol.events_received():
            assert isinstance(event, Frame)
            if event.opcode in DATA_OPCODES:
                self.found.append((event.fin, bytes(event.data)))
        return expects_message(self.protocol)

    def put(self, message: bytes, is_first: bool) -> None:
        self.found.append((True, message))

    def closing(self) -> object:
        sent = self.protocol.close_sent
        return sent, self.protocol.close_rcvd, type(self.protocol.parser_exc)


def written(head: int, length: int, mask: int) -> bytes:
    sizes = {126: length.to_bytes(2, "big")} if length < 65536 else {127: length.to_bytes(8, "big")}
    (short, extended), *_ = sizes.items() if length > 125 else [(length, b"")]
    return bytes([head, short | mask]) + extended + bytes([length % 251]) * length


lengths = st.integers(0, 300) | st.sampled_from([125, 126, 127, 65535, 65536, LIMIT, LIMIT + 1])
heads = st.sampled_from([0x81, 0x81, 0x81, 0x82, 0x01, 0x00, 0x80, 0x89, 0x8A])
odd = st.sampled_from([0x88, 0xC1, 0x83, 0x09])
frames = st.builds(written, heads, lengths, st.just(0))
unusual = st.builds(written, heads | odd, st.integers(0, 126), st.sampled_from([0, 0, 0x80]))


@given(
    st.lists(frames, max_size=8),
    st.lists(frames | unusual, max_size=3),
    st.lists(st.integers(1, 40) | st.integers(1, 70_000), max_size=12),
)
def test_frames_in_any_pieces_are_what_the_parser_finds(
    usual: list[bytes], last: list[bytes], pieces: list[int]
) -> None:
    data = b"".join([*usual, *last])
    alone, beside = Parser(), Parser()
    alone.take(data)
    taken = TextFrames(beside.put, beside.take, max_bytes=LIMIT).take
    for size in pieces:
        taken(data[:size])
        data = data[size:]
    taken(data)
    assert beside.found == alone.found
    assert beside.closing() == alone.closing()


def test_the_parser_gets_nothing_of_whole_messages() -> None:
    parser = Parser()
    parsed: list[bytes] = []
    taken = TextFrames(parser.put, lambda data: not parsed.append(data), max_bytes=LIMIT).take
    taken(frame({"a": 1}) + written(0x89, 4, 0) + frame({"b": "x" * 200}))
    assert parser.found == [(True, b'{"a": 1}'), (True, b'{"b": "%b"}' % (b"x" * 200))]
    assert parsed == [written(0x89, 4, 0)]


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65535, 65536])
def test_a_server_reads_a_text_frame(length: int) -> None:
    payload = bytes(each % 251 for each in range(length))
    server = ServerProtocol(state=State.OPEN)
    server.receive_data(text_frame(payload))
    (found,) = server.events_received()
    assert isinstance(found, Frame)
    assert (found.opcode, found.fin, bytes(found.data)) == (Opcode.TEXT, True, payload)
    assert text_frame(b"0" * 60) != text_frame(b"0" * 60)  # each has a mask of its own


@pytest.mark.asyncio
@pytest.mark.parametrize("behind", [-4, -3, -1, 0, 1, 3])
async def test_messages_arrive_that_come_with_the_end_of_the_handshake(behind: int) -> None:
    text = b'{"notifications":\r\n\r\n{"notifications":[{"subject":"%b"}]}}'
    early = b"".join(bytes([0x81, len(text) - 1]) + text % each for each in (b"a", b"b"))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await open_socket(reader, Delayed(writer))  # type: ignore[arg-type]
        await reader.readexactly(1)  # of the close frame

    class Delayed:
        """Writes the end of the handshake together with what comes next."""

        def __init__(self, writer: asyncio.StreamWriter) -> None:
            self._head = b""
            self._write: Callable[[bytes], None] = writer.write

        def write(self, data: bytes) -> None:
            self._head += data
            if data.startswith(b"\x81"):
                self._write(data)
            elif data.endswith(b"\r\n\r\n"):
                cut = len(self._head) + behind
                everything = self._head + early
                self._write(everything[:cut])
                asyncio.get_running_loop().call_soon(
                    asyncio.get_running_loop().call_soon, self._write, everything[cut:]
                )

    seen: list[str] = []
    async with raw_server(serve) as url, Client(url) as client:
        socket = client.socket(Session(make_token()))
        socket.on_notification(lambda each: seen.append(each.subject))
        async with socket:
            pass
    assert seen == ["a", "b"]

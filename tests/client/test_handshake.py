"""The usual answer to a handshake is recognized as the library would; it judges all others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.protocol import State
from websockets.uri import parse_uri
from websockets.utils import accept_key

from nakama_client import Client, ConnectionFailed, Session
from nakama_client.transport.handshake import agrees
from tests.client.raw_server import raw_server
from tests.client.scripted import make_token
from tests.integration.reliability.raw import raw_server as raw_stream_server

SESSION = Session(make_token())
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = accept_key(KEY)

NAKAMA = ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {ACCEPT}"]
MOCK = [*NAKAMA, "Date: Sun, 29 Nov 2026 00:34:40 GMT", "Server: Python/3.11 aiohttp/3.14"]
PROXY = [*(line.lower().replace(ACCEPT.lower(), ACCEPT) for line in NAKAMA), "via: 1.1 a, 1.1 b"]


def head_of(lines: list[str], status: str = "HTTP/1.1 101 Switching Protocols") -> bytes:
    return "\r\n".join([status, *lines]).encode("latin-1")


def is_accepted_by_the_library(head: bytes) -> bool:
    library = ClientProtocol(parse_uri("ws://x/"))
    library.key = KEY
    library.receive_data(head + b"\r\n\r\n")
    return library.state is State.OPEN


@pytest.mark.parametrize("lines", [NAKAMA, MOCK, PROXY])
def test_usual_answers_are_recognized(lines: list[str]) -> None:
    assert agrees(head_of(lines), KEY)
    assert not agrees(head_of(lines), KEY[::-1])


text = st.text(st.characters(max_codepoint=255), max_size=8)
usual = st.sampled_from([*NAKAMA, *PROXY])
odd = st.sampled_from(
    [
        "Upgrade: h2c",
        "Connection: keep-alive, Upgrade",
        "Sec-WebSocket-Accept: no",
        "Sec-WebSocket-Extensions: permessage-deflate",
        "sec-websocket-protocol: chat",
        "Content-Length: 2",
        " folded: x",
        "a b: c",
        "a:b",
        "a: b ",
        "x",
        "",
    ]
)
lines = st.lists(usual | odd | st.builds("{}: {}".format, text, text), max_size=6)
statuses = st.sampled_from(
    ["HTTP/1.1 101 Switching Protocols", "HTTP/1.1 101 ", "HTTP/1.1 101", "HTTP/1.1 200 OK", "x"]
)


@given(st.permutations(NAKAMA), lines, statuses)
@example(NAKAMA, ["a: b"] * 200, "HTTP/1.1 101 ")
@example(NAKAMA, [f"a: {'b' * 9000}"], "HTTP/1.1 101 ")
def test_a_handshake_that_agrees_is_one_that_the_library_accepts(
    needed: list[str], others: list[str], status: str
) -> None:
    for answer in (head_of([*needed, *others], status), head_of(others, status)):
        if agrees(answer, KEY):
            assert is_accepted_by_the_library(answer)


def answers(*lines: str) -> Callable[[bytes, bytes], bytes]:
    """Answers with these headers, in which ACCEPT stands for what the key asks for."""

    def respond(head: bytes, _: bytes) -> bytes:
        key = next(
            line.partition(": ")[2]
            for line in head.decode().splitlines()
            if line.lower().startswith("sec-websocket-key")
        )
        answer = head_of([line.replace("ACCEPT", accept_key(key)) for line in lines])
        return answer + b"\r\n\r\n"

    return respond


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "lines",
    [
        ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {ACCEPT}"],
        ["Upgrade: websocket", "Connection: Upgrade"],
        ["Upgrade: h2c", "Connection: Upgrade", "Sec-WebSocket-Accept: ACCEPT"],
        ["Upgrade: websocket", "Connection: close", "Sec-WebSocket-Accept: ACCEPT"],
    ],
)
async def test_connect_refuses_an_answer_that_does_not_agree(lines: list[str]) -> None:
    async with raw_server(answers(*lines)) as url, Client(url, retry=None) as client:
        with pytest.raises(ConnectionFailed):
            await client.socket(SESSION).connect()


@pytest.mark.asyncio
@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 101 Swi", b"SSH-2.0-OpenSSH_9.2\r\n"])
async def test_connect_raises_when_the_server_closes_in_the_handshake(answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    async with raw_stream_server(serve) as url, Client(url, retry=None) as client:
        with pytest.raises(ConnectionFailed, match="valid HTTP response"):
            await client.socket(SESSION).connect()

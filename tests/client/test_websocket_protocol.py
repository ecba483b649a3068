"""RFC 6455 at its edges, the same over every websocket library: `pytest --transport picows`."""

import asyncio
import gc
import json
from contextlib import ExitStack
from socket import socket as stdlib_socket

import pytest
from aiohttp import WSMsgType

from nakama_client import (
    Client,
    ClosedBy,
    DisconnectReason,
    NotFound,
    Notification,
    ReconnectPolicy,
    Session,
    TimeoutExceeded,
    Timeouts,
    UnexpectedReply,
)
from nakama_client.transport.options import TransportOptions
from nakama_client.transport.websocket import open_websocket
from tests.client.raw_server import answer, raw_server
from tests.client.scripted import Peer, ScriptedServer, make_token
from tests.integration.reliability.raw import frame, open_socket
from tests.integration.reliability.raw import raw_server as raw_stream_server

SESSION = Session(make_token())
NO_RECONNECT = ReconnectPolicy(should_reconnect=lambda cause: False)

BROKEN = {
    "a reserved bit": (b"\xc1\x01x", 1002),
    "an unknown opcode": (b"\x83\x01x", 1002),
    "a mask": (b"\x81\x81\x00\x00\x00\x00x", 1002),
    "a continuation of nothing": (b"\x80\x01x", 1002),
    "a message within another": (b"\x01\x01{\x81\x01x", 1002),
    "a ping in two frames": (b"\x09\x01x", 1002),
    "a long ping": (b"\x89\x7e\x00\x80" + b"x" * 128, 1002),
    "half a close code": (b"\x88\x01x", 1002),
    "a close code that is never sent": (b"\x88\x02\x03\xed", 1002),
    "a reason that is no text": (b"\x88\x03\x03\xe8\xff", 1007),
    "a long frame": (b"\x81\x7f" + (70_000).to_bytes(8, "big"), 1009),
    "a long message in two frames": (
        b"\x01\x7e\x02\x58" + b"x" * 600 + b"\x80\x7e\x02\x58",
        1009,
    ),
}


@pytest.mark.asyncio
@pytest.mark.parametrize("what", BROKEN)
async def test_socket_closes_with_the_code_for_what_breaks_the_protocol(what: str) -> None:
    data, code = BROKEN[what]

    async def script(peer: Peer) -> None:
        peer.write(data + b"x" * 600)
        closed.set_result((await peer.websocket.receive()).data)

    closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    reasons: asyncio.Queue[DisconnectReason] = asyncio.Queue()
    async with (
        ScriptedServer(script=script) as server,
        Client(server.url, max_receive_bytes=1000) as client,
    ):
        socket = client.socket(SESSION, reconnect=NO_RECONNECT)
        socket.on_disconnect(reasons.put_nowait)
        async with socket:
            reason = await reasons.get()
            assert await closed == code
    assert (reason.code, reason.closed_by) == (code, ClosedBy.CLIENT)


@pytest.mark.asyncio
async def test_a_message_in_two_frames_arrives_whole_with_a_ping_between_them() -> None:
    text = json.dumps({"notifications": {"notifications": [{"subject": "in two frames"}]}}).encode()

    async def script(peer: Peer) -> None:
        peer.write(bytes([0x01, 10]) + text[:10] + bytes([0x00, 20]) + text[10:30])
        peer.write(b"\x89\x04ping")
        pongs.append((await peer.websocket.receive()).data)
        peer.write(bytes([0x80, len(text) - 30]) + text[30:])

    pongs: list[object] = []
    async with (
        ScriptedServer(script=script, answers_pings=False) as server,
        Client(server.url) as client,
        client.socket(SESSION) as socket,
    ):
        assert (await anext(socket.notifications())).subject == "in two frames"
    assert pongs == [b"ping"]


@pytest.mark.asyncio
async def test_a_long_message_that_comes_slowly_is_a_sign_of_life() -> None:
    text = json.dumps({"notifications": {"notifications": [{"subject": "slow"}]}}).encode()

    async def script(peer: Peer) -> None:
        data = bytes([0x81, len(text)]) + text
        for byte in data[:4]:
            assert (await peer.websocket.receive()).type is WSMsgType.PING
            peer.write(bytes([byte]))  # in the place of a pong
        peer.write(data[4:])

    patient = Timeouts(ping_interval=0.02, ping_timeout=60)
    async with (
        ScriptedServer(script=script, answers_pings=False) as server,
        Client(server.url, timeouts=patient) as client,
        client.socket(SESSION, reconnect=NO_RECONNECT) as socket,
    ):
        assert (await anext(socket.notifications())).subject == "slow"


@pytest.mark.asyncio
async def test_silence_is_looked_for_also_between_the_drop_and_the_end() -> None:
    async def script(peer: Peer) -> None:
        """Do nothing but read."""

    async with ScriptedServer(script=script) as server:
        websocket = await open_websocket(
            server.url.replace("http", "ws") + "/ws",
            token="token",
            timeouts=Timeouts(),
            options=TransportOptions(),
        )
        keepalive = websocket._keepalive
        websocket.abort()
        keepalive._look()
        await websocket.wait_ended()
        keepalive._look()
        keepalive.stop()
        assert not keepalive.is_silent


@pytest.mark.asyncio
async def test_a_flood_arrives_whole_while_other_tasks_run() -> None:
    count = 10_000

    async def script(peer: Peer) -> None:
        for _ in range(20):
            await peer.flood(
                {"notifications": {"notifications": [{"subject": "x" * 100}]}}, count // 20
            )
        request = await peer.request()
        await peer.send({"cid": request["cid"], "rpc": {}})

    seen: list[str] = []
    async with ScriptedServer(script=script) as server, Client(server.url) as client:
        socket = client.socket(SESSION)

        @socket.on_notification
        def received(notification: Notification) -> None:
            seen.append(notification.subject)

        async with socket:
            await socket.rpc("all sent")
        assert (len(seen), socket.dropped) == (count, 0)


@pytest.mark.asyncio
async def test_connect_reads_a_refusal_in_chunks() -> None:
    body = b'{"code":5,"message":"no such thing"}'
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    head = b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with raw_server(lambda head_, body_: head + chunks) as url, Client(url) as client:
        with pytest.raises(NotFound, match="no such thing"):
            await client.socket(SESSION).connect()


@pytest.mark.asyncio
async def test_connect_reads_a_refusal_with_a_status_of_nobodys_list() -> None:
    def respond(head: bytes, body: bytes) -> bytes:
        return answer(b"the origin is away", status="530 Origin Away")

    async with raw_server(respond) as url, Client(url, retry=None) as client:
        with pytest.raises(UnexpectedReply, match="HTTP 530"):
            await client.socket(SESSION).connect()


@pytest.mark.asyncio
async def test_connect_accepts_what_a_proxy_adds_to_the_handshake() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        class Proxy:
            def write(self, data: bytes) -> None:
                writer.write(
                    data.replace(b"Connection: Upgrade", b"connection: keep-alive, upgrade")
                )

        await open_socket(reader, Proxy())  # type: ignore[arg-type]
        await reader.read()

    timeouts = Timeouts(close=0.05)
    async with raw_stream_server(serve) as url, Client(url, timeouts=timeouts) as client:
        socket = client.socket(SESSION)
        await socket.connect()
        assert socket.is_connected
        await socket.close()


@pytest.mark.asyncio
async def test_connect_gives_up_while_tcp_is_not_connected() -> None:
    """The socket of that attempt is closed: pytest would tell of one that is not."""
    with stdlib_socket() as listener, ExitStack() as others:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):  # Linux answers no more when nobody accepts these
            other = others.enter_context(stdlib_socket())
            other.setblocking(False)
            other.connect_ex(listener.getsockname())
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with Client(url, timeouts=Timeouts(connect=0.05), retry=None) as client:
            with pytest.raises(TimeoutExceeded):
                await client.socket(SESSION).connect()
    gc.collect()


NOTIFIED = frame({"notifications": {"notifications": [{"subject": "last"}]}})

CLOSE_ANSWERS = {
    "the same": [b"\x88\x02\x03\xe8"],
    "the same in pieces": [b"\x88", b"\x02\x03", b"\xe8"],
    "no code": [b"\x88\x00"],
    "another code and a reason": [b"\x88\x05\x03\xe9bye"],
    "a ping before": [b"\x89\x00\x88\x02\x03\xe8"],
    "half a frame before": [b"\x8a\x04\x88\x02", b"\x03\xe8", b"\x88\x02\x03\xe8"],
    "a message before": [NOTIFIED + b"\x88\x02\x03\xe8"],
    "a message after": [b"\x88\x02\x03\xe8" + NOTIFIED],
    "what breaks the protocol": [b"\xc1\x01x"],
    "nothing": [],
}


@pytest.mark.asyncio
@pytest.mark.parametrize("what", CLOSE_ANSWERS)
async def test_close_ends_with_any_answer_to_the_close_frame(what: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await open_socket(reader, writer)
        closes.append(await reader.readexactly(8))
        for piece in CLOSE_ANSWERS[what]:
            writer.write(piece)
            await asyncio.sleep(0)

    closes: list[bytes] = []
    seen: list[str] = []
    reasons: list[DisconnectReason] = []
    async with raw_stream_server(serve) as url, Client(url) as client:
        socket = client.socket(SESSION)
        socket.on_notification(lambda each: seen.append(each.subject))
        socket.on_disconnect(reasons.append)
        await socket.connect()
        await socket.close()
    ((head, mask, data),) = ((each[:2], each[2:6], each[6:]) for each in closes)
    assert head == b"\x88\x82"
    assert bytes(a ^ b for a, b in zip(data, mask, strict=False)) == b"\x03\xe8"
    assert [(each.code, each.closed_by) for each in reasons] == [(1000, ClosedBy.CLIENT)]
    assert seen == (["last"] if what == "a message before" else [])

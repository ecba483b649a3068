"""10,000 damaged frames and answers: errors, never a hang, and nothing is left behind."""

import asyncio
import gc
import json
import socket
import tracemalloc

import pytest
from aiohttp import WSMsgType

from nakama_client import (
    Client,
    NakamaError,
    Session,
    Socket,
    SocketError,
    Timeouts,
    UnreadableItem,
)
from tests.client.scripted import Peer, ScriptedServer, make_token
from tests.integration.reliability.mutations import mutations
from tests.integration.reliability.raw import frame, open_socket, raw_server

pytestmark = pytest.mark.slow

NOTIFICATION = {
    "id": "40857c06-2b8f-4d5f-9d2b-5a6f0d1c2e3f",
    "subject": "You've unlocked level 100!",
    "content": '{"reward_coins":1000,"item":"a sword"}',
    "code": 101,
    "sender_id": "4c2ae592-b2a7-445e-98ec-697694478b1c",
    "create_time": "2026-11-21T23:17:18Z",
    "persistent": True,
}
PRESENCE = {"user_id": "4c2a", "session_id": "e592", "username": "ada", "status": "here"}
ENVELOPES = [
    {"notifications": {"notifications": [NOTIFICATION, NOTIFICATION]}},
    {"cid": "2", "rpc": {"id": "f", "payload": '{"a":1}'}},
    {"cid": "3", "error": {"code": 7, "message": "no"}},
    {"error": {"code": 1, "message": "Unrecognized message."}},
    {"status_presence_event": {"joins": [PRESENCE], "leaves": [PRESENCE]}},
    {
        "channel_message": {
            "channel_id": "2...room",
            "message_id": "1",
            "code": 0,
            "username": "ada",
            "content": '{"text":"hi"}',
            "create_time": "2026-11-21T22:42:27.629092361Z",
        }
    },
    {"stream_data": {"stream": {"mode": 10, "label": "x"}, "data": "y"}},
]


def answer(body: object) -> bytes:
    text = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(text)}\r\n"
    return head.encode() + b"Date: Sun, 22 Nov 2026 10:00:00 GMT\r\n\r\n" + text


ANSWERS = [
    answer({"notifications": [NOTIFICATION] * 3, "cacheable_cursor": "abc"}),
    answer({"user": {"id": "1", "create_time": "2026-11-21T23:17:18Z", "metadata": "{}"}}),
    answer({"token": make_token(), "refresh_token": make_token()}),
    answer({"payload": '{"a":1}'}),
    answer({}),
    (
        b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 42\r\n\r\n"
        b'{"code":16,"message":"Auth token invalid"}'
    ),
    b"HTTP/1.1 503 Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
]


def open_sockets() -> int:
    gc.collect()
    return sum(isinstance(each, socket.socket) and each.fileno() != -1 for each in gc.get_objects())


@pytest.mark.asyncio
async def test_damaged_envelopes_cost_only_themselves() -> None:
    damaged = mutations([json.dumps(each).encode() for each in ENVELOPES], 6000, seed=1)

    async def script(peer: Peer) -> None:
        for _ in range(3):
            for _ in range(2000):
                await peer.websocket.send_frame(next(damaged), WSMsgType.TEXT)
            await peer.notify({"subject": "all sent"})
            request = await peer.request()
            await peer.send({"cid": request["cid"], "rpc": {"payload": "go on"}})

    all_read = asyncio.Event()
    failures: list[Exception] = []
    memory = []
    before = asyncio.all_tasks()
    tracemalloc.start()
    try:
        async with ScriptedServer(script=script) as server, Client(server.url) as client:
            alive = client.socket(Session(make_token()), reconnect=None, queue_limit=10_000)
            alive.on_error(failures.append)
            alive.on_status_presence(vars)
            alive.on_channel_message(lambda message: message.content["text"])
            alive.on_stream_data(vars)
            alive.on_notification(lambda each: each.subject == "all sent" and all_read.set())
            async with alive:
                for _ in range(3):
                    await all_read.wait()
                    all_read.clear()
                    assert all(isinstance(each, SocketError | UnreadableItem) for each in failures)
                    assert len(failures) > 500
                    failures.clear()
                    gc.collect()
                    memory.append(tracemalloc.get_traced_memory()[0])
                    assert (await alive.rpc("f")).payload == "go on"
    finally:
        tracemalloc.stop()
    assert memory[2] - memory[1] < 50_000
    assert asyncio.all_tasks() == before


async def read_to_the_end(one: Socket) -> None:
    notifications = one.notifications()
    async with one:
        async for _ in notifications:
            pass


@pytest.mark.asyncio
async def test_damaged_frames_end_one_connection_at_most() -> None:
    samples = [b"".join(frame(each) for each in ENVELOPES), frame(ENVELOPES[0])]
    damaged = mutations(samples, 1000, seed=2)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await open_socket(reader, writer)
        writer.write(next(damaged))

    before = asyncio.all_tasks()
    session = Session(make_token())
    async with raw_server(serve) as url, Client(url) as client:
        for _ in range(1000):
            one = client.socket(session, reconnect=None)
            one.on_error(lambda each: None)
            with pytest.raises(NakamaError):
                await read_to_the_end(one)
        assert open_sockets() <= 12
    await asyncio.gather(*(asyncio.all_tasks() - before))
    assert asyncio.all_tasks() == before


@pytest.mark.asyncio
async def test_damaged_answers_are_errors() -> None:
    damaged = mutations(ANSWERS, 6000, seed=3)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(next(damaged))
        await writer.drain()

    before, errors, results = asyncio.all_tasks(), 0, 0
    session = Session(make_token(), make_token())
    timeouts = Timeouts(request=5.0)
    async with raw_server(serve) as url, Client(url, retry=None, timeouts=timeouts) as client:
        calls = (
            lambda: client.list_notifications(session),
            lambda: client.get_account(session),
            lambda: client.authenticate_device("a-device-id"),
            lambda: client.rpc(session, "f"),
            lambda: client.delete_notifications(session, [NOTIFICATION["id"]]),
        )
        for number in range(3000):
            try:
                await calls[number % len(calls)]()
            except NakamaError:
                errors += 1
            else:
                results += 1
        assert open_sockets() <= 12
    await asyncio.gather(*(asyncio.all_tasks() - before))
    assert asyncio.all_tasks() == before
    assert errors > 500
    assert results > 100

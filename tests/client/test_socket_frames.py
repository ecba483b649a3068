"""Frames that no Nakama would send."""

import asyncio

import pytest

from nakama_client import (
    Client,
    DisconnectCause,
    DisconnectReason,
    HandlerFailed,
    InvalidJson,
    MalformedFrame,
    QueueOverflow,
    RequestRefused,
    Session,
    UnreadableItem,
)
from tests.client.scripted import Peer, ScriptedServer, make_token

SESSION = Session(make_token())


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
    assert [type(error) for error in failures] == [UnreadableItem, MalformedFrame]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "frame",
    [
        '{"notifications":{"notifications":[{"subject":"a","code":1},{"subject":"b"}]}}',
        ' { "notifications" : {"notifications":[{"subject":"a","new":[]},{"subject":"b"}]}}',
        '{"notifications":{"notifications":[{"subject":"a","code":null},{"subject":"b"}]}}',
        '{"notifications":{"notifications":[{"subject":"a"},{"code":{}},{"subject":"b"}]}}',
        '{"notifications":{"notifications":[{"subject":"a"},{"subject":"b"}]},"cid":""}',
        '{"new":1,"notifications":{"notifications":[{"subject":"a"},{"subject":"b"}]}}',
        '{"notifications":null,"notifications":{"notifications":[{"subject":"a"},{"subject":"b"}]}}',
    ],
)
async def test_notifications_arrive_however_their_frame_is_written(frame: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.send({"channel_message": {"content": "{}"}})
        await peer.send(frame)
        await peer.notify({"subject": "c"})

    async with ScriptedServer(script=script) as server, Client(server.url) as client:
        socket = client.socket(SESSION)
        received = socket.notifications()
        messages = socket.channel_messages()
        async with socket:
            assert [(await anext(received)).subject for _ in range(3)] == ["a", "b", "c"]
            await anext(messages)


@pytest.mark.asyncio
async def test_events_of_two_kinds_in_one_frame_arrive_both() -> None:
    notifications = {"notifications": [{"subject": "a"}]}

    async def script(peer: Peer) -> None:
        await peer.send({"notifications": notifications, "channel_message": {"username": "b"}})

    async with ScriptedServer(script=script) as server, Client(server.url) as client:
        socket = client.socket(SESSION)
        received, messages = socket.notifications(), socket.channel_messages()
        async with socket:
            assert (await anext(received)).subject == "a"
            assert (await anext(messages)).username == "b"


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
async def test_broken_content_costs_only_its_notification() -> None:
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
async def test_reported_errors_are_bounded() -> None:
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

"""Slow functions and loops: who waits, and what is dropped."""

import asyncio

import pytest

from nakama_client import (
    Client,
    ConnectionLost,
    Notification,
    QueueOverflow,
    Session,
    Socket,
)
from tests.client.scripted import Peer, ScriptedServer, make_token

SESSION = Session(make_token())


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


async def _close_after(socket: Socket, event: asyncio.Event) -> None:
    await event.wait()
    await socket.close()


@pytest.mark.asyncio
async def test_slow_subscription_overflows_by_itself() -> None:
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
async def test_quick_handlers_drop_nothing() -> None:
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

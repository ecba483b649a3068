"""Loops that ask for a few milliseconds at a time, and servers that make each answer a long one."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from nakama_client import (
    Client,
    ClientClosed,
    Notification,
    RetryPolicy,
    Session,
    Unavailable,
)
from tests.client.feed.listing import StoredList, row, silent
from tests.client.leaks import tasks
from tests.client.scripted import Peer, ScriptedServer, make_token

SESSION = Session(make_token())


async def poll(notifications: AsyncIterator[Notification]) -> Notification | None:
    """Give what is there by now: the limit passes as soon as the loop had its turn."""
    try:
        async with asyncio.timeout(0):
            return await anext(notifications)
    except TimeoutError:
        return None


async def poll_until_found(notifications: AsyncIterator[Notification]) -> Notification:
    while (found := await poll(notifications)) is None:
        pass
    return found


@pytest.mark.asyncio
async def test_feed_that_is_polled_delivers_when_a_list_takes_longer() -> None:
    stored = StoredList(*map(row, range(250)))
    async with (
        ScriptedServer(answer=stored.answer, script=silent) as server,
        Client(server.url) as client,
        client.notifications(SESSION) as feed,
    ):
        stored.may_answer.clear()
        for _ in range(20):
            assert await poll(feed) is None
        await stored.arrived.wait()
        assert stored.requests == 1
        stored.may_answer.set()
        found = [(await poll_until_found(feed)).subject for _ in range(250)]
        assert found == [str(number) for number in range(250)]
        assert stored.requests == 3
    assert not tasks()


@pytest.mark.asyncio
async def test_iter_notifications_that_is_polled_yields_when_a_list_takes_longer() -> None:
    stored = StoredList(*map(row, range(250)))
    async with (
        ScriptedServer(answer=stored.answer) as server,
        Client(server.url) as client,
    ):
        found = client.iter_notifications(SESSION)
        stored.may_answer.clear()
        for _ in range(20):
            assert await poll(found) is None
        await stored.arrived.wait()
        assert stored.requests == 1
        stored.may_answer.set()
        subjects = [(await poll_until_found(found)).subject for _ in range(250)]
        assert subjects == [str(number) for number in range(250)]


@pytest.mark.asyncio
async def test_feed_that_is_polled_keeps_its_pause_after_a_failed_list() -> None:
    requests = 0
    asked = asyncio.Event()

    async def fail(request: web.Request) -> web.Response:
        nonlocal requests
        requests += 1
        asked.set()
        return web.json_response({"code": 14, "message": "Not now."}, status=503)

    retry = RetryPolicy(attempts=1, first_delay=3600, max_delay=3600)
    async with (
        ScriptedServer(answer=fail, script=silent) as server,
        Client(server.url, retry=retry, random=lambda: 1.0) as client,
        client.notifications(SESSION) as feed,
    ):
        while not asked.is_set():
            assert await poll(feed) is None
        for _ in range(200):
            assert await poll(feed) is None
        assert requests == 1
    assert not tasks()


@pytest.mark.asyncio
async def test_iter_notifications_raises_once_what_a_list_under_way_raised() -> None:
    async def fail(request: web.Request) -> web.Response:
        return web.json_response({"code": 14, "message": "Not now."}, status=503)

    async with ScriptedServer(answer=fail) as server, Client(server.url, retry=None) as client:
        found = client.iter_notifications(SESSION)
        assert await poll(found) is None
        with pytest.raises(Unavailable):
            await anext(found)


@pytest.mark.asyncio
async def test_close_ends_a_list_that_nobody_waits_for_any_more() -> None:
    stored = StoredList(row(1))
    async with ScriptedServer(answer=stored.answer, script=silent) as server:
        client = Client(server.url)
        stored.may_answer.clear()
        found = client.iter_notifications(SESSION)
        async with client.notifications(SESSION) as feed:
            assert await poll(feed) is None
            assert await poll(found) is None
            await stored.arrived.wait()
            waiting = asyncio.create_task(anext(found))
        await client.close()
        assert not tasks()
        with pytest.raises(ClientClosed):
            await waiting
        stored.may_answer.set()


@pytest.mark.asyncio
async def test_feed_finishes_its_backfill_under_unreadable_frames() -> None:
    """Each such frame needs one more backfill, but takes no page away."""
    stored = StoredList(*map(row, range(1000)))
    peers: asyncio.Queue[Peer] = asyncio.Queue()

    async def answer(request: web.Request) -> web.Response:
        await peer.send("this is no envelope")
        return await stored.answer(request)

    retry = RetryPolicy(first_delay=3600, max_delay=3600)
    async with (
        ScriptedServer(answer=answer, script=peers.put) as server,
        Client(server.url, retry=retry, random=lambda: 1.0) as client,
    ):
        feed = client.notifications(SESSION)
        await feed.open()
        feed.socket.on_error(lambda _: None)
        peer = await peers.get()
        found = [(await anext(feed)).subject for _ in range(1000)]
        assert found == [str(number) for number in range(1000)]
        assert stored.requests == 10
        # The backfill's end, then one more at once; the one after that waits for its pause.
        while stored.requests < 11 + 11:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await anext(feed)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await anext(feed)
        assert stored.requests == 11 + 11
        await feed.close()
    assert not tasks()


@pytest.mark.asyncio
async def test_feed_checks_after_the_clock_was_set_back() -> None:
    stored = StoredList(row(1))
    now = 1_000_000.0
    peers: asyncio.Queue[Peer] = asyncio.Queue()
    async with (
        ScriptedServer(answer=stored.answer, script=peers.put) as server,
        Client(server.url, clock=lambda: now, random=lambda: 0.5) as client,
        client.notifications(SESSION, check_interval=60) as feed,
    ):
        assert (await anext(feed)).subject == "1"
        peer = await peers.get()
        await peer.notify({"id": "t", "subject": "live"})
        assert (await anext(feed)).subject == "live"
        assert stored.requests == 2
        now -= 86_400
        await peer.notify({"id": "t", "subject": "set back"})
        assert (await anext(feed)).subject == "set back"
        now += 61
        stored.rows.append(row(2))
        await peer.notify({"id": "t", "subject": "wakes it up"})
        assert (await anext(feed)).subject == "2"

"""The notification feed against the mock: every persistent one once, in order."""

import asyncio
import itertools
import json
from typing import Any

import pytest
from aiohttp import web

from mock_server import MockServer
from nakama_client import (
    Client,
    MemoryCursorStore,
    Session,
    Timeouts,
)
from server_kit.faults import Fault
from tests.client.feed.steps import send, take, until_live
from tests.client.leaks import tasks
from tests.client.scripted import Peer, ScriptedServer, make_token

LIST = "GET /v2/notification"


def requests(server: MockServer) -> int:
    return len(server.journal.find(LIST))


@pytest.mark.asyncio
async def test_feed_delivers_stored_then_live(
    client: Client, server: MockServer, alice: Session
) -> None:
    stored = [f"stored {number}" for number in range(250)]
    await send(server, alice, *stored)
    async with client.notifications(alice) as feed:
        assert await take(feed, 250) == stored
        await until_live(feed, server, alice)
        before = requests(server)
        for number in range(20):
            await send(server, alice, f"live {number}")
            assert await take(feed, 1) == [f"live {number}"]
        assert requests(server) == before
        assert "open" in repr(feed)
    assert "closed" in repr(feed)
    assert server.sockets() == []
    assert not tasks()


@pytest.mark.asyncio
async def test_feed_delivers_once_what_comes_live_during_backfill(
    client: Client, server: MockServer, alice: Session
) -> None:
    await send(server, alice, *map(str, range(150)))
    async with client.notifications(alice) as feed:
        seen = []
        for number in itertools.count(150):
            seen += await take(feed, 1)
            if number < 400:
                await send(server, alice, str(number))
            if len(seen) == 400:
                break
        await until_live(feed, server, alice)
    assert seen == [str(number) for number in range(400)]


@pytest.mark.asyncio
async def test_feed_marks_transient_notifications(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.notifications(alice) as feed:
        await send(server, alice, "stored")
        await send(server, alice, "passing", persistent=False)
        marks = {}
        for _ in range(2):
            notification = await anext(feed)
            marks[notification.subject] = notification.persistent
    assert marks == {"stored": True, "passing": False}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "fault",
    [
        "abort",
        "disconnect",
        pytest.param("restart", marks=pytest.mark.slow),  # a second passes before each reconnection
        "garbage",
        "black hole",
    ],
)
async def test_feed_delivers_all_in_order_through_faults(server: MockServer, fault: str) -> None:
    timeouts = Timeouts(ping_interval=0.2, ping_timeout=0.2)
    async with Client(server.http_url, timeouts=timeouts, random=lambda: 0.0) as client:
        session = await client.authenticate_device("device-of-alice")
        sent = iter(itertools.count())
        seen = []

        async def cause_fault() -> None:
            if fault == "abort":
                for socket in server.sockets():  # none while the last fault lasts
                    socket.abort()
            elif fault == "disconnect":
                for socket in server.sockets():
                    socket.disconnect()
            elif fault == "restart":
                await server.restart()
            elif fault == "garbage":
                server.faults.add(Fault.garbage(), "out notifications", times=1)
            else:
                server.faults.add(Fault.black_hole(), "out notifications", times=1)

        async with client.notifications(session) as feed:
            for _ in range(5):
                await send(server, session, *(f"{next(sent)}" for _ in range(3)))
                seen += await take(feed, 2)
                await cause_fault()
                await send(server, session, *(f"{next(sent)}" for _ in range(3)))
                seen += await take(feed, 4)
    assert seen == [str(number) for number in range(30)]
    assert not tasks()


@pytest.mark.asyncio
async def test_feed_lists_what_an_unreadable_frame_held(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.notifications(alice) as feed:
        errors: list[Exception] = []
        feed.socket.on_error(errors.append)
        await until_live(feed, server, alice)
        for broken in ('{"notifications":{"notif', '{"notifications":{"notifications":7}}'):
            server.faults.add(Fault.frame(broken), "out notifications", times=1)
            await send(server, alice, "lost on the way", "next")
            assert await take(feed, 2) == ["lost on the way", "next"]
    assert len(errors) == 2


@pytest.mark.asyncio
async def test_feed_finds_a_vanished_frame_at_the_next_check(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.notifications(alice, check_interval=60) as feed:
        await until_live(feed, server, alice)
        server.faults.add(Fault.drop_reply(), "out notifications", times=1)
        await send(server, alice, "vanished")
        waiting = asyncio.create_task(anext(feed))
        server.clock.advance(31)
        await send(server, alice, "wakes it up", persistent=False)
        assert (await waiting).subject == "vanished"
        assert await take(feed, 1) == ["wakes it up"]


@pytest.mark.asyncio
async def test_feed_delivers_a_repeated_frame_once(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.notifications(alice) as feed:
        await until_live(feed, server, alice)
        server.faults.add(Fault.duplicate(), "out notifications")
        await send(server, alice, "a", "b", "c")
        assert await take(feed, 3) == ["a", "b", "c"]
        server.faults.clear()
        await until_live(feed, server, alice)


@pytest.mark.asyncio
async def test_feed_memory_is_bounded(client: Client, server: MockServer, alice: Session) -> None:
    """Once the window has passed, a position is all that is left."""
    store = MemoryCursorStore()
    async with client.notifications(alice, store=store) as feed:
        for number in range(50):
            await send(server, alice, f"{number}")
            assert await take(feed, 1) == [f"{number}"]
            server.clock.advance(10)
        server.clock.advance(40)
        await until_live(feed, server, alice)
    text = await store.load(alice.user_id)
    assert text is not None
    assert json.loads(text)["seen"] == {}


@pytest.mark.asyncio
async def test_feed_lists_what_did_not_fit_in_its_queue(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.notifications(alice, queue_limit=5) as feed:
        await until_live(feed, server, alice)
        for number in range(30):
            await send(server, alice, f"{number}")
            await send(server, alice, f"passing {number}", persistent=False)
        await feed.socket.rpc("echo")
        found = [await anext(feed)]
        while found[-1].subject != "29":
            found.append(await anext(feed))
    persistent = [each.subject for each in found if each.persistent]
    assert persistent == [f"{number}" for number in range(30)]
    assert feed.dropped + sum(not each.persistent for each in found) <= 30
    assert feed.dropped > 0


@pytest.mark.asyncio
async def test_feed_repeats_a_failed_listing(
    client: Client, server: MockServer, alice: Session
) -> None:
    await send(server, alice, *map(str, range(250)))
    async with client.notifications(alice) as feed:
        seen = await take(feed, 100)
        database = Fault.status(500, body={"code": 13, "message": "Error retrieving…"})
        for fault in (Fault.reset(), Fault.status(503), database):
            server.faults.add(fault, LIST, times=10)
        seen += await take(feed, 150)
    assert seen == [str(number) for number in range(250)]


@pytest.mark.asyncio
@pytest.mark.parametrize("is_stored", [True, False])
async def test_feed_starts_when_the_first_listing_fails(
    client: Client, server: MockServer, alice: Session, is_stored: bool
) -> None:
    """Nakama answers to a failure of its database as to a cursor that is none."""
    store = MemoryCursorStore()
    if is_stored:
        page = await client.list_notifications(alice)
        await store.save(alice.user_id, json.dumps({"cursor": page.cursor}))
    database = Fault.status(500, body={"code": 13, "message": "Error retrieving…"})
    server.faults.add(database, LIST, times=3)
    await send(server, alice, "hello")
    async with client.notifications(alice, store=store) as feed:
        assert await take(feed, 1) == ["hello"]


@pytest.mark.asyncio
async def test_feed_delivers_live_when_a_check_fails(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.notifications(alice) as feed:
        await until_live(feed, server, alice)
        rule = server.faults.add(Fault.status(503), LIST)
        server.clock.advance(60)
        await send(server, alice, "live")
        assert await take(feed, 1) == ["live"]
        assert rule.hits == 4


@pytest.mark.asyncio
async def test_feed_delivers_a_row_that_becomes_visible_late() -> None:
    """A transaction that began earlier commits after a later one was listed, while we are away."""
    rows: list[dict[str, Any]] = [{"id": "b", "persistent": True}]
    now = 1000.0

    async def answer(request: web.Request) -> web.Response:
        position = request.query.get("cacheable_cursor", "")
        found = [row for row in rows if row["id"] > position]
        cursor = found[-1]["id"] if found else position or "0"
        return web.json_response({"notifications": found, "cacheable_cursor": cursor})

    async def script(peer: Peer) -> None:
        """Send nothing."""

    store = MemoryCursorStore()
    session = Session(make_token())
    async with (
        ScriptedServer(answer=answer, script=script) as server,
        Client(server.url, clock=lambda: now) as client,
    ):
        async with client.notifications(session, store=store) as feed:
            assert (await anext(feed)).id == "b"
        rows.insert(0, {"id": "a", "persistent": True})
        now += 20
        async with client.notifications(session, store=store) as feed:
            assert (await anext(feed)).id == "a"

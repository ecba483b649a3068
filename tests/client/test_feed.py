"""The notification feed against the mock: every persistent notification once, in order."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

from mock_server import Config, MockServer
from nakama_client import (
    ArgumentError,
    Client,
    ConnectionFailed,
    FileCursorStore,
    InternalError,
    MemoryCursorStore,
    NotConnected,
    Notification,
    NotificationFeed,
    Session,
    SessionExpired,
    SessionReplaced,
    Timeouts,
)
from server_kit.faults import Fault
from tests.client.conftest import Login
from tests.client.scripted import Peer, ScriptedServer, make_token

LIST = "GET /v2/notification"


@pytest_asyncio.fixture
async def client(server: MockServer) -> AsyncIterator[Client]:
    async with Client(server.http_url, clock=server.clock.time, random=lambda: 0.0) as client:
        yield client


def tasks() -> set[asyncio.Task[object]]:
    return {task for task in asyncio.all_tasks() if task.get_name().startswith("nakama_client")}


async def send(server: MockServer, session: Session, *subjects: str, **options: Any) -> None:
    for subject in subjects:
        await server.notifications.send(session.user_id, subject, **options)


async def take(feed: NotificationFeed, count: int) -> list[str]:
    return [(await anext(feed)).subject for _ in range(count)]


async def until_live(feed: NotificationFeed, server: MockServer, session: Session) -> None:
    """Let the feed catch up with all there is: it then waits for what comes live."""
    await send(server, session, "now live", persistent=False)
    assert await take(feed, 1) == ["now live"]
    assert feed.is_live


def requests(server: MockServer) -> int:
    return len(server.journal.find(LIST))


@pytest.mark.asyncio
async def test_stored_first_then_live(client: Client, server: MockServer, alice: Session) -> None:
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
async def test_what_comes_live_while_it_catches_up_comes_once_and_behind(
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
async def test_transient_ones_are_marked(
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
@pytest.mark.parametrize("trouble", ["abort", "disconnect", "restart", "garbage", "black hole"])
async def test_through_troubles(server: MockServer, trouble: str) -> None:
    timeouts = Timeouts(silence=0.2, sign_of_life=0.2)
    async with Client(server.http_url, timeouts=timeouts, random=lambda: 0.0) as client:
        session = await client.authenticate_device("device-of-alice")
        sent = iter(itertools.count())
        seen = []

        async def cause_trouble() -> None:
            if trouble == "abort":
                for socket in server.sockets():  # none while the last trouble lasts
                    socket.abort()
            elif trouble == "disconnect":
                for socket in server.sockets():
                    socket.disconnect()
            elif trouble == "restart":
                await server.restart()
            elif trouble == "garbage":
                server.faults.add(Fault.garbage(), "out notifications", times=1)
            else:
                server.faults.add(Fault.black_hole(), "out notifications", times=1)

        async with client.notifications(session) as feed:
            for _ in range(5):
                await send(server, session, *(f"{next(sent)}" for _ in range(3)))
                seen += await take(feed, 2)
                await cause_trouble()
                await send(server, session, *(f"{next(sent)}" for _ in range(3)))
                seen += await take(feed, 4)
    assert seen == [str(number) for number in range(30)]
    assert not tasks()


@pytest.mark.asyncio
async def test_an_unreadable_frame_is_looked_up(
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
async def test_a_frame_that_vanished_is_found_by_the_next_check(
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
async def test_a_frame_that_comes_twice(client: Client, server: MockServer, alice: Session) -> None:
    async with client.notifications(alice) as feed:
        await until_live(feed, server, alice)
        server.faults.add(Fault.duplicate(), "out notifications")
        await send(server, alice, "a", "b", "c")
        assert await take(feed, 3) == ["a", "b", "c"]
        server.faults.clear()
        await until_live(feed, server, alice)


# --- its own restarts ---------------------------------------------------------------------------


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["memory", "file"])
async def test_it_goes_on_where_the_last_one_ended(
    client: Client, server: MockServer, alice: Session, kind: str, tmp_path: Path
) -> None:
    memory = MemoryCursorStore()

    def store() -> MemoryCursorStore | FileCursorStore:
        return memory if kind == "memory" else FileCursorStore(tmp_path)

    seen = []
    for life in range(4):
        await send(server, alice, f"{life} away")
        async with client.notifications(alice, store=store()) as feed:
            seen += await take(feed, 1)
            await send(server, alice, f"{life} live")
            seen += await take(feed, 1)
        server.clock.advance(20)
    assert seen == [f"{life} {how}" for life in range(4) for how in ("away", "live")]


@pytest.mark.asyncio
async def test_without_a_store_it_begins_at_the_beginning(
    client: Client, server: MockServer, alice: Session
) -> None:
    await send(server, alice, "a", "b")
    for _ in range(2):
        async with client.notifications(alice) as feed:
            assert await take(feed, 2) == ["a", "b"]


@pytest.mark.asyncio
async def test_what_was_not_handled_comes_again(
    client: Client, server: MockServer, alice: Session
) -> None:
    store = MemoryCursorStore()
    await send(server, alice, "a", "b", "c")
    handled = []

    async def handle(*, until: str, broken: str = "") -> None:
        async with client.notifications(alice, store=store) as feed:
            async for notification in feed:
                if notification.subject == broken:
                    raise ZeroDivisionError
                handled.append(notification.subject)
                if notification.subject == until:
                    break

    with pytest.raises(ZeroDivisionError):
        await handle(until="c", broken="b")
    await handle(until="c")
    assert handled == ["a", "b", "c"]
    await send(server, alice, "d")
    async with client.notifications(alice, store=store) as feed:
        assert await take(feed, 1) == ["d"], "the body had ended when the loop was left"


@pytest.mark.asyncio
async def test_a_function_for_each(client: Client, server: MockServer, alice: Session) -> None:
    store = MemoryCursorStore()
    await send(server, alice, "a", "b", "c")
    handled: list[str] = []

    async def handle(notification: Notification) -> None:
        if notification.subject == "b" and "b" not in handled:
            handled.append("b")
            raise ZeroDivisionError
        handled.append(notification.subject)
        if notification.subject == "c":
            finished.set()

    finished = asyncio.Event()
    async with client.notifications(alice, store=store) as feed:
        with pytest.raises(ZeroDivisionError):
            await feed.run(handle)
        going_on = asyncio.create_task(feed.run(handle))
        await finished.wait()
        await feed.close()
        await going_on
    assert handled == ["a", "b", "c"]
    async with client.notifications(alice, store=store) as feed:
        assert await take(feed, 1) == ["b"]


@pytest.mark.asyncio
async def test_acknowledging_by_hand(client: Client, server: MockServer, alice: Session) -> None:
    store = MemoryCursorStore()
    await send(server, alice, "a", "b", "c", "d")
    async with client.notifications(alice, store=store, acknowledge="manual") as feed:
        found = {}
        for _ in range(4):
            notification = await anext(feed)
            found[notification.subject] = notification
        await asyncio.gather(*(feed.acknowledge(found[each]) for each in ("d", "b", "b")))
        await send(server, alice, "passing", persistent=False)
        await feed.acknowledge(await anext(feed))
    await feed.acknowledge(found["a"])
    async with client.notifications(alice, store=store, acknowledge="manual") as feed:
        assert await take(feed, 1) == ["c"]
        await until_live(feed, server, alice)


@pytest.mark.asyncio
async def test_a_loop_that_waits_for_acknowledgements_goes_on_after_them(
    client: Client, server: MockServer, alice: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nakama_client.protocol.catchup._MOST_REMEMBERED", 5)
    await send(server, alice, *"abcdef")
    async with client.notifications(alice, acknowledge="manual") as feed:
        in_work = [await anext(feed) for _ in range(5)]
        waiting = asyncio.create_task(take(feed, 1))
        for each in in_work:
            await asyncio.sleep(0)  # the task's turn
            assert not waiting.done()
            await feed.acknowledge(each)
        assert await waiting == ["f"]


@pytest.mark.asyncio
async def test_a_queue_of_work(client: Client, server: MockServer, alice: Session) -> None:
    store = MemoryCursorStore()
    await send(server, alice, "a", "b", "c")

    async def left() -> list[str]:
        return [each["subject"] for each in await server.notifications.stored(alice.user_id)]

    async def work() -> None:
        async with client.notifications(alice, store=store, acknowledge="delete") as feed:
            async for notification in feed:
                assert (await left())[0] == notification.subject, "deleted before it was handled"
                if notification.subject == "c":
                    raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await work()
    assert await left() == ["c"]
    async with client.notifications(alice, acknowledge="delete") as feed:
        assert await take(feed, 1) == ["c"]
        await send(server, alice, "live")
        assert await take(feed, 1) == ["live"]
    assert await left() == []


@pytest.mark.asyncio
async def test_what_could_not_be_deleted_is_deleted_later(
    client: Client, server: MockServer, alice: Session
) -> None:
    store = MemoryCursorStore()
    await send(server, alice, "a", "b")
    rule = server.faults.add(Fault.status(503), "DELETE /v2/notification")
    async with client.notifications(alice, store=store, acknowledge="delete") as feed:
        assert await take(feed, 2) == ["a", "b"]
    assert len(await server.notifications.stored(alice.user_id)) == 2
    rule.remove()
    async with client.notifications(alice, store=store, acknowledge="delete") as feed:
        await until_live(feed, server, alice)
    assert await server.notifications.stored(alice.user_id) == []


@pytest.mark.asyncio
async def test_the_stored_position_can_be_forgotten(
    client: Client, server: MockServer, alice: Session
) -> None:
    store = MemoryCursorStore()
    await send(server, alice, "a")
    feed = client.notifications(alice, store=store)
    async with feed:
        assert await take(feed, 1) == ["a"]
        with pytest.raises(RuntimeError, match="close the feed"):
            await feed.forget()
    async with feed:
        await until_live(feed, server, alice)
    await feed.forget()
    async with feed:
        assert await take(feed, 1) == ["a"]


@pytest.mark.asyncio
async def test_a_position_that_cannot_be_read(
    client: Client, server: MockServer, alice: Session
) -> None:
    store = MemoryCursorStore()
    await store.save(alice.user_id, "{nonsense")
    feed = client.notifications(alice, store=store)
    with pytest.raises(ArgumentError, match="stored position"):
        await feed.open()
    await feed.forget()
    async with feed:
        await until_live(feed, server, alice)
    await store.save(alice.user_id, json.dumps({"cursor": "of another server"}))
    async with feed:
        with pytest.raises(InternalError, match="Error retrieving notifications"):
            await anext(feed)


@pytest.mark.asyncio
async def test_what_the_store_raises_comes_out(
    client: Client, server: MockServer, alice: Session
) -> None:
    class Full(MemoryCursorStore):
        async def save(self, key: str, text: str) -> None:
            raise OSError("the disk is full")

    await send(server, alice, "a", "b")
    with pytest.raises(OSError, match="disk is full"):
        async with client.notifications(alice, store=Full()) as feed:
            await take(feed, 2)
    assert not tasks()


@pytest.mark.asyncio
async def test_the_memory_stays_small(client: Client, server: MockServer, alice: Session) -> None:
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


# --- sockets and ends ---------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_socket_of_ones_own_stays_open(
    client: Client, server: MockServer, alice: Session, login: Login
) -> None:
    handled: list[str] = []
    async with client.socket(alice) as socket:
        socket.on_notification(lambda each: handled.append(each.subject))
        async with client.notifications(alice, socket=socket) as feed:
            await send(server, alice, "both")
            assert await take(feed, 1) == ["both"]
            assert feed.socket is socket
        assert socket.is_connected
        await send(server, alice, "only the handler")
        assert (await socket.rpc("echo", "x")).payload == "x"
    assert handled == ["both", "only the handler"]
    socket = client.socket(alice)
    async with client.notifications(alice, socket=socket) as feed:
        assert socket.is_connected
    assert socket.is_connected
    await socket.close()
    with pytest.raises(ArgumentError, match="another player"):
        client.notifications(await login("bob"), socket=socket)


@pytest.mark.asyncio
async def test_it_ends_when_its_socket_is_closed(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.socket(alice) as socket, client.notifications(alice, socket=socket) as feed:
        await until_live(feed, server, alice)
        await send(server, alice, "last", persistent=False)
        await socket.rpc("echo")
        await socket.close()
        assert [each.subject async for each in feed] == ["last"]


@pytest.mark.asyncio
async def test_a_waiting_loop_ends_when_the_feed_is_closed(
    client: Client, server: MockServer, alice: Session
) -> None:
    feed = client.notifications(alice)
    with pytest.raises(NotConnected, match="not open"):
        await anext(feed)
    await feed.open()
    await feed.open()
    handled: asyncio.Queue[Notification] = asyncio.Queue()
    waiting = asyncio.create_task(feed.run(handled.put_nowait))
    await send(server, alice, "live")
    await handled.get()
    await feed.close()
    await waiting
    await feed.close()
    assert not tasks()


@pytest.mark.asyncio
async def test_a_twin_ends_it() -> None:
    config = Config.from_settings({"session.single_socket": True})
    async with MockServer(config) as server, Client(server.http_url) as client:
        session = await client.authenticate_device("device-of-alice")
        async with client.notifications(session) as older:
            await until_live(older, server, session)
            async with client.notifications(session) as newer:
                farewell = await anext(older)
                assert (farewell.code, farewell.persistent) == (-7, False)
                with pytest.raises(SessionReplaced):
                    await anext(older)
                await until_live(newer, server, session)


@pytest.mark.asyncio
async def test_a_session_that_is_dead_ends_it(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.notifications(alice) as feed:
        await until_live(feed, server, alice)
        server.clock.advance(4000)
        server.sockets()[0].abort()
        with pytest.raises(SessionExpired):
            await anext(feed)
    assert not tasks()


@pytest.mark.asyncio
async def test_nobody_there() -> None:
    async with ScriptedServer() as gone:
        url = gone.url
    async with Client(url, random=lambda: 0.0) as client:
        with pytest.raises(ConnectionFailed):
            await client.notifications(Session(make_token())).open()
    assert not tasks()


@pytest.mark.asyncio
async def test_two_tasks_may_not_iterate(client: Client, alice: Session) -> None:
    async with client.notifications(alice) as feed:
        first = asyncio.create_task(anext(feed))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="two tasks"):
            await anext(feed)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)


@pytest.mark.asyncio
async def test_a_cancelled_wait_loses_nothing(
    client: Client, server: MockServer, alice: Session
) -> None:
    async with client.notifications(alice) as feed:
        await until_live(feed, server, alice)
        for number in range(20):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await anext(feed)
            await send(server, alice, str(number))
            assert await take(feed, 1) == [str(number)]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "arguments",
    [
        {"acknowledge": "sometimes"},
        {"queue_limit": 0},
        {"look_back": -1},
        {"check_interval": 0},
    ],
)
async def test_bad_arguments(client: Client, alice: Session, arguments: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError):
        client.notifications(alice, **arguments)


# --- limits -------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_more_than_can_wait_is_listed_later(
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
async def test_listing_that_fails_is_tried_until_it_works(
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
async def test_a_server_that_fails_at_the_beginning(
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
async def test_a_check_that_fails_does_not_stop_what_comes_live(
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
async def test_a_late_row_is_found() -> None:
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

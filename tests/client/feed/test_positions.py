"""What counts as handled, and where the feed goes on after a restart."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from mock_server import MockServer
from nakama_client import (
    ArgumentError,
    Client,
    FileCursorStore,
    InternalError,
    MemoryCursorStore,
    Notification,
    Session,
)
from server_kit.faults import Fault
from tests.client.feed.steps import send, take, until_live
from tests.client.leaks import tasks


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", ["memory", "file"])
async def test_feed_resumes_where_the_last_one_ended(
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
async def test_feed_without_store_begins_at_the_beginning(
    client: Client, server: MockServer, alice: Session
) -> None:
    await send(server, alice, "a", "b")
    for _ in range(2):
        async with client.notifications(alice) as feed:
            assert await take(feed, 2) == ["a", "b"]


@pytest.mark.asyncio
async def test_feed_delivers_unacknowledged_again_after_a_restart(
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
async def test_run_calls_a_function_for_each_notification(
    client: Client, server: MockServer, alice: Session
) -> None:
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
async def test_acknowledge_manual_counts_only_acknowledged(
    client: Client, server: MockServer, alice: Session
) -> None:
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
async def test_feed_waits_for_acknowledgements_when_its_log_is_full(
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
async def test_acknowledge_delete_deletes_what_was_handled(
    client: Client, server: MockServer, alice: Session
) -> None:
    store = MemoryCursorStore()
    await send(server, alice, "a", "b", "c")

    async def left() -> list[str]:
        return [each["subject"] for each in await server.notifications.stored(alice.user_id)]

    async def work() -> None:
        async with client.notifications(alice, store=store, acknowledge="delete") as feed:
            async for notification in feed:
                assert notification.subject in await left(), "deleted before it was handled"
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
async def test_acknowledge_delete_repeats_a_failed_delete(
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
async def test_forget_begins_at_the_beginning(
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
async def test_open_raises_for_a_position_that_it_cannot_read(
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
async def test_open_says_what_is_wrong_with_a_store_that_is_none(
    client: Client, alice: Session
) -> None:
    class Plain:
        """Its functions are not async."""

        def load(self, key: str) -> str | None:
            return None

        def save(self, key: str, text: str) -> None:
            return None

        delete = load

    class Numbers(MemoryCursorStore):
        async def load(self, key: str) -> Any:
            return 5

    plain = client.notifications(alice, store=Plain())  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="store's load must be an async function"):
        await plain.open()
    with pytest.raises(ArgumentError, match="store's delete must be an async function"):
        await plain.forget()
    with pytest.raises(ArgumentError, match="must return a str or None, not int"):
        await client.notifications(alice, store=Numbers()).open()


@pytest.mark.asyncio
async def test_feed_raises_what_the_store_raises(
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

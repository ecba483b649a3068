"""Positions and deletions that are written behind what is handled."""

import asyncio
import json

import pytest

from nakama_client import (
    Client,
    MemoryCursorStore,
    NotificationFeed,
    Session,
    SessionExpired,
)
from nakama_client.checkpoint import MOST_PENDING
from tests.client.feed.listing import StoredList, row, silent
from tests.client.leaks import tasks
from tests.client.scripted import ScriptedServer, make_token

SESSION = Session(make_token())
COUNT = 3000


class CountingStore(MemoryCursorStore):
    """Counts what is written; `may_write` keeps a write waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0
        self.may_write = asyncio.Event()
        self.may_write.set()

    async def save(self, key: str, text: str) -> None:
        await self.may_write.wait()
        self.writes += 1
        await super().save(key, text)

    async def seen(self) -> int:
        text = await self.load(SESSION.user_id)
        return 0 if text is None else len(json.loads(text)["seen"])


async def take(feed: NotificationFeed, count: int) -> list[int]:
    return [int((await anext(feed)).subject) for _ in range(count)]


@pytest.mark.asyncio
async def test_feed_writes_once_for_many_and_resumes_where_it_ended() -> None:
    stored = StoredList(*map(row, range(COUNT)))
    store = CountingStore()
    async with (
        ScriptedServer(answer=stored.answer, script=silent) as server,
        Client(server.url) as client,
    ):
        async with client.notifications(SESSION, store=store) as feed:
            assert await take(feed, COUNT - 1) == list(range(COUNT - 1))
        assert store.writes <= COUNT // 50
        async with client.notifications(SESSION, store=store) as feed:
            assert await take(feed, 1) == [COUNT - 1]
    assert not tasks()


@pytest.mark.asyncio
async def test_feed_waits_for_its_store_before_more_could_repeat_than_is_promised() -> None:
    stored = StoredList(*map(row, range(COUNT)))
    store = CountingStore()
    store.may_write.clear()
    async with (
        ScriptedServer(answer=stored.answer, script=silent) as server,
        Client(server.url) as client,
        client.notifications(SESSION, store=store) as feed,
    ):
        taken: asyncio.Queue[int] = asyncio.Queue()
        taking = asyncio.create_task(_put_each(feed, COUNT, taken))
        handled = [await taken.get() for _ in range(MOST_PENDING)]
        for _ in range(MOST_PENDING):  # turns in which more would come
            await asyncio.sleep(0)
        assert feed._state is not None
        assert feed._state.checkpoint._pending == MOST_PENDING
        assert not taking.done()
        store.may_write.set()
        handled += [await taken.get() for _ in range(COUNT - MOST_PENDING)]
        assert handled == list(range(COUNT))
        await taking


async def _put_each(feed: NotificationFeed, count: int, taken: asyncio.Queue[int]) -> None:
    for _ in range(count):
        taken.put_nowait(int((await anext(feed)).subject))


@pytest.mark.asyncio
async def test_flush_stores_what_was_acknowledged() -> None:
    stored = StoredList(*map(row, range(5)))
    store = CountingStore()
    async with (
        ScriptedServer(answer=stored.answer, script=silent) as server,
        Client(server.url) as client,
        client.notifications(SESSION, store=store, acknowledge="manual") as feed,
    ):
        found = [await anext(feed) for _ in range(5)]
        await asyncio.gather(*map(feed.acknowledge, found[:3]))
        await feed.flush()
        assert await store.seen() == 3
        await feed.acknowledge(found[3])
        await feed.flush()
        assert await store.seen() == 4


@pytest.mark.asyncio
async def test_acknowledge_delete_deletes_in_batches() -> None:
    stored = StoredList(*map(row, range(COUNT)))
    async with (
        ScriptedServer(answer=stored.answer, script=silent) as server,
        Client(server.url) as client,
    ):
        async with client.notifications(SESSION, acknowledge="delete") as feed:
            found = await take(feed, COUNT)
            await feed.flush()
            gone = [each for ids in stored.deleted for each in ids]
            assert gone == [row(number)["id"] for number in found[:-1]]
        assert stored.deleted[-1] == [row(COUNT - 1)["id"]]
    assert len(stored.deleted) <= COUNT // 50
    assert not tasks()


@pytest.mark.asyncio
async def test_feed_raises_what_a_deletion_raised_behind_it() -> None:
    stored = StoredList(*map(row, range(10)))
    async with (
        ScriptedServer(answer=stored.answer, script=silent) as server,
        Client(server.url) as client,
    ):
        feed = client.notifications(SESSION, acknowledge="delete")

        async def refuse(*_: object) -> None:
            raise SessionExpired("over")

        await feed.open()
        feed._client.delete_notifications = refuse  # type: ignore[method-assign]
        await take(feed, 2)
        with pytest.raises(SessionExpired, match="over"):
            await feed.flush()
        with pytest.raises(SessionExpired, match="over"):
            await feed.close()
    assert not tasks()

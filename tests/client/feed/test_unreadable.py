"""Notifications that can't be read: their neighbours are delivered, each is reported once."""

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from nakama_client import (
    Client,
    MalformedFrame,
    MemoryCursorStore,
    Session,
    UnexpectedReply,
    UnreadableItem,
)
from tests.client.feed.listing import StoredList, row, silent
from tests.client.scripted import Peer, ScriptedServer, make_token
from tests.inner_loop import examples

SESSION = Session(make_token())

DAMAGE: list[dict[str, Any]] = [
    {"create_time": "garbage"},
    {"create_time": "0000-01-01T00:00:00Z"},
    {"content": 5},
    {"content": [1]},
    {"code": 1e300},
    {"persistent": "yes"},
]


def damaged(number: int, damage: dict[str, Any]) -> dict[str, Any]:
    return row(number) | damage


@pytest.mark.asyncio
@pytest.mark.parametrize("damage", DAMAGE)
async def test_feed_delivers_the_neighbours_of_a_stored_notification_and_reports_it_once(
    damage: dict[str, Any],
) -> None:
    bad = damaged(2, damage)
    stored = StoredList(row(1), bad, row(3))
    now = 1_000_000.0
    reported: list[Exception] = []
    store = MemoryCursorStore()
    async with (
        ScriptedServer(answer=stored.answer, script=silent) as server,
        Client(server.url, clock=lambda: now) as client,
    ):
        for life in range(3):
            feed = client.notifications(SESSION, store=store)
            feed.socket.on_error(reported.append)
            async with feed:
                if life == 0:
                    assert [(await anext(feed)).subject for _ in range(2)] == ["1", "3"]
                now += 3600  # the feed looks at the list again
                stored.rows.append(row(10 + life))
                assert (await anext(feed)).subject == str(10 + life)
    (error,) = reported
    assert isinstance(error, UnreadableItem)
    assert error.id == bad["id"]
    assert json.loads(error.raw) == bad
    assert "can't be read" in str(error)


@pytest.mark.asyncio
async def test_feed_goes_on_behind_a_page_that_holds_nothing_else() -> None:
    stored = StoredList(*(damaged(number, DAMAGE[0]) for number in range(250)), row(250))
    reported: list[Exception] = []
    async with (
        ScriptedServer(answer=stored.answer, script=silent) as server,
        Client(server.url) as client,
    ):
        feed = client.notifications(SESSION)
        feed.socket.on_error(reported.append)
        async with feed:
            assert (await anext(feed)).subject == "250"
    assert len({error.id for error in reported if isinstance(error, UnreadableItem)}) == 250
    assert len(reported) == 250


@pytest.mark.asyncio
@pytest.mark.parametrize("damage", DAMAGE)
async def test_live_notification_that_cannot_be_read_is_reported_once_and_hides_none(
    damage: dict[str, Any],
) -> None:
    """It also stands in the list, and its frame comes twice."""
    bad = damaged(2, damage)
    stored = StoredList(row(1))
    peers: asyncio.Queue[Peer] = asyncio.Queue()
    reported: list[Exception] = []
    handled: list[str] = []
    async with (
        ScriptedServer(answer=stored.answer, script=peers.put) as server,
        Client(server.url) as client,
    ):
        feed = client.notifications(SESSION)
        feed.socket.on_error(reported.append)
        feed.socket.on_notification(lambda notification: handled.append(notification.subject))
        async with feed:
            assert (await anext(feed)).subject == "1"
            peer = await peers.get()
            stored.rows += [bad, row(3)]
            await peer.notify(bad, row(3))
            await peer.notify(bad)
            await peer.send({"notifications": {"notifications": "no list"}})
            assert (await anext(feed)).subject == "3"
            stored.rows.append(row(4))
            assert (await anext(feed)).subject == "4"
    assert [type(error) for error in reported] == [UnreadableItem, MalformedFrame]
    assert handled == ["3"]


@pytest.mark.asyncio
async def test_list_and_iter_notifications_give_the_neighbours_and_report_once() -> None:
    bad = damaged(2, DAMAGE[0])
    stored = StoredList(*(damaged(number, DAMAGE[1]) for number in range(100, 200)), bad, row(3))
    reported: list[Exception] = []
    async with ScriptedServer(answer=stored.answer) as server, Client(server.url) as client:
        client.on_error(reported.append)
        for _ in range(2):
            found = [each.subject async for each in client.iter_notifications(SESSION)]
            assert found == ["3"]
        page = await client.list_notifications(SESSION, cursor="100")
        assert [each.subject for each in page.notifications] == ["3"]
        (unreadable,) = page.unreadable
        assert (unreadable.id, json.loads(unreadable.raw)) == (bad["id"], bad)
    assert len(reported) == 101


@pytest.mark.asyncio
async def test_list_friends_gives_the_neighbours_of_one_that_cannot_be_read() -> None:
    friends = [{"user": {"id": "a"}}, {"user": 5}, {"user": {"id": "c"}}]

    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"friends": friends})

    reported: list[Exception] = []
    async with ScriptedServer(answer=answer) as server, Client(server.url) as client:
        client.on_error(reported.append)
        page = await client.list_friends(SESSION)
        assert [friend.user.id for friend in page.friends] == ["a", "c"]
        friends[:] = [{"user": 5}]
        with pytest.raises(UnexpectedReply):
            await client.list_friends(SESSION)
    (error,) = reported
    assert isinstance(error, UnreadableItem)


@settings(max_examples=examples(25), deadline=None)
@given(kinds=st.lists(st.sampled_from([None, *range(len(DAMAGE))]), min_size=1, max_size=8))
def test_feed_delivers_every_readable_notification_once(kinds: list[int | None]) -> None:
    rows = [
        row(number) if kind is None else damaged(number, DAMAGE[kind])
        for number, kind in enumerate(kinds)
    ]
    good = [each["subject"] for each, kind in zip(rows, kinds, strict=True) if kind is None]

    async def read() -> None:
        stored = StoredList(*rows, row(99))
        reported: list[Exception] = []
        async with (
            ScriptedServer(answer=stored.answer, script=silent) as server,
            Client(server.url) as client,
        ):
            feed = client.notifications(SESSION)
            feed.socket.on_error(reported.append)
            async with feed:
                found = [(await anext(feed)).subject for _ in range(len(good) + 1)]
        assert found == [*good, "99"]
        assert len(reported) == len(kinds) - len(good)

    asyncio.run(read())

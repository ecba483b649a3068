"""Servers that repeat pages or cursors: every list ends."""

import asyncio
import itertools
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from nakama_client import Client, MemoryCursorStore, Session
from tests.client.feed.listing import silent
from tests.client.scripted import ScriptedServer, make_token
from tests.inner_loop import examples

SESSION = Session(make_token())
ID = "00000000-0000-0000-0000-000000000001"

Page = tuple[list[str], str]


class Repeating:
    """Answers with these pages, in turn; a cursor of "*" is another one each time."""

    def __init__(self, pages: list[Page]) -> None:
        self.requests = 0
        self._pages = itertools.cycle(pages)
        self._numbers = itertools.count()

    async def answer(self, request: web.Request) -> web.Response:
        self.requests += 1
        ids, cursor = next(self._pages)
        rows: list[dict[str, Any]] = [{"id": each, "persistent": True} for each in ids]
        if cursor == "*":
            cursor = f"new {next(self._numbers)}"
        return web.json_response({"notifications": rows, "cacheable_cursor": cursor})


CASES: dict[str, list[Page]] = {
    "one page under ever-new cursors": [(["a", "b"], "*")],
    "two pages under ever-new cursors": [(["a"], "*"), (["b"], "*")],
    "two cursors in turn": [(["a"], "A"), (["b"], "B")],
    "the same cursor": [(["a", "b"], "same")],
}


@pytest.mark.asyncio
@pytest.mark.parametrize("case", CASES)
async def test_iter_notifications_ends_at_a_page_or_cursor_that_comes_again(case: str) -> None:
    repeating = Repeating(CASES[case])
    async with ScriptedServer(answer=repeating.answer) as server, Client(server.url) as client:
        found = [each.id async for each in client.iter_notifications(SESSION)]
    assert found == ["a", "b"]
    assert repeating.requests <= len(CASES[case]) + 1


# What each iterator takes beside the session, and a page with one item of each.
ITERATORS: dict[str, tuple[str, ...]] = {
    "iter_channel_messages": ("2...tavern",),
    "iter_friends": (),
    "iter_friends_of_friends": (),
    "iter_group_users": (ID,),
    "iter_groups": (),
    "iter_leaderboard_records": ("board",),
    "iter_notifications": (),
    "iter_parties": (),
    "iter_storage_objects": ("saves",),
    "iter_subscriptions": (),
    "iter_tournament_records": ("cup",),
    "iter_tournaments": (),
    "iter_user_groups": (ID,),
}
ONE_OF_EACH = {
    "friends": [{"user": {"id": ID}}],
    "friends_of_friends": [{"user": {"id": ID}}],
    "group_users": [{"user": {"id": ID}}],
    "groups": [{"id": ID}],
    "messages": [{"message_id": ID}],
    "notifications": [{"id": ID}],
    "objects": [{"key": "one"}],
    "parties": [{"party_id": ID}],
    "records": [{"owner_id": ID}],
    "tournaments": [{"id": "cup"}],
    "user_groups": [{"group": {"id": ID}}],
    "validated_subscriptions": [{"product_id": "one"}],
}


def test_every_iterator_is_among_those() -> None:
    assert set(ITERATORS) == {name for name in dir(Client) if name.startswith("iter_")}


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ITERATORS)
async def test_iterators_wait_for_the_request_of_a_cancelled_anext(name: str) -> None:
    asked, release = asyncio.Event(), asyncio.Event()
    requests = 0

    async def answer(request: web.Request) -> web.Response:
        nonlocal requests
        requests += 1
        asked.set()
        await release.wait()
        return web.json_response(ONE_OF_EACH)

    async with ScriptedServer(answer=answer) as server, Client(server.url) as client:
        found = getattr(client, name)(SESSION, *ITERATORS[name])
        for _ in range(3):
            waiting = asyncio.ensure_future(anext(found))
            await asked.wait()
            waiting.cancel()
            await asyncio.wait([waiting])
        release.set()
        assert await anext(found)
        assert requests == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("case", CASES)
async def test_feed_delivers_once_and_waits_when_pages_come_again(case: str) -> None:
    repeating = Repeating(CASES[case])
    async with (
        ScriptedServer(answer=repeating.answer, script=silent) as server,
        Client(server.url) as client,
        client.notifications(SESSION, store=MemoryCursorStore()) as feed,
    ):
        assert [(await anext(feed)).id for _ in range(2)] == ["a", "b"]
        while not feed.is_live:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await anext(feed)
        assert repeating.requests <= len(CASES[case]) + 1


PAGES = st.lists(
    st.tuples(
        st.lists(st.sampled_from("abcdef"), max_size=3, unique=True),
        st.sampled_from(["A", "B", "C", "*"]),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=examples(60), deadline=None)
@given(pages=PAGES)
def test_every_list_of_repeated_pages_ends(pages: list[Page]) -> None:
    async def iterate() -> None:
        repeating = Repeating(pages)
        async with ScriptedServer(answer=repeating.answer) as server, Client(server.url) as client:
            found = [each.id async for each in client.iter_notifications(SESSION)]
        assert repeating.requests <= len(pages) + 1
        assert len(found) <= sum(len(ids) for ids, _ in pages)

    asyncio.run(iterate())

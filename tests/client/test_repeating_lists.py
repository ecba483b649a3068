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

SESSION = Session(make_token())

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


@settings(max_examples=60, deadline=None)
@given(pages=PAGES)
def test_every_list_of_repeated_pages_ends(pages: list[Page]) -> None:
    async def walk() -> None:
        repeating = Repeating(pages)
        async with ScriptedServer(answer=repeating.answer) as server, Client(server.url) as client:
            found = [each.id async for each in client.iter_notifications(SESSION)]
        assert repeating.requests <= len(pages) + 1
        assert len(found) <= sum(len(ids) for ids, _ in pages)

    asyncio.run(walk())

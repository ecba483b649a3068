"""Long lists as JSON: the same as short ones, in pieces between which others are served."""

from typing import Any

import aiohttp
import pytest
from aiohttp import web

from server_kit import long_answers
from server_kit.long_answers import answer_list


async def answer_of(items: list[Any], served: list[int]) -> tuple[Any, str | None]:
    async def serve(request: web.Request) -> web.StreamResponse:
        def counted() -> Any:
            for item in items:
                served.append(len(served))
                yield item

        return await answer_list(request, "items", counted(), dropped=3, more=None)

    app = web.Application()
    app.router.add_get("/", serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        async with aiohttp.ClientSession() as http, http.get(url) as answer:
            assert answer.content_type == "application/json"
            return await answer.json(), answer.headers.get("Content-Length")
    finally:
        await runner.cleanup()


@pytest.mark.asyncio
@pytest.mark.parametrize("items", [[], ["one"], ["é", {"a": [1]}, None], ["\ud800"]])
async def test_a_short_list_is_one_answer(items: list[Any]) -> None:
    body, length = await answer_of(items, [])
    assert body == {"items": items, "dropped": 3, "more": None}
    assert length is not None


@pytest.mark.asyncio
@pytest.mark.parametrize("count", [1, 2, 9, 10, 11])
async def test_a_long_list_comes_in_pieces(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_answers, "PIECE", 30)
    items = [f"item {number:02}" for number in range(count)]
    body, length = await answer_of(items, [])
    assert body == {"items": items, "dropped": 3, "more": None}
    assert (length is None) == (count > 2)

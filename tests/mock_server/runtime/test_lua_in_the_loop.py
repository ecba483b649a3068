"""Lua runs in the loop's thread, and takes it from nobody."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.mock_server.runtime.game import lua_rpcs, serving
from tests.web_server import WebServer

_MODULES = {
    "main.lua": lua_rpcs(
        {
            "fetch": """
                local input = nk.json_decode(payload)
                local ok, status, _, body = pcall(nk.http_request, input.url, "get", {}, "")
                return nk.json_encode({ input.name, ok, status, body })
            """,
            "spin": "nk.http_request(payload, 'get', {}, '') while true do end",
            "hash": "return tostring(nk.bcrypt_compare(nk.bcrypt_hash(payload), payload))",
            "hi": "return 'hi'",
        }
    )
}


@pytest.mark.asyncio
async def test_calls_that_wait_at_once_each_get_their_own_answer(tmp_path: Path) -> None:
    async with WebServer() as web, serving(tmp_path, _MODULES) as game:
        calls = [
            asyncio.ensure_future(
                game.rpc("fetch", json.dumps({"name": f"n{index}", "url": f"{web.url}/{index}"}))
            )
            for index in range(20)
        ]
        visits = [await web.visits.get() for _ in calls]
        assert (await game.rpc("hi")).body == "hi"
        for visit in reversed(visits):
            visit.reply(visit.line.split()[1])
        for index, call in enumerate(calls):
            assert (await call).body == [f"n{index}", True, 200, f"/{index}"]


@pytest.mark.asyncio
async def test_an_endless_call_leaves_others_their_turns(tmp_path: Path) -> None:
    async with WebServer() as web, serving(tmp_path, _MODULES) as game:
        call = asyncio.ensure_future(game.rpc("spin", web.url))
        (await web.visits.get()).reply()
        for _ in range(3):
            assert (await game.rpc("hi")).body == "hi"
        assert not call.done()
        await game.server.reset()
        assert (await call).status != 200


@pytest.mark.asyncio
async def test_a_slow_hash_is_not_computed_in_the_loop(tmp_path: Path) -> None:
    async with serving(tmp_path, _MODULES) as game:
        answers = await asyncio.gather(*(game.rpc("hash", "a password") for _ in range(3)))
        assert [answer.body for answer in answers] == [True] * 3

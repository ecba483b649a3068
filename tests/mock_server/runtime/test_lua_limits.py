"""Lua code that runs for ever, waits or runs often takes nothing from others."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
from pathlib import Path

import aiohttp
import pytest
from lupa.lua51 import LuaRuntime

from server_kit.web.events import KEPT
from tests.inner_loop import mostly_slow
from tests.mock_server.runtime.game import Game, lua_rpcs, serving
from tests.web_server import WebServer

_ENDLESS = {
    "a loop": "while true do end",
    "a recursion": "local function f() return f() end f()",
    "a loop in a pcall": "pcall(function() while true do end end) return 'got away'",
    "an xpcall": "xpcall(function() while true do end end, function() end) return ''",
    "pcall in a loop": "while true do pcall(error, 'x') end",
    "pcall of pcall": "while true do pcall(pcall, function() while true do end end) end",
    "a loop of runtime functions": "while true do nk.md5_hash('x') end",
    "a loop in a sort": "table.sort({ 1, 2, 3 }, function() while true do end end)",
    "a loop in a metamethod": "return setmetatable({}, { __index = function() while true do end "
    "end }).x",
}


@pytest.mark.parametrize("name", mostly_slow(_ENDLESS, fast={"a loop in a pcall"}))
@pytest.mark.asyncio
async def test_endless_code_is_cut_and_the_server_lives_on(tmp_path: Path, name: str) -> None:
    source = lua_rpcs({"endless": _ENDLESS[name], "hi": "return 'hi'"})
    async with serving(tmp_path, {"main.lua": source}, runtime__lua_time_limit_sec=0.1) as game:
        for _ in range(2):
            assert "the Lua code ran longer than runtime.lua_time_limit_sec (0.1 s)" in (
                await game.failure("endless")
            )
            assert (await game.rpc("hi")).body == "hi"


@pytest.mark.asyncio
async def test_an_endless_recursion_is_an_error(tmp_path: Path) -> None:
    source = lua_rpcs({"deep": "local function f() return 1 + f() end f()", "hi": "return 'hi'"})
    async with serving(tmp_path, {"main.lua": source}) as game:
        assert "stack overflow" in await game.failure("deep")
        assert (await game.rpc("hi")).body == "hi"


_FULL = """
kept = kept or {}
local function fill()
  local text = ("x"):rep(2 ^ 22)
  while true do kept[#kept + 1] = text .. #kept end
end
while true do pcall(fill) nk.json_encode({ kept[1] }) nk.md5_hash("x") end
"""


@pytest.mark.asyncio
async def test_a_call_that_uses_up_memory_fails_and_the_next_one_has_a_fresh_state(
    tmp_path: Path,
) -> None:
    source = lua_rpcs({"fill": _FULL, "hi": "return tostring(kept)"})
    async with serving(tmp_path, {"main.lua": source}) as game:
        assert "not enough memory" in await game.failure("fill")
        assert (await game.rpc("hi")).body == "nil"


@pytest.mark.slow
@pytest.mark.asyncio
async def test_what_calls_leave_behind_takes_no_memory_from_later_ones(tmp_path: Path) -> None:
    source = lua_rpcs({"use": "return tostring(#(('x'):rep(2 ^ 26) .. payload))"})
    async with serving(tmp_path, {"main.lua": source}, runtime__lua_max_count=1) as game:
        for _ in range(5):
            assert (await game.rpc("use", "1")).body == 2**26 + 1


_FETCH = lua_rpcs(
    {
        "fetch": "local _, _, body = nk.http_request(payload, 'get', {}, '') return body",
        "hi": "return 'hi'",
        "endless": "while true do end",
        "events": "nk.event('seen', {}) return ''",
    }
)


@pytest.mark.asyncio
async def test_a_call_that_waits_does_not_hold_up_others(tmp_path: Path) -> None:
    async with WebServer() as web, serving(tmp_path, {"main.lua": _FETCH}) as game:
        fetch = asyncio.ensure_future(game.rpc("fetch", web.url))
        visit = await web.visits.get()
        assert (await game.rpc("hi")).body == "hi"
        assert (await game.request("GET", "/v2/account", await game.login())).status == 200
        visit.reply("late")
        assert (await fetch).body == "late"


@pytest.mark.asyncio
async def test_waiting_does_not_count_towards_the_limit(tmp_path: Path) -> None:
    limits = {"runtime__lua_time_limit_sec": 0.2}
    async with WebServer() as web, serving(tmp_path, {"main.lua": _FETCH}, **limits) as game:
        fetch = asyncio.ensure_future(game.rpc("fetch", web.url))
        visit = await web.visits.get()
        assert "ran longer" in await game.failure("endless")  # so the limit has passed twice
        assert "ran longer" in await game.failure("endless")
        visit.reply("late")
        assert (await fetch).body == "late"


@pytest.mark.asyncio
async def test_a_call_waits_for_a_state_when_all_are_busy(tmp_path: Path) -> None:
    async with (
        WebServer() as web,
        serving(tmp_path, {"main.lua": _FETCH}, runtime__lua_max_count=2) as game,
    ):
        calls = [asyncio.ensure_future(game.rpc("fetch", web.url)) for _ in range(3)]
        first, second = await web.visits.get(), await web.visits.get()
        assert (await game.request("GET", "/healthcheck")).status == 200
        assert web.visits.empty()
        first.reply("first")
        (await web.visits.get()).reply("third")
        second.reply("second")
        assert {answer.body for answer in await asyncio.gather(*calls)} == {
            "first",
            "second",
            "third",
        }


@pytest.mark.asyncio
async def test_a_client_that_leaves_gives_its_state_back(tmp_path: Path) -> None:
    async with (
        WebServer() as web,
        serving(tmp_path, {"main.lua": _FETCH}, runtime__lua_max_count=1) as game,
    ):
        fetch = asyncio.ensure_future(game.rpc("fetch", web.url))
        visit = await web.visits.get()
        fetch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await fetch
        visit.reply()
        assert (await game.rpc("hi")).body == "hi"


@pytest.mark.parametrize("how", ["reset", "restart", "stop"])
@pytest.mark.parametrize("rpc_id", ["fetch", "endless"])
@pytest.mark.asyncio
async def test_a_call_under_way_does_not_hold_the_server_up(
    tmp_path: Path, how: str, rpc_id: str
) -> None:
    modules = {"main.lua": _FETCH + "\n" + _started()}
    async with WebServer() as web, serving(tmp_path, modules) as game:
        call = asyncio.ensure_future(game.rpc(f"start_{rpc_id}", web.url))
        visit = await web.visits.get()
        if rpc_id == "endless":
            visit.reply()
        await getattr(game.server, how)()
        try:
            assert (await call).status != 200
        except aiohttp.ClientError:
            assert how != "reset"
        if how != "stop":
            assert (await game.rpc("hi")).body == "hi"


def _started() -> str:
    """Functions that tell the web when they begin."""
    begin = "nk.http_request(payload, 'get', {}, '', 60000)"
    return lua_rpcs({"start_fetch": begin, "start_endless": begin + "while true do end"})


@pytest.mark.slow
@pytest.mark.asyncio
async def test_ten_thousand_calls_leave_nothing_behind(tmp_path: Path) -> None:
    bodies = {
        "work": "local p = nk.json_decode(payload) p.id = nk.uuid_v4() return nk.json_encode(p)",
        "fail": "error({ payload, 3 })",
        "clean": "collectgarbage() collectgarbage()",
    }
    modules = {"main.lua": lua_rpcs(bodies)}
    others = _lua_states()
    async with serving(tmp_path, modules, runtime__lua_max_count=1) as game:
        (state,) = [each for each in _lua_states() if not any(each is other for other in others)]
        # The kept events are as many as may be.
        before = await _used_after(KEPT + 1000, game, state)
        after = await _used_after(10_000, game, state)
        assert after[0] - before[0] < 64, "KiB of Lua"
        assert after[1] - before[1] < 500, "Python objects"
        assert after[2] == before[2], "threads"


def _lua_states() -> list[LuaRuntime]:
    return [each for each in gc.get_objects() if isinstance(each, LuaRuntime)]


async def _used_after(calls: int, game: Game, state: LuaRuntime) -> tuple[float, int, int]:
    """Make calls; then tell Lua's KiB, the number of Python objects, and of threads."""
    async with game.socket(await game.login()) as socket:
        for _ in range(calls // 200):
            for _ in range(100):
                await socket.send(rpc={"id": "work", "payload": '{"some":["thing",1]}'})
                await socket.send(rpc={"id": "fail", "payload": "on purpose"})
            for _ in range(100):
                assert "id" in json.loads((await socket.receive())["rpc"]["payload"])
                assert (await socket.receive())["error"]["message"] == "on purpose"
        gc.collect()  # what Python no longer uses of Lua goes first
        await socket.ask(rpc={"id": "clean"})
    game.server.journal.clear()
    gc.collect()
    objects = len(gc.get_objects())
    return state.get_memory_used() / 1024, objects, threading.active_count()


@pytest.mark.asyncio
async def test_a_stopped_server_leaves_no_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    async with serving(tmp_path, {"main.lua": _FETCH}, runtime__lua_min_count=4) as game:
        await asyncio.gather(*(game.rpc("hi") for _ in range(8)))
    left = set(threading.enumerate()) - before
    assert [thread.name for thread in left if thread.name.startswith("nakama-lua")] == []


_ENDS_AT_ONCE = """
pcall(nk.users_get_id, { "bad" })  -- fails again, as recorded, in each state that is loaded
local match = {}
function match.match_init() return {}, 60, "" end
for _, name in ipairs({ "join_attempt", "join", "leave", "loop", "terminate", "signal" }) do
  match["match_" .. name] = function() return nil end
end
nk.register_rpc(function() return nk.match_create("arena", {}) end, "play")
return match
"""


@pytest.mark.slow
@pytest.mark.asyncio
async def test_matches_that_have_ended_leave_no_state_though_a_call_failed_at_load(
    tmp_path: Path,
) -> None:
    modules = {"arena.lua": f'local nk = require("nakama")\n{_ENDS_AT_ONCE}'}
    async with serving(tmp_path, modules) as game:
        before = len(_lua_states())
        for _ in range(6):
            await game.rpc("play")
        async with asyncio.timeout(10):
            while len(_lua_states()) > before + 1:  # the last error may keep its state
                await asyncio.sleep(0)
                gc.collect()

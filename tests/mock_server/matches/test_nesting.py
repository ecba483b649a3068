"""Matches that are made within the `match_init` of others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.mock_server.runtime.game import serving

pytestmark = pytest.mark.asyncio

JAVASCRIPT = """
function setup(ctx, logger, nk, params) {
  if (params.deeper !== 0) nk.matchCreate("m", {deeper: params.deeper - 1});
  else nk.localcachePut("innermost", ctx.matchId);
  return {state: {}, tickRate: 10, label: ""};
}
function step(ctx, logger, nk, dispatcher, tick, state) { return {state}; }
function signal(ctx, logger, nk, dispatcher, tick, state, data) {
  return {state, data: nk.matchCreate("m", JSON.parse(data))};
}
function signalInnermost(ctx, logger, nk, payload) {
  return nk.matchSignal(nk.localcacheGet("innermost"), payload);
}
function create(ctx, logger, nk, payload) { return nk.matchCreate("m", JSON.parse(payload)); }
function InitModule(ctx, logger, nk, initializer) {
  initializer.registerRpc("create", create);
  initializer.registerRpc("signal_innermost", signalInnermost);
  initializer.registerMatch("m", {matchInit: setup, matchJoinAttempt: step, matchJoin: step,
    matchLeave: step, matchLoop: step, matchTerminate: step, matchSignal: signal});
}
"""

LUA = """
local nk = require("nakama")
local function step(context, dispatcher, tick, state) return state end
local function setup(context, params)
  if params.deeper ~= 0 then nk.match_create("m", {deeper = params.deeper - 1}) end
  return {}, 10, ""
end
return { match_init = setup, match_join_attempt = step, match_join = step, match_leave = step,
  match_loop = step, match_terminate = step, match_signal = step }
"""

LUA_RPC = """
local nk = require("nakama")
nk.register_rpc(function(_, payload) return nk.match_create("m", nk.json_decode(payload)) end,
  "create")
"""


@pytest.mark.parametrize(
    "files", [{"index.js": JAVASCRIPT}, {"m.lua": LUA, "rpc.lua": LUA_RPC}], ids=["js", "lua"]
)
async def test_a_match_init_makes_matches_within_each_other_but_not_without_end(
    tmp_path: Path, files: dict[str, str]
) -> None:
    async with serving(tmp_path, files) as game:
        for _ in range(2):  # the first leaves nothing behind
            within = await game.rpc("create", json.dumps({"deeper": 3}))
            assert within.status == 200
            endless = await game.rpc("create", json.dumps({"deeper": -1}))
            assert endless.status == 500
            assert "4 are under way, and there may be no more" in str(endless.body)


async def test_what_a_running_match_makes_is_not_within_those_that_made_it(tmp_path: Path) -> None:
    async with serving(tmp_path, {"index.js": JAVASCRIPT}) as game:
        for name in ("create", "signal_innermost", "signal_innermost"):
            answer = await game.rpc(name, json.dumps({"deeper": 3}))
            assert answer.status == 200, answer.body

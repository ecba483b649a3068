"""Match handlers in Lua: what they may not do, and what becomes of the match."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.mock_server.matches.arena import NODE, arena, create, join, received, send
from tests.mock_server.runtime.game import Game, Socket

pytestmark = pytest.mark.asyncio

SOMEBODY = "8d98ee3f-1a5c-4b5a-9a51-1b8a7b2f0c11"
CLOSED = (1000, "server-side session disconnect")
REJECTED = {"code": 5, "message": "Match join rejected"}


async def _ended(socket: Socket) -> tuple[int, str]:
    while True:
        received = await socket.receive()
        if isinstance(received, tuple):
            return received


async def _is_running(game: Game, match_id: str) -> bool:
    answer = await game.rpc("mp.match_get", json.dumps({"id": match_id}))
    return bool(answer.body)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({}, "#1 to (anonymous) (number expected, got nil)"),
        ({"op": "x"}, "#1 to (anonymous) (number expected, got string)"),
        ({"op": 1, "data": 5}, "#2 to (anonymous) (expects data to be a string or nil)"),
        ({"op": 1, "presences": "x"}, "#3 to (anonymous) (table expected, got string)"),
        ({"op": 1, "presences": [5]}, "#3 to (anonymous) (expects a valid set of presences)"),
        (
            {"op": 1, "presences": [{"session_id": SOMEBODY}]},
            "#3 to (anonymous) (expects each presence to have a valid session_id and node)",
        ),
        (
            {"op": 1, "presences": [{"session_id": "x", "node": NODE}]},
            "#3 to (anonymous) (expects each presence to have a valid session_id)",
        ),
        (
            {"op": 1, "presences": [{"session_id": SOMEBODY, "node": 5}]},
            "#3 to (anonymous) (expects node to be string)",
        ),
        (
            {"op": 1, "presences": [{"session_id": SOMEBODY, "node": NODE}]},
            "#3 to (anonymous) (expects each presence to have a valid user_id)",
        ),
        (
            {"op": 1, "sender": {}},
            (
                "#4 to (anonymous) "
                "(expects presence to have a valid user_id, session_id, and username)"
            ),
        ),
        ({"op": 1, "reliable": "x"}, "#5 to (anonymous) (boolean expected, got string)"),
    ],
)
async def test_broadcast_message_refuses_bad_arguments(
    game: Game, arguments: dict[str, Any], problem: str
) -> None:
    async with game.socket(await game.login()) as socket:
        match_id = await create(game)
        await join(socket, match_id)
        await send(socket, match_id, 17, json.dumps(arguments))

        assert await received(socket, 1900) == f"bad argument {problem}"


async def test_join_replies_between_the_handlers_data_and_the_presence_event(game: Game) -> None:
    async with game.socket(await game.login()) as socket:
        await socket.send(match_join={"match_id": await create(game)})
        came = [kind for _ in range(3) for kind in await socket.receive() if kind != "cid"]
        assert came == ["match_data", "match", "match_presence_event"]


@pytest.mark.parametrize(
    ("op_code", "data", "problem"),
    [
        (
            20,
            None,
            "error updating match label: match label too long, must be 0-2048 bytes",
        ),
        (
            22,
            None,
            "128 error deferring message broadcast: too many deferred message broadcasts per tick",
        ),
        (24, '{"presences":{}}', "ok"),
        (
            24,
            '{"presences":[{"user_id":"x"}]}',
            "bad argument #1 to (anonymous) (expects each presence to have a valid user_id)",
        ),
        (
            24,
            '{"presences":[{}]}',
            (
                "bad argument #1 to (anonymous) "
                "(expects each presence to have a valid user_id, session_id, and node)"
            ),
        ),
    ],
)
async def test_dispatcher_refuses_what_is_too_much_or_no_presence(
    game: Game, op_code: int, data: str | None, problem: str
) -> None:
    async with game.socket(await game.login()) as socket:
        match_id = await create(game)
        await join(socket, match_id)
        await send(socket, match_id, op_code, data)

        assert await received(socket, 1900) == problem


@pytest.mark.parametrize("action", ["error", "number", "extra", "reject_nil"])
async def test_failing_join_attempt_ends_the_match_and_closes_its_members_but_not_the_applicant(
    game: Game, action: str
) -> None:
    async with (
        game.socket(await game.login("ada")) as ada,
        game.socket(await game.login("bob")) as bob,
    ):
        match_id = await create(game)
        await join(ada, match_id)
        refused = await join(bob, match_id, action=action)

        assert refused["error"] == REJECTED
        assert await _ended(ada) == CLOSED
        assert await bob.ask(ping={}) == {"cid": "1", "pong": {}}
        assert not await _is_running(game, match_id)


@pytest.mark.parametrize("action", ["nil", "short"])
async def test_join_attempt_without_a_state_ends_the_match_and_closes_nobody(
    game: Game, action: str
) -> None:
    async with (
        game.socket(await game.login("ada")) as ada,
        game.socket(await game.login("bob")) as bob,
    ):
        match_id = await create(game)
        await join(ada, match_id)
        refused = await join(bob, match_id, action=action)

        assert refused["error"] == REJECTED
        assert not await _is_running(game, match_id)
        assert (await ada.ask(ping={}))["pong"] == {}


async def test_failing_match_join_closes_the_joiner(game: Game) -> None:
    async with game.socket(await game.login()) as socket:
        match_id = await create(game, join="error")
        await socket.send(match_join={"match_id": match_id})

        assert await _ended(socket) == CLOSED


async def test_failing_match_leave_closes_the_rest_but_not_the_leaver(game: Game) -> None:
    async with (
        game.socket(await game.login("ada")) as ada,
        game.socket(await game.login("bob")) as bob,
    ):
        match_id = await create(game, leave="error")
        await join(ada, match_id)
        await join(bob, match_id)
        await bob.ask(match_leave={"match_id": match_id})

        assert await _ended(ada) == CLOSED
        assert (await bob.ask(ping={}))["pong"] == {}


@pytest.mark.parametrize("op_code", [9, 19])
async def test_failing_loop_closes_all_members(game: Game, op_code: int) -> None:
    async with (
        game.socket(await game.login("ada")) as ada,
        game.socket(await game.login("bob")) as bob,
    ):
        match_id = await create(game)
        await join(ada, match_id)
        await join(bob, match_id)
        await send(ada, match_id, op_code)

        assert await _ended(ada) == CLOSED
        assert await _ended(bob) == CLOSED


async def test_messages_beyond_the_input_queue_are_dropped(tmp_path: Path) -> None:
    async with (
        arena(tmp_path, match__input_queue_size=3) as game,
        game.socket(await game.login()) as socket,
    ):
        match_id = await create(game, rate=1, batch=True)
        await join(socket, match_id)
        for _ in range(5):
            await send(socket, match_id, 0)
        await socket.ask(ping={})
        game.server.clock.advance(1)

        assert json.loads(await received(socket, 1500)) == {"messages": 3}


async def test_match_terminate_reaches_the_members_before_the_server_stops(tmp_path: Path) -> None:
    async with (
        arena(tmp_path, shutdown_grace_sec=1) as game,
        game.socket(await game.login()) as socket,
    ):
        match_id = await create(game)
        await join(socket, match_id)
        stopping = asyncio.create_task(game.server.stop())
        told = json.loads(await received(socket, 102))
        refused = await game.failure("mp.match_create", "{}")
        await stopping

    assert told == {"event": "terminate", "grace": 1}
    assert refused == "error creating match: error creating match: shutdown in progress"


@pytest.mark.parametrize(
    "label", ["[" * 1000, '{"a":' + "[" * 1000 + "]" * 1000 + "}", "null", "5"]
)
async def test_label_that_is_no_object_is_found_by_its_text(game: Game, label: str) -> None:
    match_id = await create(game, label=label)
    token = await game.login()
    answer = await game.request("GET", f"/v2/match?label={label}", token)

    assert [match["match_id"] for match in answer.body["matches"]] == [match_id]


async def test_match_list_and_match_create_in_lua_need_all_their_arguments(tmp_path: Path) -> None:
    module = """
local nk = require("nakama")
nk.register_rpc(function() nk.match_list(1, true) end, "list")
nk.register_rpc(function() nk.match_create("x") end, "create")
"""
    (tmp_path / "short.lua").write_text(module)
    async with arena(tmp_path) as game:
        assert await game.failure("list") == "bad argument #3 to match_list (value expected)"
        assert await game.failure("create") == "bad argument #2 to match_create (value expected)"


async def test_match_signal_reaches_another_match_from_within_a_callback(tmp_path: Path) -> None:
    module = """
local nk = require("nakama")
local M = {}
function M.match_init(context) return {}, 1, "" end
function M.match_join_attempt(c, d, t, state) return state, true end
function M.match_join(c, d, t, state) return state end
function M.match_leave(c, d, t, state) return state end
function M.match_loop(c, d, t, state) return state end
function M.match_terminate(c, d, t, state) return state end
function M.match_signal(context, d, t, state, data)
  if data == "" then return state, "the last one" end
  return state, nk.match_signal(data, "") .. " was asked"
end
nk.register_rpc(function()
  return nk.match_signal(nk.match_create("own", nil), nk.match_create("own", nil))
end, "run")
return M
"""
    (tmp_path / "own.lua").write_text(module)
    async with arena(tmp_path) as game:
        answer = await game.rpc("run")

    assert answer.body == "the last one was asked"

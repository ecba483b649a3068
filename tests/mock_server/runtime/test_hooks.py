"""Before and after hooks change, refuse and observe requests and socket messages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.mock_server.runtime.game import Game, Socket, serving

# Each module is written twice; `{}` is where a test puts the body of the hook under test.
_LUA = """
local nk = require("nakama")
seen = {{}}
nk.register_rpc(function()
  local all = seen
  seen = {{}}
  return nk.json_encode({{ all = all }})
end, "seen")
local function see(...) table.insert(seen, {{ ... }}) end
{}
"""
_PYTHON = """
import json

def init_module(nk):
    seen = []

    def take(context, payload):
        taken = json.dumps({{"all": seen}})
        seen.clear()
        return taken

    def see(*values):
        seen.append(values)

    nk.register_rpc(take, "seen")
{}
"""

LANGUAGES = pytest.mark.parametrize("language", ["lua", "python"])


@asynccontextmanager
async def _game(
    folder: Path, language: str, lua: str, python: str, **settings: Any
) -> AsyncIterator[Game]:
    indented = "\n".join(f"    {line}" for line in python.strip().splitlines())
    modules = {"lua": {"m.lua": _LUA.format(lua)}, "python": {"m.py": _PYTHON.format(indented)}}
    async with serving(folder, modules[language], **settings) as game:
        yield game


async def _seen(game: Game) -> Any:
    return (await game.rpc("seen")).body["all"] or []  # an empty table is {}


# HTTP


@LANGUAGES
@pytest.mark.asyncio
async def test_a_before_hook_changes_a_request(tmp_path: Path, language: str) -> None:
    lua = """
    nk.register_req_before(function(context, request)
      request.location = request.location .. ", Earth"
      request.display_name = context.username
      request.timezone = nil
      return request
    end, "UpdateAccount")
    """
    python = """
def before(context, request):
    request["location"] += ", Earth"
    request["display_name"] = context.username
    del request["timezone"]
    return request

nk.register_req_before(before, "updateaccount")
"""
    async with _game(tmp_path, language, lua, python) as game:
        token = await game.login("ada")
        body = {"location": "Rome", "timezone": "CET", "lang_tag": "la"}
        assert (await game.request("PUT", "/v2/account", token, body)).body == {}
        user = (await game.request("GET", "/v2/account", token)).body["user"]
        assert user["location"] == "Rome, Earth"
        assert (user["display_name"], user["lang_tag"]) == ("ada", "la")
        assert "timezone" not in user


@LANGUAGES
@pytest.mark.asyncio
async def test_a_before_hook_that_returns_nothing_switches_a_request_off(
    tmp_path: Path, language: str
) -> None:
    lua = 'nk.register_req_before(function() see("before") end, "ListNotifications")'
    python = 'nk.register_req_before(lambda *_: see("before"), "ListNotifications")'
    async with _game(tmp_path, language, lua, python) as game:
        token = await game.login()
        answer = await game.request("GET", "/v2/notification", token)
        assert answer.status == 404
        assert (answer.body["code"], answer.body["message"]) == (
            5,
            "Requested resource was not found.",
        )
        assert await _seen(game) == [["before"]]
        assert (await game.request("GET", "/v2/account", token)).status == 200


@LANGUAGES
@pytest.mark.asyncio
async def test_a_request_without_fields_cannot_be_switched_off(
    tmp_path: Path, language: str
) -> None:
    lua = 'nk.register_req_before(function() see("before") end, "GetAccount")'
    python = 'nk.register_req_before(lambda *_: see("before"), "GetAccount")'
    async with _game(tmp_path, language, lua, python) as game:
        assert (await game.request("GET", "/v2/account", await game.login())).status == 200
        assert await _seen(game) == [["before"]]


@LANGUAGES
@pytest.mark.asyncio
async def test_a_before_hook_refuses_with_its_own_code(tmp_path: Path, language: str) -> None:
    lua = """
    nk.register_req_before(function(_, request)
      if request.account.id == "device-of-mallory" then error({ "not you", 7 }) end
      return request
    end, "AuthenticateDevice")
    """
    python = """
from mock_server import ModuleError

def before(context, request):
    if request["account"]["id"] == "device-of-mallory":
        raise ModuleError("not you", 7)
    return request

nk.register_req_before(before, "AuthenticateDevice")
"""
    async with _game(tmp_path, language, lua, python) as game:
        path = "/v2/account/authenticate/device"
        answer = await game.request("POST", path, body={"id": "device-of-mallory"})
        assert (answer.status, answer.body["code"], answer.body["message"]) == (403, 7, "not you")
        assert await game.server.users() == []
        assert await game.login("ada")


@LANGUAGES
@pytest.mark.asyncio
async def test_a_before_hook_that_fails_refuses_with_500(tmp_path: Path, language: str) -> None:
    lua = 'nk.register_req_before(function() error("oh no") end, "ListNotifications")'
    python = """
def before(context, request):
    nk.users_get_id("nobody")

nk.register_req_before(before, "ListNotifications")
"""
    async with _game(tmp_path, language, lua, python) as game:
        answer = await game.request("GET", "/v2/notification", await game.login())
        assert (answer.status, answer.body["code"]) == (500, 13)
        assert answer.body["message"] in (
            "oh no",
            "bad argument #1 to users_get_id (table expected, got string)",
        )


@LANGUAGES
@pytest.mark.parametrize("result", ['{ limit = "many" }', "{ unknown = 1 }", '"text"'])
@pytest.mark.asyncio
async def test_a_before_hook_that_returns_no_such_request_is_an_error(
    tmp_path: Path, language: str, result: str
) -> None:
    lua = f'nk.register_req_before(function() return {result} end, "ListNotifications")'
    value = {'{ limit = "many" }': {"limit": "many"}, "{ unknown = 1 }": {"unknown": 1}}
    python = (
        f"nk.register_req_before(lambda *_: {value.get(result, 'text')!r}, 'ListNotifications')"
    )
    async with _game(tmp_path, language, lua, python) as game:
        answer = await game.request("GET", "/v2/notification", await game.login())
        assert (answer.status, answer.body["code"]) == (500, 13)
        assert answer.body["message"] == "Could not complete runtime Before function."


@LANGUAGES
@pytest.mark.asyncio
async def test_hooks_see_the_request_as_protobufs_json(tmp_path: Path, language: str) -> None:
    lua = """
    nk.register_req_before(function(context, request)
      see(context.execution_mode, context.user_id, request)
      return request
    end, "ListNotifications")
    nk.register_req_after(function(context, response, request)
      see(context.execution_mode, context.user_id, response, request)
    end, "ListNotifications")
    """
    python = """
def before(context, request):
    see(context.execution_mode, context.user_id, request)
    return request

def after(context, response, request):
    see(context.execution_mode, context.user_id, response, request)

nk.register_req_before(before, "ListNotifications")
nk.register_req_after(after, "ListNotifications")
"""
    async with _game(tmp_path, language, lua, python) as game:
        token = await game.login("ada")
        ada = await game.user_id("ada")
        await game.server.notifications.send(ada, "hello", {"n": 1}, code=7)
        answer = await game.request("GET", "/v2/notification?limit=5", token)
        before, after = await _seen(game)
        assert before == ["before", ada, {"limit": 5}]
        assert after[:2] == ["after", ada]
        assert after[3] == {"limit": 5}
        (notification,) = after[2]["notifications"]
        assert notification["subject"] == "hello"
        assert notification == answer.body["notifications"][0]


@LANGUAGES
@pytest.mark.asyncio
async def test_an_after_hook_knows_who_has_just_logged_in(tmp_path: Path, language: str) -> None:
    lua = """
    nk.register_req_after(function(context, response, request)
      see(context.user_id, context.username, response.created, request.username)
    end, "AuthenticateDevice")
    """
    python = """
def after(context, response, request):
    see(context.user_id, context.username, response["created"], request["username"])

nk.register_req_after(after, "AuthenticateDevice")
"""
    async with _game(tmp_path, language, lua, python) as game:
        await game.login("ada")
        assert await _seen(game) == [[await game.user_id("ada"), "ada", True, "ada"]]


@LANGUAGES
@pytest.mark.asyncio
async def test_an_after_hook_changes_nothing_and_its_errors_are_logged(
    tmp_path: Path, language: str, caplog: pytest.LogCaptureFixture
) -> None:
    lua = """
    nk.register_req_after(function(context, response, request)
      response.token = "stolen"
      error("after all")
    end, "AuthenticateDevice")
    """
    python = """
def after(context, response, request):
    raise ValueError("after all")

nk.register_req_after(after, "AuthenticateDevice")
"""
    async with _game(tmp_path, language, lua, python) as game:
        assert len((await game.login()).split(".")) == 3
        assert "the after hook of AuthenticateDevice failed" in caplog.text
        assert "after all" in caplog.text


@LANGUAGES
@pytest.mark.asyncio
async def test_no_after_hook_runs_for_a_request_that_failed(tmp_path: Path, language: str) -> None:
    lua = 'nk.register_req_after(function() see("after") end, "ListNotifications")'
    python = 'nk.register_req_after(lambda *_: see("after"), "ListNotifications")'
    async with _game(tmp_path, language, lua, python) as game:
        token = await game.login()
        assert (await game.request("GET", "/v2/notification?limit=0", token)).status == 400
        assert (await game.request("GET", "/v2/notification", token + "x")).status == 401
        assert await _seen(game) == []


@pytest.mark.asyncio
async def test_async_hooks_in_python_are_awaited(tmp_path: Path) -> None:
    python = """
import asyncio

async def before(context, request):
    await asyncio.sleep(0)
    return {"limit": 1}

async def after(context, response, request):
    await asyncio.sleep(0)
    see(len(response["notifications"]))

nk.register_req_before(before, "ListNotifications")
nk.register_req_after(after, "ListNotifications")
"""
    async with _game(tmp_path, "python", "", python) as game:
        token = await game.login("ada")
        for subject in ("one", "two"):
            await game.server.notifications.send(await game.user_id("ada"), subject)
        answer = await game.request("GET", "/v2/notification", token)
        assert [each["subject"] for each in answer.body["notifications"]] == ["one"]
        assert await _seen(game) == [[1]]


# Sockets


@asynccontextmanager
async def _socket(game: Game) -> AsyncIterator[Socket]:
    async with game.socket(await game.login("ada")) as socket:
        yield socket


@LANGUAGES
@pytest.mark.asyncio
async def test_a_before_hook_changes_a_socket_message(tmp_path: Path, language: str) -> None:
    lua = """
    nk.register_rt_before(function(context, envelope)
      envelope.channel_join.target = "from-" .. context.username
      see(context.execution_mode, context.session_id ~= nil, envelope)
      return envelope
    end, "ChannelJoin")
    """
    python = """
def before(context, envelope):
    envelope["channel_join"]["target"] = "from-" + context.username
    see(context.execution_mode, context.session_id is not None, envelope)
    return envelope

nk.register_rt_before(before, "ChannelJoin")
"""
    async with _game(tmp_path, language, lua, python) as game, _socket(game) as socket:
        reply = await socket.ask(channel_join={"target": "elsewhere", "type": 1})
        assert reply["cid"] == "1"
        assert reply["channel"]["room_name"] == "from-ada"
        assert await _seen(game) == [
            ["before", True, {"cid": "1", "channel_join": {"target": "from-ada", "type": 1}}]
        ]


@pytest.mark.asyncio
async def test_a_before_hook_passes_numbers_that_are_not_finite(tmp_path: Path) -> None:
    lua = 'nk.register_rt_before(function(_, envelope) return envelope end, "MatchmakerAdd")'
    numbers = {"a": "NaN", "b": "Infinity", "c": "-Infinity"}
    async with _game(tmp_path, "lua", lua, "") as game, _socket(game) as socket:
        ask = {"min_count": 2, "max_count": 2, "query": "*", "numeric_properties": numbers}
        assert "matchmaker_ticket" in await socket.ask(matchmaker_add=ask)


@LANGUAGES
@pytest.mark.asyncio
async def test_a_before_hook_that_returns_nothing_refuses_and_closes_the_socket(
    tmp_path: Path, language: str
) -> None:
    lua = 'nk.register_rt_before(function() end, "StatusUpdate")'
    python = 'nk.register_rt_before(lambda *_: None, "StatusUpdate")'
    async with _game(tmp_path, language, lua, python) as game, _socket(game) as socket:
        assert await socket.ask(status_update={"status": "here"}) == {
            "cid": "1",
            "error": {"code": 1, "message": "Requested resource was not found."},
        }
        assert await socket.receive() == (1000, "error processing message")


@LANGUAGES
@pytest.mark.asyncio
async def test_a_before_hook_that_fails_refuses_one_message(tmp_path: Path, language: str) -> None:
    lua = """
    nk.register_rt_before(function(_, envelope)
      if envelope.status_update.status == "bad" then error({ "no such word", 3 }) end
      return envelope
    end, "StatusUpdate")
    """
    python = """
from mock_server import ModuleError

def before(context, envelope):
    if envelope["status_update"]["status"] == "bad":
        raise ModuleError("no such word", 3)
    return envelope

nk.register_rt_before(before, "StatusUpdate")
"""
    async with _game(tmp_path, language, lua, python) as game, _socket(game) as socket:
        assert await socket.ask(status_update={"status": "bad"}) == {
            "cid": "1",
            "error": {"code": 7, "message": "no such word"},
        }
        assert (await socket.ask(ping={})) == {"cid": "1", "pong": {}}


@LANGUAGES
@pytest.mark.asyncio
async def test_an_after_hook_sees_reply_and_message(tmp_path: Path, language: str) -> None:
    lua = """
    nk.register_rt_after(function(context, reply, envelope)
      see(context.execution_mode, reply.channel.room_name, envelope)
    end, "ChannelJoin")
    """
    python = """
def after(context, reply, envelope):
    see(context.execution_mode, reply["channel"]["room_name"], envelope)

nk.register_rt_after(after, "ChannelJoin")
"""
    async with _game(tmp_path, language, lua, python) as game, _socket(game) as socket:
        await socket.ask(channel_join={"target": "hall", "type": 1})
        await socket.ask(ping={})  # the messages of a socket are worked off one after another
        assert await _seen(game) == [
            ["after", "hall", {"cid": "1", "channel_join": {"target": "hall", "type": 1}}]
        ]


@LANGUAGES
@pytest.mark.asyncio
async def test_rpcs_have_no_hooks_as_in_nakama(tmp_path: Path, language: str) -> None:
    lua = """
    nk.register_rt_before(function() see("rt") end, "Rpc")
    nk.register_req_before(function() see("req") end, "RpcFunc")
    """
    python = """
nk.register_rt_before(lambda *_: see("rt"), "Rpc")
nk.register_req_before(lambda *_: see("req"), "RpcFunc")
"""
    async with _game(tmp_path, language, lua, python) as game, _socket(game) as socket:
        reply = await socket.ask(rpc={"id": "seen"})
        assert reply["rpc"]["payload"] == '{"all":{}}' if language == "lua" else '{"all": []}'


@pytest.mark.asyncio
async def test_a_hook_that_waits_holds_up_its_own_socket_only(tmp_path: Path) -> None:
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def before(context: Any, envelope: Any) -> Any:
        arrived.set()
        await go_on.wait()
        return envelope

    async with serving(tmp_path, {}) as game:
        game.server.nk.register_rt_before(before, "StatusUpdate")
        async with _socket(game) as ada, game.socket(await game.login("bob")) as bob:
            await ada.send(status_update={"status": "here"})
            await ada.send(ping={})
            await arrived.wait()
            assert await bob.ask(ping={}) == {"cid": "1", "pong": {}}
            go_on.set()
            assert await ada.reply() == {"cid": "1"}
            assert await ada.reply() == {"cid": "1", "pong": {}}

"""`get_satori` on a server without Satori: arguments are checked, then each function refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from mock_server import MockServer, ModuleError
from tests.mock_server.runtime.game import EVAL, serving
from tests.mock_server.runtime.scripts import rpcs

pytestmark = pytest.mark.asyncio

_INVALID = "satori configuration is invalid"
LUA = {
    "authenticate('a')": f"failed to satori authenticate: {_INVALID}",
    "authenticate()": "bad argument #1 to authenticate (string expected, got nil)",
    "authenticate('a', {b = 1})": (
        "failed to convert default properties table to map: table values must be strings"
    ),
    "authenticate('a', nil, {'b'})": (
        "failed to convert custom properties table to map: table keys must be strings"
    ),
    "authenticate('a', nil, nil, 'x')": (
        "bad argument #4 to authenticate (boolean expected, got string)"
    ),
    "identity_delete('a')": f"failed to satori identity delete: {_INVALID}",
    "properties_get('a')": f"failed to satori list properties: {_INVALID}",
    "properties_update('a', {default = {b = 'c'}})": (
        f"failed to satori update properties: {_INVALID}"
    ),
    "properties_update('a', {default = 5})": (
        "bad argument #2 to properties_update "
        "(expects default values to be a table of key values and strings)"
    ),
    "properties_update('a', {recompute = 5})": (
        "bad argument #3 to properties_update (expects recompute value to be a bool)"
    ),
    "events_publish('a', {{name = 'b'}})": f"failed to satori publish event: {_INVALID}",
    "events_publish('a', {5})": (
        "bad argument #1 to events_publish (expects a valid set of events)"
    ),
    "events_publish('a', {{timestamp = '5'}})": (
        "bad argument #2 to events_publish (expects timestamp to be a number)"
    ),
    "server_events_publish({{metadata = 'b'}})": (
        "bad argument #1 to server_events_publish (expects metadata to be table)"
    ),
    "server_events_publish({})": f"failed to satori publish event: {_INVALID}",
    "experiments_list('a', {5})": (
        "bad argument #2 to experiments_list (name filter must be a string)"
    ),
    "experiments_list('a')": f"failed to satori list experiments: {_INVALID}",
    "flags_list()": f"failed to satori list flags: {_INVALID}",
    "flags_overrides_list(nil, nil, {true})": (
        "bad argument #3 to flags_overrides_list (label filter must be a string)"
    ),
    "live_events_list('a')": f"failed to satori list live-events: {_INVALID}",
    "live_event_join('a', 'b')": f"failed to join satori live-event: {_INVALID}",
    "messages_list('a', 5, true, '', {5})": (
        "bad argument #5 to messages_list (message id must be a string)"
    ),
    "messages_list('a')": f"failed to list satori messages: {_INVALID}",
    "message_update('a', 'b')": ("bad argument #3 to message_update (number expected, got nil)"),
    "message_update('a', 'b', 1)": f"failed to update satori message: {_INVALID}",
    "message_delete('a', 'b')": f"failed to delete satori message: {_INVALID}",
}
JAVASCRIPT = {
    "authenticate('a')": f"GoError: failed to satori authenticate: {_INVALID}",
    "authenticate()": "TypeError: expects string",
    "authenticate('a', 5)": "TypeError: expects properties must be an object",
    "authenticate('a', {default: {b: 1}})": "TypeError: expects string",
    "authenticate('a', {custom: null})": "TypeError: expects object with string keys and values",
    "authenticate('a', null, 'x')": "TypeError: expects boolean",
    "identityDelete('a')": f"GoError: failed to satori identity delete: {_INVALID}",
    "propertiesGet('a')": f"GoError: failed to satori list properties: {_INVALID}",
    "propertiesUpdate('a')": "TypeError: expects properties must be an object",
    "propertiesUpdate('a', {recompute: 1})": "TypeError: expects recompute to be a boolean",
    "propertiesUpdate('a', {})": f"GoError: failed to satori update properties: {_INVALID}",
    "eventsPublish('a', {})": "TypeError: expects array of event objects",
    "eventsPublish('a', [{name: null}])": "TypeError: expects event name to be a string",
    "eventsPublish('a', [{timestamp: 1.5}])": "TypeError: expects event timestamp to be a number",
    "eventsPublish('a', [{sessionId: 5}])": f"GoError: failed to publish satori events: {_INVALID}",
    "serverEventsPublish([{sessionId: 5}])": "TypeError: expects event sessionId to be a string",
    "serverEventsPublish([])": f"GoError: failed to publish satori events: {_INVALID}",
    "experimentsList('a', [5])": "TypeError: expects an array of strings",
    "experimentsList('a')": f"GoError: failed to list satori experiments: {_INVALID}",
    "flagsList(null, 5)": "TypeError: expect array of strings",
    "flagsList()": f"GoError: failed to list satori flags: {_INVALID}",
    "flagsOverridesList()": f"GoError: failed to list satori flags overrides: {_INVALID}",
    "liveEventsList('a', null, null, 'x')": "TypeError: expects number",
    "liveEventsList('a')": f"GoError: failed to list satori live-events: {_INVALID}",
    "liveEventJoin('a', 'b')": f"GoError: failed to join satori live-event: {_INVALID}",
    "messagesList('a')": f"GoError: failed to list satori messages {_INVALID}:",
    "messageUpdate('a', 'b')": "TypeError: expects number",
    "messageUpdate('a', 'b', 1)": f"GoError: failed to update satori message {_INVALID}:",
    "messageDelete('a', 'b')": f"GoError: failed to delete satori message {_INVALID}:",
}


async def test_satori_refuses_in_lua(tmp_path: Path) -> None:
    async with serving(tmp_path, {"eval.lua": EVAL}) as game:
        code = "local satori, ok, problem = nk.get_satori()\n" + "\n".join(
            f"ok, problem = pcall(function() satori.{call} end)\n"
            f"told[#told + 1] = problem:match('^%S+:%d+: (.*)$') or problem"
            for call in LUA
        )
        (told,) = await game.lua(f"local told = {{}}\n{code}\nreturn told")
        assert dict(zip(LUA, told, strict=True)) == LUA


async def test_satori_refuses_in_typescript(tmp_path: Path) -> None:
    body = """
    if (nk.getSatori() !== nk.getSatori()) { return 'another one'; }
    try { new Function('satori', payload)(nk.getSatori()); return 'ok'; }
    catch (error) { return String(error); }
    """
    async with serving(tmp_path, {"index.js": rpcs({"run": body})}) as game:
        answers = {call: (await game.rpc("run", f"satori.{call}")).body for call in JAVASCRIPT}
    assert answers == JAVASCRIPT


async def test_satori_refuses_in_python() -> None:
    async with MockServer() as server:
        with pytest.raises(ModuleError) as caught:
            server.nk.get_satori().flags_list("ada")
        assert caught.value.message == f"failed to satori list flags: {_INVALID}"

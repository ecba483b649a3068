"""The registration of Nakama's push tutorial, with and without the `self` that it forgets."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from onesignal_stub import OneSignalStub
from tests.mock_server.runtime.game import Game, serving

_CLIENT = (Path(__file__).parents[2] / "lua" / "onesignal.lua").read_text(encoding="utf-8")

_MODULE = """
local nk = require("nakama")
local onesignal = require("onesignal").new("someapikey", "someappid")

local function register_push(context, payload)
  local device = nk.json_decode(payload)
  local done, player = pcall(
    onesignal.add_device,{self} device.DeviceType, device.Identifier, "en", {{}})
  if done then
    pcall(nk.account_update_id, context.user_id, {{ os_player_id = player.id }})
  end
end
nk.register_rpc(register_push, "register_push")

nk.register_rpc(function(_, payload)
  local p = nk.json_decode(payload)
  return nk.json_encode(onesignal:create_notification(
    {{ en = p.text }}, {{ en = "Title" }}, p.segments, p.filters, p.players))
end, "push")
"""


def _modules(**more: str) -> dict[str, str]:
    return {"onesignal.lua": _CLIENT, "pmessage.lua": _MODULE.format(**more)}


async def _register(game: Game, name: str) -> str:
    """Call `register_push` as this user, who has reached a level; return their token."""
    token = await game.login(name)
    game.server.nk.account_update_id(await game.user_id(name), {"level": 7})
    device = json.dumps({"DeviceType": 1, "Identifier": f"phone-of-{name}"})
    answer = await game.rpc("register_push", device, token=token)
    assert (answer.status, answer.body) == (200, "")
    return token


async def _metadata(game: Game, token: str) -> dict[str, Any]:
    user = (await game.request("GET", "/v2/account", token)).body["user"]
    metadata: dict[str, Any] = json.loads(user["metadata"])
    return metadata


@pytest.mark.asyncio
async def test_without_self_the_call_succeeds_and_does_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "mock_server")
    async with (
        OneSignalStub() as stub,
        serving(tmp_path, _modules(self=""), onesignal__url=stub.url) as game,
    ):
        token = await _register(game, "ada")
        assert len(stub.journal) == 0
        assert await _metadata(game, token) == {"level": 7}
        (caught,) = [text for text in caplog.messages if text.startswith("a pcall caught an error")]
        assert f"{tmp_path}/onesignal.lua:" in caught
        assert "attempt to index a non-table object(number) with key 'appid'" in caught


@pytest.mark.asyncio
async def test_with_self_it_registers_and_replaces_the_metadata(tmp_path: Path) -> None:
    async with (
        OneSignalStub() as stub,
        serving(tmp_path, _modules(self=" onesignal,"), onesignal__url=stub.url) as game,
    ):
        token = await _register(game, "ada")
        assert len(stub.journal) == 1
        assert list(await _metadata(game, token)) == ["os_player_id"]


@pytest.mark.asyncio
async def test_lua_pushes_to_segments_by_filters_and_to_devices(tmp_path: Path) -> None:
    async with (
        OneSignalStub() as stub,
        serving(tmp_path, _modules(self=" onesignal,"), onesignal__url=stub.url) as game,
    ):
        players = [
            (await _metadata(game, await _register(game, name)))["os_player_id"]
            for name in ("ada", "bob")
        ]
        pushes: dict[str, dict[str, Any]] = {
            "to all": {"segments": ["Subscribed Users"]},
            "by filter": {"filters": [{"field": "language", "relation": "=", "value": "en"}]},
            "to bob": {"players": players[1:]},
        }
        for text, audience in pushes.items():
            answer = await game.rpc("push", json.dumps({"text": text, **audience}))
            assert answer.status == 200, answer.body
        assert [(push.contents, push.player_id) for push in stub.pushes] == [
            ("to all", players[0]),
            ("to all", players[1]),
            ("by filter", players[0]),
            ("by filter", players[1]),
            ("to bob", players[1]),
        ]


@pytest.mark.asyncio
async def test_a_refusal_of_onesignal_is_an_error_of_the_module(tmp_path: Path) -> None:
    async with (
        OneSignalStub(rest_key="another key") as stub,
        serving(tmp_path, _modules(self=" onesignal,"), onesignal__url=stub.url) as game,
    ):
        message = await game.failure("push", '{"text": "x", "segments": ["Subscribed Users"]}')
        assert f"{tmp_path}/onesignal.lua:" in message
        assert "errors" in message

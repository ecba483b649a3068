"""Matches as the recorded server has them: relayed ones, and handlers in Lua."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from mock_server import Config, MockServer
from server_kit import Clock
from tests.inner_loop import mostly_slow
from tests.mock_server.test_tapes import PROFILES, speaks_json
from tests.tapes.onesignal import OneSignalStandIn
from tests.tapes.player import Player
from tests.tapes.tape import Tape, load_tape

FOLDERS = tuple(Path(__file__).parents[2] / name for name in ("lua", "lua_multiplayer"))
MULTI: dict[str, Any] = {
    "name": "nakama1",
    "session.token_expiry_sec": 7200,
    "match.label_update_interval_ms": 1,
    "matchmaker.interval_sec": 1,
    "party.label_update_interval_ms": 1,
}
MULTIPLAYER_PROFILES = {
    **PROFILES,
    "ext": {**PROFILES["ext"], "matchmaker.interval_sec": 1},
    "multi": MULTI,
    "multisingle": {
        **MULTI,
        "session.single_socket": True,
        "session.single_match": True,
        "session.single_party": True,
    },
}
LANDED = (
    "match_relayed",
    "mp_label_query",
    "mp_match_create_errors",
    "mp_match_data",
    "mp_match_end",
    "mp_match_join",
    "mp_match_list",
    "mp_match_signal",
    "mp_proto_chat",
    "mp_proto_wire",
    "mp_relayed_members",
    "mp_relayed_named",
    "mp_streams_runtime",
)
SLOW = {"mp_label_query", "mp_match_create_errors", "mp_match_end", "mp_match_list"}
IN_JSON = [name for name in LANDED if speaks_json(load_tape(name))]
FAST_IN_PROTOBUF = {"match_relayed", "mp_match_join"}


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The modules of the profiles `multi` and `multisingle`."""
    folder = tmp_path_factory.mktemp("modules")
    for each in FOLDERS:
        shutil.copytree(each, folder, dirs_exist_ok=True)
    return folder


@pytest.mark.asyncio
@pytest.mark.parametrize("name", mostly_slow(LANDED, fast=set(LANDED) - SLOW))
async def test_the_mock_answers_as_recorded(name: str, modules: Path) -> None:
    await play(load_tape(name), modules)


@pytest.mark.asyncio
@pytest.mark.parametrize("name", mostly_slow(IN_JSON, fast=FAST_IN_PROTOBUF))
async def test_the_mock_answers_the_same_in_protobuf(name: str, modules: Path) -> None:
    await play(load_tape(name), modules, protobuf=True)


async def play(tape: Tape, modules: Path, *, protobuf: bool = False) -> None:
    # With a clock that stands still no tick of the matchmaker comes between two tickets.
    clock = Clock(stopped_at=time.time()) if "matchmaker" in tape.name else Clock()
    config = Config.from_settings(
        {"runtime.path": str(modules), **MULTIPLAYER_PROFILES[tape.profile]}
    )
    async with (
        OneSignalStandIn(tape.outbound_answers()) as onesignal,
        MockServer(config, clock=clock) as server,
    ):
        player = Player(
            tape,
            api=server.http_url,
            console=server.console_url,
            clock=server.clock,
            onesignal=onesignal,
            protobuf=protobuf,
            settle=server.settle,
            arrive=True,
        )
        await player.play()
        assert [entry.error for entry in server.journal if entry.error] == []

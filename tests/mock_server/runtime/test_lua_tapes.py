"""With Lua modules the mock answers as the recorded server did, which had the very same modules."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mock_server import Config, MockServer
from tests.inner_loop import mostly_slow
from tests.mock_server.test_tapes import LANDED, PROFILES
from tests.tapes.onesignal import OneSignalStandIn
from tests.tapes.player import Player
from tests.tapes.tape import load_tape

MODULES = Path(__file__).parents[2] / "lua"
CALLERS = Path(__file__).parents[2] / "lua_callers"
OFFICIAL = ("clientrpc.lua", "onesignal.lua", "pmessage.lua")

LANDED_WITH_CALLERS = {
    "console_leaderboards_list",
    "console_status_config",
    "cron",
    "hook_leaderboard_reset",
    "lb_around_owner",
    "lb_authoritative",
    "lb_errors",
    "lb_operators",
    "lb_owner_ids",
    "lb_paging",
    "lb_ranks",
    "lb_reset",
    "lb_runtime",
    "lb_runtime_args",
    "lua_authenticate",
    "lua_localcache",
    "lua_metrics_random_file",
    "lua_multi_update",
    "lua_status_follow",
    "lua_storage_index",
    "lua_storage_retry",
    "storage_runtime",
    "storage_runtime_args",
    "tournament_active",
    "tournament_deadlines",
    "tournament_join",
    "tournament_list",
    "tournament_records",
    "tournament_runtime",
    "tournament_runtime_args",
    "tournament_write",
    "wallet",
    "wallet_args",
}
"""Tapes that call runtime functions with any arguments, by a module that does just that."""

FAST = {
    "chat_room",
    "console_leaderboards_list",
    "events",
    "lb_paging",
    "lb_runtime",
    "lua_localcache",
    "lua_multi_update",
    "lua_status_follow",
    "lua_storage_index",
    "notif_runtime_api",
    "register_push",
    "rpc_http_runtime",
    "rpc_socket_context",
    "storage_runtime",
    "streams",
    "tournament_join",
    "wallet",
}
"""One of each feature; the others hardly meet a module, or call the same functions."""

TAPES = sorted(
    {name for name in LANDED if load_tape(name).profile in ("stock", "ext")} | LANDED_WITH_CALLERS
)


def modules_of(profile: str, folder: Path) -> Path:
    """The folder with the modules of a profile."""
    if profile not in ("comp", "misc"):
        return MODULES
    for name in OFFICIAL:
        shutil.copy(MODULES / name, folder)
    for name in (f"{profile}.lua", "hello.txt"):
        shutil.copy(CALLERS / name, folder)
    return folder


@pytest.mark.asyncio
@pytest.mark.parametrize("name", mostly_slow(TAPES, fast=FAST))
async def test_the_mock_answers_as_recorded(name: str, tmp_path: Path) -> None:
    tape = load_tape(name)
    async with OneSignalStandIn(tape.outbound_answers()) as onesignal:
        config = Config.from_settings(
            {
                "runtime.path": str(modules_of(tape.profile, tmp_path)),
                "onesignal.url": f"http://{onesignal.host}",
                **PROFILES[tape.profile],
            }
        )
        async with MockServer(config) as server:
            player = Player(
                tape,
                api=server.http_url,
                console=server.console_url,
                clock=server.clock,
                onesignal=onesignal,
                settle=server.settle,
            )
            await player.play()
            assert [entry.error for entry in server.journal if entry.error] == []

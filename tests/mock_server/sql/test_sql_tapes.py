"""With a database the mock answers the recorded statements as Nakama did.

Nakama's database has Nakama's tables, which are not in a game's own: the steps that use the table
`users` differ, and these alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from mock_server import Config, MockServer
from tests.mock_server.runtime.test_js_tapes import SETTINGS
from tests.mock_server.runtime.test_lua_tapes import modules_of
from tests.mock_server.test_tapes import PROFILES
from tests.postgres import Postgres
from tests.tapes.onesignal import OneSignalStandIn
from tests.tapes.player import Player
from tests.tapes.tape import Step, load_tape

NO_USERS = 'ERROR: relation "users" does not exist (SQLSTATE 42P01)'
USERS = {
    "lua_sql": (8, 9, 15, 27, 28, 36, 41),
    "js_sql": (9, 11, 12),
}
UNCHANGED_ACCOUNT = ("lua_sql", 29)  # what step 27 did not do


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["lua_sql", "js_sql"])
async def test_the_mock_answers_as_recorded(name: str, tmp_path: Path, postgres: Postgres) -> None:
    tape = load_tape(name)
    tape = evolve(tape, steps=[_without_users(name, step) for step in tape.steps])
    if tape.profile == "js":
        settings = SETTINGS
    else:
        folder = modules_of(tape.profile, tmp_path)
        settings = PROFILES[tape.profile] | {"runtime.path": str(folder)}
    config = Config.from_settings({**settings, "database.address": (postgres.address,)})
    async with (
        OneSignalStandIn(tape.outbound_answers()) as onesignal,
        MockServer(config) as server,
    ):
        player = Player(
            tape,
            api=server.http_url,
            console=server.console_url,
            clock=server.clock,
            onesignal=onesignal,
        )
        await player.play()


def _without_users(tape: str, step: Step) -> Step:
    if (tape, step["n"]) == UNCHANGED_ACCOUNT:
        account = step["response"]["json"]
        user = {name: value for name, value in account["user"].items() if name != "location"}
        return step | {"response": step["response"] | {"json": account | {"user": user}}}
    if step["n"] not in USERS[tape]:
        return step
    called = json.loads(step["request"]["json"])["fn"]
    return step | {"response": _refusal(called)}


def _refusal(called: str) -> dict[str, Any]:
    if called in ("sqlQuery", "sqlExec"):
        error = {
            "error": True,
            "message": f"failed to exec db query: {NO_USERS}",
            "name": "GoError",
            "stack": "string",
            "type": False,
        }
        payload = json.dumps({"error": error}, separators=(",", ":"))
        return {"status": 200, "json": {"payload": payload}}
    message = f"{called.replace('_', ' ')} error: {NO_USERS}"
    return {"status": 500, "json": {"code": 13, "error": {}, "message": message}}

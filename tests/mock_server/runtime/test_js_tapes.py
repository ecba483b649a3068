"""With the bundle that a real Nakama 3.40 had, the mock answers as it did."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from mock_server import Config, MockServer
from server_kit import Clock
from tests.inner_loop import mostly_slow
from tests.tapes.onesignal import OneSignalStandIn
from tests.tapes.player import Player
from tests.tapes.tape import Step, load_tape

BUNDLE = Path(__file__).parents[2] / "javascript"
SETTINGS: dict[str, Any] = {
    "name": "nakama1",
    "session.token_expiry_sec": 7200,
    "match.label_update_interval_ms": 1,
    "matchmaker.interval_sec": 1,
    "runtime.path": str(BUNDLE),
    "runtime.env": ("GREETING=hello", "PAIR=a=b"),
}
TAPES = (
    "js_accounts",
    "js_channels_streams",
    "js_codec",
    "js_context",
    "js_examples",
    "js_globals",
    "js_hooks_account",
    "js_hooks_authenticate",
    "js_hooks_rest",
    "js_hooks_rt",
    "js_language",
    "js_language_missing",
    "js_leaderboards",
    "js_logger",
    "js_match",
    "js_match_end",
    "js_match_errors",
    "js_matchmaker",
    "js_notifications",
    "js_notifications_args",
    "js_resets",
    "js_return",
    "js_rpc_ids",
    "js_rpc_socket",
    "js_social",
    "js_sql",
    "js_storage",
    "js_throw",
    "js_throw_engine",
    "js_tournaments",
    "js_utils",
    "js_values",
    "js_wallet",
)
FAST = {"js_context", "js_notifications", "js_rpc_socket"}
# Where the real server panics and its session hangs, the mock answers, and goes on.
ANSWERED: dict[tuple[str, int], dict[str, Any]] = {
    ("js_hooks_rt", 58): {
        "cid": "o",
        "error": {"code": 7, "message": "Could not complete runtime Before function."},
    },
    ("js_hooks_rt", 60): {"cid": "p", "pong": {}},
}
# The mock has no PostgreSQL; what else these tapes ask of it is answered.
SQL = {"js_sql": {2, 3, 4, 9, 10, 11, 12, 13}}
REFUSED = (
    '{"error":{"error":true,"message":"<string>","name":"GoError","stack":"string","type":false}}'
)


@pytest.mark.asyncio
@pytest.mark.parametrize("name", mostly_slow(TAPES, fast=FAST))
async def test_the_mock_answers_as_recorded(name: str) -> None:
    tape = load_tape(name)
    tape = evolve(tape, steps=[answered(name, step) for step in tape.steps])
    # With a clock that stands still no tick of the matchmaker comes between two tickets.
    clock = Clock(stopped_at=time.time()) if name == "js_matchmaker" else Clock()
    async with (
        OneSignalStandIn(tape.outbound_answers()) as onesignal,
        MockServer(Config.from_settings(SETTINGS), clock=clock) as server,
    ):
        player = Player(
            tape,
            api=server.http_url,
            console=server.console_url,
            clock=server.clock,
            onesignal=onesignal,
            settle=server.settle,
            arrive=True,
        )
        await player.play()


def answered(name: str, step: Step) -> Step:
    """A step, with the mock's answer where the real server has none, or has PostgreSQL's."""
    if step["n"] in SQL.get(name, ()):
        return step | {"response": step["response"] | {"json": {"payload": REFUSED}}}
    answer = ANSWERED.get((name, step["n"]))
    if answer is None:
        return step
    return {key: step[key] for key in ("n", "actor", "kind", "conn")} | {"json": answer}

"""What match handlers in JavaScript may return, and how Nakama refuses the rest."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.mock_server.runtime.game import serving

RUNNING = "({state: {}, tickRate: 10, label: 'l'})"
NO_SETUP = (
    "matchInit is expected to return an object with 'state', 'tickRate' and 'label' properties"
)
WRONG_STATE = "is expected to return an object with 'state' object property"
SETUPS = {
    "null": NO_SETUP,
    "[]": NO_SETUP,
    "({state: {}})": "matchInit return value has no 'tickRate' property",
    "({state: {}, tickRate: 61})": "matchInit 'tickRate' must be a number between 1 and 60",
    "({state: {}, tickRate: 1.5})": "matchInit 'tickRate' must be a number between 1 and 60",
    "({state: {}, tickRate: 1, label: {}})": "matchInit 'label' value must be a string",
    "({tickRate: 1})": "matchInit is expected to return an object with a 'state' property",
    "({state: null, tickRate: 1})": "Match initial state must not be nil",
}
SIGNALS = {
    "null": "matchSignal is expected to return an object with 'state' property",
    "Promise.resolve({state: {}})": (
        "matchSignal is expected to return an object with 'state' property"
    ),
    "({})": "matchSignal is expected to return an object with 'state' property",
    "({state: []})": f"matchSignal {WRONG_STATE}",
    "({state: new Date(0)})": f"matchSignal {WRONG_STATE}",
    "({state: {}, data: 5})": "matchSignal 'data' property must be a string",
}
LOOPS = {
    "5": "matchLoop is expected to return an object with 'state' property",
    "({})": f"matchLoop {WRONG_STATE}",
    "({state: 5})": f"matchLeave {WRONG_STATE}",
    "({state: new Map()})": f"matchLeave {WRONG_STATE}",
}


def bundle(setup: str = RUNNING, signal: str = "({state})", loop: str = "({state})") -> str:
    """A bundle whose match handler returns these."""
    return f"""
function setup() {{ return {setup}; }}
function step(ctx, logger, nk, dispatcher, tick, state) {{ return {{state}}; }}
function loop(ctx, logger, nk, dispatcher, tick, state) {{ return {loop}; }}
function signal(ctx, logger, nk, dispatcher, tick, state) {{ return {signal}; }}
function create(ctx, logger, nk) {{ return nk.matchCreate("m", {{}}); }}
function tell(ctx, logger, nk, payload) {{ return nk.matchSignal(payload, ""); }}
function InitModule(ctx, logger, nk, initializer) {{
  initializer.registerRpc("create", create);
  initializer.registerRpc("tell", tell);
  initializer.registerMatch("m", {{matchInit: setup, matchJoinAttempt: step, matchJoin: step,
    matchLeave: step, matchLoop: loop, matchTerminate: step, matchSignal: signal}});
}}
"""


@pytest.mark.asyncio
@pytest.mark.parametrize("setup", SETUPS)
async def test_a_match_whose_setup_is_wrong_is_not_made(tmp_path: Path, setup: str) -> None:
    async with serving(tmp_path, {"index.js": bundle(setup=setup)}) as game:
        answer = await game.rpc("create", "")
        assert answer.status == 500
        assert SETUPS[setup] in str(answer.body)


@pytest.mark.asyncio
@pytest.mark.parametrize("signal", SIGNALS)
async def test_a_match_ends_by_a_wrong_answer_to_a_signal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, signal: str
) -> None:
    async with serving(tmp_path, {"index.js": bundle(signal=signal)}) as game:
        match_id = (await game.rpc("create", "")).body
        with caplog.at_level(logging.ERROR):
            assert (await game.rpc("tell", match_id)).status == 500
        assert any(each.endswith(SIGNALS[signal]) for each in caplog.messages)


@pytest.mark.asyncio
@pytest.mark.parametrize("loop", LOOPS)
async def test_a_match_ends_by_a_wrong_result_of_its_loop(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, loop: str
) -> None:
    async with serving(tmp_path, {"index.js": bundle(loop=loop)}) as game:
        with caplog.at_level(logging.ERROR):
            match_id = (await game.rpc("create", "")).body
            game.server.clock.advance(0.1)
            assert (await game.rpc("tell", match_id)).status == 500
        assert any(each.endswith(LOOPS[loop]) for each in caplog.messages)

"""The matchmaker as the recorded server has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inner_loop import mostly_slow
from tests.mock_server.matches.test_tapes import modules, play
from tests.mock_server.test_tapes import speaks_json
from tests.tapes.tape import load_tape

__all__ = ["modules"]

LANDED = (
    "matchmaker",
    "mp_matchmaker_counts",
    "mp_matchmaker_hook",
    "mp_matchmaker_match",
    "mp_matchmaker_pool",
    "mp_matchmaker_properties",
    "mp_matchmaker_stats",
)
IN_JSON = [name for name in LANDED if speaks_json(load_tape(name))]
FAST_IN_PROTOBUF = {"matchmaker"}


@pytest.mark.asyncio
@pytest.mark.parametrize("name", LANDED)
async def test_the_mock_answers_as_recorded(name: str, modules: Path) -> None:
    await play(load_tape(name), modules)


@pytest.mark.asyncio
@pytest.mark.parametrize("name", mostly_slow(IN_JSON, fast=FAST_IN_PROTOBUF))
async def test_the_mock_answers_the_same_in_protobuf(name: str, modules: Path) -> None:
    await play(load_tape(name), modules, protobuf=True)

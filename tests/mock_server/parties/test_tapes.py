"""Parties as the recorded server has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inner_loop import mostly_slow
from tests.mock_server.matches.test_tapes import modules, play
from tests.mock_server.test_tapes import speaks_json
from tests.tapes.tape import load_tape

__all__ = ["modules"]

LANDED = (
    "mp_matchmaker_party",
    "mp_party_leader",
    "mp_party_list",
    "mp_party_requests",
    "mp_proto_match",
    "mp_proto_party",
    "mp_rt_hooks",
    "mp_single_match",
    "party",
    "party_matchmaker_update",
)
IN_JSON = [name for name in LANDED if speaks_json(load_tape(name))]
FAST_IN_PROTOBUF = {"party"}


@pytest.mark.asyncio
@pytest.mark.parametrize("name", LANDED)
async def test_the_mock_answers_as_recorded(name: str, modules: Path) -> None:
    await play(load_tape(name), modules)


@pytest.mark.asyncio
@pytest.mark.parametrize("name", mostly_slow(IN_JSON, fast=FAST_IN_PROTOBUF))
async def test_the_mock_answers_the_same_in_protobuf(name: str, modules: Path) -> None:
    await play(load_tape(name), modules, protobuf=True)

"""Large values of Lua cross in many small steps, between which others have their turns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mock_server.runtime.lua import state
from tests.inner_loop import mostly_slow
from tests.loop_steps import counted_steps
from tests.mock_server.runtime.game import lua_rpcs, serving

_MANY = 20_000
_LIST = f"local list = {{}} for i = 1, {_MANY} do list[i] = {{ i }} end "
_MAP = f"local map = {{}} for i = 1, {_MANY} do map['k' .. i] = i end "


def _json(value: Any) -> int:
    """The length of a value's JSON."""
    return len(json.dumps(value, separators=(",", ":")))


@pytest.mark.parametrize(
    ("body", "length"),
    [
        pytest.param(
            _LIST + "return tostring(#nk.json_encode({ list = list }))",
            _json({"list": [[each] for each in range(1, _MANY + 1)]}),
            marks=pytest.mark.slow,
        ),
        (
            _MAP + "return tostring(#nk.json_encode(map))",
            _json({f"k{each}": each for each in range(1, _MANY + 1)}),
        ),
        ("return tostring(#nk.json_decode(payload))", _MANY),
        pytest.param("return tostring(#nk.json_decode(payload)[2])", 3, marks=pytest.mark.slow),
    ],
    ids=["a list to the host", "a map to the host", "a list to Lua", "its items"],
)
@pytest.mark.asyncio
async def test_a_large_value_crosses_in_many_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, length: int
) -> None:
    monkeypatch.setattr(state, "_BETWEEN_TURNS", 0)
    source = lua_rpcs({"cross": body})
    async with serving(tmp_path, {"main.lua": source}) as game:
        payload = "[" + ",".join(["[1,2,3]"] * _MANY) + "]"
        async with counted_steps() as steps:
            assert (await game.rpc("cross", payload)).body == length
        assert steps.count >= _MANY // 2000


_SOURCES = {
    "values": ("x = 0\n" + "do local one = 1 x = x + one end\n" * 5000, "5000"),
    "a wrong line": ("x = 0\n" * 20_000 + "x = = 1\n", "20001"),
}


@pytest.mark.parametrize(("source", "shown"), _SOURCES.values(), ids=list(_SOURCES))
@pytest.mark.asyncio
async def test_a_long_source_is_compiled_as_one(tmp_path: Path, source: str, shown: str) -> None:
    body = "local fn, problem = loadstring(payload) if fn then fn() end return problem or ('' .. x)"
    async with serving(tmp_path, {"main.lua": lua_rpcs({"run": body})}) as game:
        assert shown in str((await game.rpc("run", source)).body)


@pytest.mark.parametrize("change", mostly_slow(["upper", "lower", "reverse"], fast={"reverse"}))
@pytest.mark.asyncio
async def test_long_texts_are_changed_as_short_ones(tmp_path: Path, change: str) -> None:
    unit = "aBcäÖ€x" if change != "reverse" else "abcdefg"
    body = (
        f'local unit, count = "{unit}", 400000 '
        f"local all, one = unit:rep(count):{change}(), unit:{change}() "
        "return tostring(all == one:rep(count))"
    )
    async with serving(tmp_path, {"main.lua": lua_rpcs({"change": body})}) as game:
        assert (await game.rpc("change")).body is True

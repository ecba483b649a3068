"""The libraries that Lua modules find are those of the Lua that Nakama runs (gopher-lua)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.mock_server.runtime.game import EVAL, Game, lua_rpcs, serving

_LIBRARY: dict[str, list[Any]] = {
    'return os.date("%Y-%m-%d %H:%M", 0)': ["1970-01-01 00:00"],
    "return os.time{ year = 1970, month = 1, day = 2, hour = 0 }": [86400],
    "return os.time{ year = 2024, month = 2, day = 29, hour = 1, min = 2, sec = 3 }": [1709168523],
    "return os.time{ year = 2023, month = 14, day = 30 }": [1709294400],
    "return os.date('*t', 86400).day, os.date('*t', 86400).wday": [2, 5],
    "return os.time{ year = 2024 }, os.time{ year = 2024, month = '2', day = 3 }": [
        1698667200,
        1699012800,
    ],
    'return (os.date("!%A %d %b %y, %I %p %P, %X %w %Z%z", 1700000000))': [
        "Tuesday 14 Nov 23, 10 PM pm, 22:13:20 2 UTC+0000"
    ],
    'return (os.date("%c | %x | %a | %j %T %%", 1700000000))': [
        "14 Nov 23 22:13 UTC | 22/13/20 | mon | %j %T %"
    ],
    "return os.difftime(5, 2)": [3],
    "return os.clock() >= 0": [True],
    "return bit32.band(12, 10), bit32.bor(12, 10), bit32.bxor(12, 10)": [8, 14, 6],
    "return bit32.lshift(1, 4), bit32.rshift(256, 4), bit32.arshift(-16, 2)": [16, 16, 4294967292],
    "return bit32.bnot(0), bit32.extract(240, 4, 4), bit32.lrotate(1, 33)": [4294967295, 15, 2],
    "return bit32.extract(6, 1, nil), bit32.replace(0, 1, 3), bit32.replace(7, 0, 1)": [1, 8, 5],
    "return select(2, pcall(bit32.extract, 1, 30, 4)), select(2, pcall(bit32.band, 1, {}))": [
        "<string>:1: trying to access non-existent bits",
        "<string>:1: bad argument #2 to (anonymous) (number expected, got table)",
    ],
    'return string.format("%d %s %5.2f %q %%", 3, nil, 1.5, "a\\nb")': ['3 nil  1.50 "a\\nb" %'],
    'return string.format("%s %s", 1)': ["1 %!s(MISSING)"],
    "return tostring(1e15), tostring(2^63), tostring(1/0), tostring(0/0)": [
        "1000000000000000",
        "9.223372036854776e+18",
        "+Inf",
        "NaN",
    ],
    'return 10 .. "", tostring(0.1), tostring(1e-7), tostring(-1.5)': [
        "10",
        "0.1",
        "1e-07",
        "-1.5",
    ],
    'return ("x"):rep(3), #"日本", ("abc"):upper()': ["xxx", 6, "ABC"],
    "return math.floor(2.7), math.max(1, 5, 3), math.fmod(7, 3)": [2, 5, 1],
    'return select("#", unpack({ 1, 2, 3 })), table.concat({ 1, 2 }, "-")': [3, "1-2"],
    'return type(getmetatable("")), getmetatable(1)': ["table"],
    "return type(newproxy), type(setfenv), type(loadstring), _VERSION": [
        *["function"] * 3,
        "Lua 5.1",
    ],
    'return string.upper("straße, é"), ("ÄÖ É"):lower(), ("a\\255"):upper()': [
        "STRAßE, É",
        "äö é",
        "A\ufffd",
    ],
    'return (string.format("%g %g %G %.3g", 1 / 3, 1e6, 1e-7, 1 / 3))': [
        "0.3333333333333333 1e+06 1E-07 0.333"
    ],
    'return (string.format("%x %o %c%c", -255, -8, 233, 8364))': ["-ff -10 é€"],
    'return (string.format("%d %5.1f %d %d", nil, true, "x", "7"))': [
        "&{} %!f(lua.LBool=true) 0 7"
    ],
    'return ("a quick cat"):find("%f[%a]%a+"), ("f1 f"):match("%f%d"), ("%f"):match("%%f")': [
        None,
        "f1",
        "%f",
    ],
    "return tostring(math.huge), tostring(-0), tostring(-2 ^ 63)": [
        "1.7976931348623157e+308",
        "0",
        "-9223372036854775808",
    ],
    'return tonumber("1.5e3"), tonumber(" 7\\n"), tonumber("0x1F"), tonumber("-ff", 16)': [
        1500,
        7,
        31,
        -255,
    ],
    'return type(tonumber("1e5")), type(tonumber("inf")), type(tonumber("0x1p4"))': ["nil"] * 3,
    'return type(tonumber("")), type(tonumber("9223372036854775808"))': ["nil"] * 2,
    'return tonumber("9223372036854775807") == 2 ^ 63': [True],
    'return tonumber("-9223372036854775808") == -2 ^ 63': [True],
    "return math.mod(-7, 3), math.fmod(-7, 3), math.random(3, 3)": [2, -1, 3],
    'return (table.concat({ 1, 2, 3 }, ", ", 2, 9))': ["2, 3"],
    "return type(table.foreach), type((rawset({}, 1, 1))), type((collectgarbage()))": ["nil"] * 3,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def evaluating(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Game]:
    async with serving(tmp_path_factory.mktemp("lua"), {"eval.lua": EVAL}) as game:
        yield game


@pytest.mark.parametrize(("code", "values"), _LIBRARY.items(), ids=range(len(_LIBRARY)))
@pytest.mark.asyncio(loop_scope="module")
async def test_the_library_is_the_one_of_nakama(
    evaluating: Game, code: str, values: list[Any]
) -> None:
    assert await evaluating.lua(code) == values


_VECTOR = """
local Vector = {}
Vector.__index = Vector
local function vector(x) return setmetatable({ x = x }, Vector) end
Vector.__mul = function(a, b)
  return type(a) == "number" and vector(a * b.x) or vector(a.x * b)
end
Vector.__add = function(a, b)
  return vector((type(a) == "table" and a.x or a) + (type(b) == "table" and b.x or b))
end
Vector.__concat = function(a, b)
  return "<" .. (type(a) == "table" and a.x or a) .. (type(b) == "table" and b.x or b) .. ">"
end
Vector.__unm = function(a) return vector(-a.x) end
local v = vector(3)
return (2 * v).x, (v * 2).x, (1 + v).x, ("5" + v).x, "a" .. v, v .. "b", 7 .. v, (-v).x
"""


@pytest.mark.asyncio
async def test_operators_of_tables_work_on_either_side(tmp_path: Path) -> None:
    async with serving(tmp_path, {"eval.lua": EVAL}) as game:
        assert await game.lua(_VECTOR) == [6, 6, 4, 8, "<a3>", "<3b>", "<73>", -3]


_SHARED = """
queue = { 3, 1, 2 }
local own = { 3, 1, 2 }
local shared = require("shared")
local nk = require("nakama")
"""
_READ_ONLY = "attempt to modify read only table"


@pytest.mark.asyncio
async def test_tables_that_modules_share_are_read_only_as_far_as_in_nakama(tmp_path: Path) -> None:
    bodies = {
        "removes": "local _ = table.remove(queue, 1)",
        "sorts": "table.sort(shared.list)",
        "inserts": "table.insert(shared.list, 1, 9)",
        "library": "table.sort(string)",
        "appends": "table.insert(queue, 4); return tostring(#queue)",
        "assigns": "queue[1] = 7; counter = 8; return queue[1] .. counter",
        "own": "table.sort(own); return own[1] .. table.remove(own)",
    }
    modules = {"main.lua": _SHARED + lua_rpcs(bodies), "shared.lua": "return { list = { 2, 1 } }"}
    async with serving(tmp_path, modules) as game:
        for refused in ("removes", "sorts", "inserts", "library"):
            assert await game.failure(refused) == _READ_ONLY
        assert (await game.rpc("appends")).body == 4
        assert (await game.rpc("assigns")).body == 78
        assert (await game.rpc("own")).body == 13

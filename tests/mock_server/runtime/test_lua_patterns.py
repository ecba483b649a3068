"""Patterns that are too much for C are matched to the same result, and can be cut."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import lupa.lua51 as lupa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mock_server import Config, MockServer
from tests.inner_loop import mostly_slow
from tests.mock_server.runtime.game import HTTP_KEY, lua_rpcs, serving, write

# Calls a function of `string` with texts in base 16, and shows what comes of it.
_CALL = """
local name, text, pattern, extra = ...
local function plain(hex)
  return (hex:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end))
end
local function hex(value)
  if type(value) ~= "string" then return tostring(value) end
  return "<" .. value:gsub(".", function(c) return string.format("%02x", c:byte()) end) .. ">"
end
local function shown(...)
  local values = {}
  for i = 1, select("#", ...) do values[i] = hex((select(i, ...))) end
  return table.concat(values, " ")
end
text, pattern = plain(text), plain(pattern)
local ok, result = pcall(function()
  if name == "gmatch" then
    local all = {}
    for a, b, c in text:gmatch(pattern) do all[#all + 1] = shown(a, b, c) end
    return table.concat(all, ",")
  elseif name == "function" then
    return shown(text:gsub(pattern, function(a, b)
      return b or #tostring(a) % 2 == 0 and a .. "!"
    end))
  elseif name == "table" then
    return shown(text:gsub(pattern, { a = 1, b = false, ab = "x", aa = {} }))
  elseif name == "gsub" then
    return shown(text:gsub(pattern, plain(extra)))
  elseif name == "limited" then
    return shown(text:gsub(pattern, "<%0>", tonumber(extra)))
  end
  return shown(string[name](text, pattern, tonumber(extra)))
end)
return ok and "ok " .. result or "error " .. (tostring(result):gsub("^.-:%d+: ", ""))
"""

# Matches nothing, and makes any pattern too much for C.
_HEAVY = "z-" * 1001

_PIECES = [*"ab.()*+-?$^[]%\0", "%a", "%A", "%d", "%z", "%b()", "%bab", "%b", "%1", "%2", "%0"]
_PIECES += ["()", "(a)", "(.-)", "[ab]", "[^a]", "[]a]", "[a-b%d]", "[^]", "a*", "b+", ".-", "%w?"]
_patterns = st.lists(st.sampled_from(_PIECES), max_size=7).map("".join)
_texts = st.text(alphabet="aab()1\0é]", max_size=12)
_calls = st.one_of(
    st.tuples(st.sampled_from(["find", "match"]), st.sampled_from(["", "1", "-2", "5", "99"])),
    st.tuples(st.sampled_from(["gmatch", "function", "table"]), st.just("")),
    st.tuples(st.just("gsub"), st.sampled_from([b"<%1>", b"%0%0", b"%2", b"x%", b"%a%%"])),
    st.tuples(st.just("limited"), st.sampled_from(["", "0", "1", "2.9", "-3"])),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    folder = tmp_path_factory.mktemp("modules")
    body = f"return (function(...) {_CALL} end)(unpack(nk.json_decode(payload)))"
    write(folder, {"main.lua": lua_rpcs({"call": body})})
    with MockServer(Config.from_settings({"runtime.path": str(folder)})) as server:
        yield server


@pytest.fixture(scope="module")
def lua() -> lupa.LuaRuntime:
    return lupa.LuaRuntime(encoding=None)


@pytest.mark.slow
@given(call=_calls, text=_texts, pattern=_patterns)
def test_heavy_patterns_match_as_in_lua(
    call: tuple[str, str | bytes], text: str, pattern: str, server: MockServer, lua: lupa.LuaRuntime
) -> None:
    name, extra = call
    # `find` seeks what has nothing special as it is; with _HEAVY it is a pattern.
    assume(name != "find" or not set(pattern.split("\0")[0]).isdisjoint("^$*+?.([%-"))
    is_tied = pattern.startswith("^") and name != "gmatch"
    heavy = "^" + _HEAVY + pattern[1:] if is_tied else _HEAVY + pattern
    hexed = extra.hex() if isinstance(extra, bytes) else extra
    arguments = [name, text.encode().hex(), heavy.encode().hex(), hexed]
    url = f"{server.http_url}/v2/rpc/call?unwrap&http_key={HTTP_KEY}"
    with urllib.request.urlopen(url, data=json.dumps(arguments).encode()) as answer:
        found = answer.read()
    arguments[2] = pattern.encode().hex()
    expected = lua.execute(_CALL.encode(), *(each.encode() for each in arguments))
    assert found == expected


_HEAVY_CALLS = {
    "backtracking": 'return tostring(("a"):rep(40):find(("a*"):rep(30) .. "b"))',
    "optional": 'return tostring(("a"):rep(30):find(("a?"):rep(30) .. ("a"):rep(31)))',
    "lazy": 'return (("a"):rep(4000):gsub("a-a-a-a-b", ""))',
    "all": 'for _ in ("a"):rep(4000):gmatch(".*.*.*.*b") do end',
    "balance": 'return tostring(("("):rep(200000):find("%b()"))',
    "in a pcall": 'while true do pcall(string.find, ("a"):rep(40), ("a*"):rep(30) .. "b") end',
    "join": 'local t = {} for i = 1, 1e6 do t[i] = "x" end while true do table.concat(t) end',
    "insert": "local t = {} while true do table.insert(t, 1, 1) end",
    "remove": "local t = {} for i = 1, 1e6 do t[i] = 1 end while true do table.remove(t, 1) end",
    "sort": "local t = {} for i = 1, 3e6 do t[i] = -i end while true do table.sort(t) end",
    "collect": "local t = {} for i = 1, 1e6 do t[i] = {} end while true do collectgarbage() end",
    "runtime functions": "while true do nk.bcrypt_hash('x') end",
    "case": 'local s = ("ä"):rep(5e6) while true do s:upper() end',
    "repetition": "local n = 0 while true do n = n + #(('x'):rep(5e7)) end",
}


@pytest.mark.parametrize(
    "name", mostly_slow(_HEAVY_CALLS, fast={"backtracking", "in a pcall", "insert"})
)
@pytest.mark.asyncio
async def test_long_work_of_library_functions_is_cut(tmp_path: Path, name: str) -> None:
    source = lua_rpcs({"heavy": _HEAVY_CALLS[name]})
    async with serving(tmp_path, {"main.lua": source}, runtime__lua_time_limit_sec=0.1) as game:
        assert "ran longer than runtime.lua_time_limit_sec" in await game.failure("heavy")


_QUICK = {
    'return tostring(("a"):rep(300000):find(("a?"):rep(300000)))': "stack overflow",
    'return tostring(#(("x"):rep(1e15)))': "not enough memory",
    'return tostring(#((""):rep(1e15)))': "0",
    'local t = {} table.insert(t, -2e9, "x") return t[-2e9] .. #t': "x0",
    'return tostring(("a"):rep(4e6):find(("a"):rep(2e6) .. "b", 1, true))': "nil",
    'return tostring(("a"):rep(4e6):find(("a"):rep(2e6), 3, true))': "3",
    'return tostring(("b"):rep(5):rep(1e6):sub(-7))': "bbbbbbb",
    'return #("ab"):rep(1048577) .. ("ab"):rep(1048577):sub(-3)': "2097154bab",
    'return ("ß"):rep(3):upper() .. ("ΑΣ"):lower()': "ßßßας".replace("ς", "σ"),
    'local n = 0 for _ in ("ab "):rep(1e5):gmatch("%a+") do n = n + 1 end return tostring(n)': (
        "100000"
    ),
}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(body, said, marks=pytest.mark.slow if said == "stack overflow" else ())
        for body, said in _QUICK.items()
    ],
)
@pytest.mark.asyncio
async def test_giant_work_ends_at_once(tmp_path: Path, body: str, said: str) -> None:
    async with serving(tmp_path, {"main.lua": lua_rpcs({"giant": body})}) as game:
        answer = await game.rpc("giant")
        if answer.status == 200:
            assert str(answer.body) == said
        else:
            assert said in answer.body["message"]

"""Only plain values cross between Lua and the mock: the known escapes, and a fuzz of all ways."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server import Config, MockServer
from tests.mock_server.runtime.game import EVAL, HTTP_KEY, lua_rpcs, serving, write

# Whatever a module gets hold of, it is of Lua's own types; userdata comes from newproxy alone.
_PLAIN = """
local proxies = setmetatable({}, { __mode = "k" })
local raw_newproxy = newproxy
function newproxy(...)
  local proxy = raw_newproxy(...)
  proxies[proxy] = true
  return proxy
end

local function check(value, seen)
  local kind = type(value)
  if kind == "userdata" and not proxies[value] then error("FOREIGN " .. tostring(value), 0) end
  if kind ~= "table" or seen[value] then return end
  seen[value] = true
  for key, item in next, value do
    check(key, seen)
    check(item, seen)
  end
end

function show(value) return value end

function check_all(...)
  for i = 1, select("#", ...) do check((select(i, ...)), {}) end
  return ...
end
"""

_ESCAPES = {
    "a function without a name": "return pcall(nk[5])",
    "a function named by a table": "return pcall(function() return nk[{}]() end)",
    "an error text that is none": """
        local odd = setmetatable({}, { __tostring = function() return {} end })
        return pcall(pcall, error, { odd })
    """,
    "an error object": "return xpcall(function() error(newproxy(true)) end, show)",
    "a handler that sees the mock's error": "return xpcall(nk.json_decode, show)",
    "a table in itself": "local t = {} t.t = t return pcall(nk.json_encode, t)",
    "a table that grows for ever": """
        local t = setmetatable({}, { __index = function(t) return t end }) t[3] = 1
        return pcall(nk.json_encode, t)
    """,
    "a proxy": "return pcall(nk.json_encode, newproxy(true))",
    "a proxy in a table": "return pcall(nk.json_encode, { newproxy() })",
    "a key that is a function": "return pcall(nk.json_encode, { [print] = 1, [newproxy()] = 2 })",
    "deep JSON": "return pcall(nk.json_decode, string.rep('[', 900) .. string.rep(']', 900))",
    "deeper JSON": "return pcall(nk.json_decode, string.rep('[', 9000) .. string.rep(']', 9000))",
    "NaN": "return pcall(nk.json_encode, { [1] = 0/0, x = 1/0 })",
    "a function in the cache": "nk.localcache_put('f', print) return nk.localcache_get('f')",
    "a proxy in the cache": "nk.localcache_put('p', newproxy()) return nk.localcache_get('p')",
    "a changed library": """
        local seen = {}
        loadstring = function(...) seen[#seen + 1] = { ... } end
        setfenv(0, {})
        local match = pcall(nk.match_create, "main", {})
        return unpack(seen)
    """,
    "environments": """
        local seen = {}
        for level = 0, 20 do
          local ok, env = pcall(getfenv, level)
          seen[#seen + 1] = env
        end
        for _, fn in ipairs({ nk.json_encode, pcall, require, print, tostring }) do
          seen[#seen + 1] = getfenv(fn)
        end
        return seen
    """,
    "metatables": "return { getmetatable(''), getmetatable(nk), getmetatable(newproxy(true)) }",
    "everything there is": "return { _G, package, nk }",
    "module": "module('escape', package.seeall) return _M",
}


@pytest.mark.parametrize("body", _ESCAPES.values(), ids=list(_ESCAPES))
@pytest.mark.asyncio
async def test_no_escape_reaches_an_object_of_the_host(tmp_path: Path, body: str) -> None:
    source = _PLAIN + lua_rpcs(
        {"go": f"check_all((function() {body} end)()) return 'plain'", "hi": "return 'hi'"}
    )
    async with serving(tmp_path, {"main.lua": source}) as game:
        answer = await game.rpc("go")
        assert answer.body == "plain" or "FOREIGN" not in str(answer.body)
        assert "Traceback" not in str(answer.body)
        assert (await game.rpc("hi")).body == "hi"


@pytest.mark.parametrize(
    "call",
    [
        "package.loaders[2](FILE)",
        "package.loaders[3]",
        "package.loaders[4]",
        "package.loadlib",
        "require(FILE)",
        "loadfile",
        "dofile",
        "io",
    ],
)
@pytest.mark.asyncio
async def test_no_module_reads_files(tmp_path: Path, call: str) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "secret.lua").write_text("return 'the secret'")
    reads = call.replace("FILE", "'secret'")
    body = f"""
        package.path = "{tmp_path.as_posix()}/?.lua"
        local ok, found = pcall(function() return {reads} end)
        if type(found) == "function" then ok, found = pcall(found) end
        return tostring(found)
    """
    async with serving(tmp_path / "modules", {"main.lua": lua_rpcs({"go": body})}) as game:
        answer = await game.rpc("go")
    assert answer.status == 200
    assert answer.body == "nil" or "no cached module" in answer.body or "not found" in answer.body


_BYTECODE = "string.char(27) .. 'LuaQ' .. string.rep(string.char(0), 60)"


@pytest.mark.parametrize(
    "load",
    [
        f"loadstring({_BYTECODE})",
        "load((function() local i = 0 local s = " + _BYTECODE + " return function() i = i + 1 "
        "if i <= #s then return s:sub(i, i) end end end)())",
    ],
)
@pytest.mark.asyncio
async def test_load_refuses_bytecode(tmp_path: Path, load: str) -> None:
    async with serving(tmp_path, {"eval.lua": EVAL}) as game:
        found, problem = await game.lua(f"return {load}")
        assert found is None
        assert "Invalid token" in problem


@pytest.mark.asyncio
async def test_load_compiles_what_its_reader_returns(tmp_path: Path) -> None:
    async with serving(tmp_path, {"eval.lua": EVAL}) as game:
        code = """
            local pieces = { "return ", "6", " * 7" }
            return load(function() return table.remove(pieces, 1) end)()
        """
        assert await game.lua(code) == [42]


@pytest.mark.asyncio
async def test_loaders_find_modules_as_in_nakama(tmp_path: Path) -> None:
    async with serving(tmp_path, {"eval.lua": EVAL, "gift.lua": "return 'a gift'"}) as game:
        code = "return #package.loaders, package.loaders[2]('gift')(), package.loaders[1]('x')"
        assert await game.lua(code) == [2, "a gift", "no field package.preload['x']"]


@pytest.mark.asyncio
async def test_a_garbage_collector_hook_never_runs(tmp_path: Path) -> None:
    body = """
        local ran = false
        local function spin() ran = true while true do end end
        for _, store in ipairs({
          function(events) events.__gc = spin end,
          function(events) rawset(events, "__gc", spin) end,
          function(events) setfenv(function() __gc = spin end, events)() end,
          function(events) pcall(setmetatable, events, {}) events.__gc = spin end,
        }) do
          store(getmetatable(newproxy(true)))
        end
        collectgarbage() collectgarbage()
        return ran and "it ran" or "it never ran"
    """
    async with serving(tmp_path, {"main.lua": lua_rpcs({"go": body})}) as game:
        assert (await game.rpc("go")).body == "it never ran"


@pytest.mark.parametrize(
    "table",
    [
        "local t = {} t[67108863] = 1",
        "local t = { 1, 2, 3 } t[40000000] = 1",
        "local inner = {} inner[67108863] = 1 local t = { a = { inner } }",
    ],
)
@pytest.mark.parametrize("use", ["return nk.json_encode(t)", "nk.localcache_put('t', t)"])
@pytest.mark.asyncio
async def test_a_table_with_too_many_holes_is_refused(tmp_path: Path, table: str, use: str) -> None:
    async with serving(tmp_path, {"main.lua": lua_rpcs({"go": f"{table} {use}"})}) as game:
        assert "has too many holes to become a list" in await game.failure("go")


@pytest.mark.asyncio
async def test_a_value_that_unfolds_for_ever_is_cut(tmp_path: Path) -> None:
    body = "local t = {} for _ = 1, 60 do t = { t, t } end return nk.json_encode(t)"
    source = {"main.lua": lua_rpcs({"go": body, "hi": "return 'hi'"})}
    async with serving(tmp_path, source, runtime__lua_time_limit_sec=0.2) as game:
        assert "ran longer than runtime.lua_time_limit_sec" in await game.failure("go")
        assert (await game.rpc("hi")).body == "hi"


# A fuzz: any function, with any arguments, in any of the ways in which its results and errors come.

_ATOMS = st.sampled_from(
    [
        "nil", "true", "0", "-1", "0/0", "1/0", "2^53", "2^63", "''", "'a'", "'\\255\\0'", "print",
        "newproxy(true)", "function(...) return ... end", "function() error({}) end",
        "function() error(newproxy()) end", "nk", "_G", "setmetatable({}, { __index = nk })",
        "setmetatable({}, { __tostring = function() return {} end })", "nk.json_encode",
        "'00000000-0000-0000-0000-000000000000'", "string.rep('[', 300)",
    ]
)  # fmt: skip
_VALUES = st.recursive(
    _ATOMS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "{ " + ", ".join(items) + " }")
        | st.lists(
            st.tuples(_ATOMS.filter(lambda key: key not in ("nil", "0/0")), inner), max_size=3
        ).map(lambda pairs: "{ " + ", ".join(f"[{key}] = {item}" for key, item in pairs) + " }")
    ),
    max_leaves=6,
)
_WAYS = st.sampled_from(
    [
        "check_all(pcall({function}{arguments}))",
        "check_all(xpcall(function() return {function}({plain}) end, check_all))",
        "check_all(pcall(table.sort, {{ 1, 2, 3 }}, {function}))",
        "check_all(pcall(string.gsub, 'abc', '%w', {function}))",
        "check_all(setmetatable({{}}, {{ __index = {function} }}).x)",
        "check_all(tostring(setmetatable({{}}, {{ __tostring = {function} }})))",
        "error({plain})",
        "return {plain}",
        "check_all(pcall(setfenv, {function}, {{}}))",
    ]
)
_WAITING = ("http_request", "match_create", "match_signal", "run_once", "sql_exec", "sql_query")


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[str]]]:
    folder = tmp_path_factory.mktemp("fuzzed")
    write(folder, {"a.lua": _PLAIN, "eval.lua": EVAL})
    config = Config.from_settings({"runtime.path": str(folder), "runtime.lua_time_limit_sec": 2.0})
    with MockServer(config) as server:
        names = [name for name in dir(server.nk) if name not in _WAITING]
        yield f"{server.http_url}/v2/rpc/eval?unwrap&http_key={HTTP_KEY}", names


@pytest.mark.slow
@given(data=st.data())
@settings(deadline=None, max_examples=300)
def test_no_value_that_crosses_is_an_object_of_the_host(
    fuzzed: tuple[str, list[str]], data: st.DataObject
) -> None:
    url, names = fuzzed
    functions = st.sampled_from([f"nk.{name}" for name in names]) | st.sampled_from(
        ["print", "tostring", "error", "assert", "bit32.band", "os.date", "string.upper", "require"]
    )
    function = data.draw(functions)
    arguments = data.draw(st.lists(_VALUES, max_size=4))
    code = data.draw(_WAYS).format(
        function=function,
        arguments="".join(f", {each}" for each in arguments),
        plain=", ".join(arguments),
    )
    answer = _evaluate(url, code)
    assert "FOREIGN" not in str(answer), code
    assert "failed in the mock" not in str(answer), code


def _evaluate(url: str, code: str) -> Any:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, code.encode())) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode()


@pytest.mark.asyncio
async def test_the_fuzz_would_notice_an_object_of_the_host(tmp_path: Path) -> None:
    """The check itself: a userdata that newproxy did not make is reported."""
    body = "local proxy = before() check_all(proxy) return ''"
    source = (
        "local raw = newproxy\nfunction before() return raw() end\n"
        + _PLAIN
        + lua_rpcs({"go": body})
    )
    async with serving(tmp_path, {"main.lua": source}) as game:
        assert "FOREIGN" in await game.failure("go")


@pytest.mark.parametrize("code", ["error('\\255')", "print('\\255')", "pcall(error, '\\255')"])
def test_log_of_a_module_can_be_written_in_utf_8(
    code: str, fuzzed: tuple[str, list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="mock_server.modules")
    _evaluate(fuzzed[0], code)
    assert "\\udcff" in caplog.text
    assert caplog.text.encode()

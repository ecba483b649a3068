"""Loading Lua modules: folders, `require`, what fails, and what Lua may not reach."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from unittest.mock import ANY

import pytest

from mock_server import Config, MockServer, ModuleLoadError
from tests.mock_server.runtime.game import EVAL, lua_rpcs, playing, serving, write


@pytest.mark.parametrize("name", ["game.shop.prices", "game/shop/prices", "game/shop.prices"])
@pytest.mark.asyncio
async def test_require_finds_modules_in_subfolders(tmp_path: Path, name: str) -> None:
    modules = {
        "game/shop/prices.lua": "return { sword = 30 }",
        "main.lua": lua_rpcs({"price": f'return tostring(require("{name}").sword)'}),
    }
    async with serving(tmp_path, modules) as game:
        assert (await game.rpc("price")).body == 30


@pytest.mark.asyncio
async def test_a_module_runs_once_whoever_requires_it(tmp_path: Path) -> None:
    modules = {
        "a.lua": 'require("b")\nrequire("b").count = 5',
        "b.lua": "loads = (loads or 0) + 1\nreturn { count = 0 }",
        "eval.lua": EVAL,
    }
    async with serving(tmp_path, modules) as game:
        assert await game.lua('return loads, require("b").count') == [1, 5]


@pytest.mark.asyncio
async def test_modules_in_subfolders_register_too(tmp_path: Path) -> None:
    async with serving(tmp_path, {"deep/er/main.lua": lua_rpcs({"hi": 'return "hi"'})}) as game:
        assert (await game.rpc("hi")).body == "hi"


@pytest.mark.asyncio
async def test_modules_load_folder_by_folder_and_the_last_registration_counts(
    tmp_path: Path,
) -> None:
    names = ("game.lua", "game/shop.lua", "a.lua")
    modules = {name: lua_rpcs({"who": f"return '{name}'"}) for name in names}
    async with serving(tmp_path, modules) as game:
        assert (await game.rpc("who")).body == "game.lua"


@pytest.mark.asyncio
async def test_the_case_of_an_id_does_not_matter(tmp_path: Path) -> None:
    async with serving(tmp_path, {"main.lua": lua_rpcs({"Say.Hi": 'return "hi"'})}) as game:
        assert (await game.rpc("sAY.hI")).body == "hi"
        assert "say.hi" in game.server.rpc_ids()


_BROKEN = {
    "local x = = 1": "main.lua:2: unexpected symbol near '='",
    "error('on purpose')": "main.lua:2: on purpose",
    "error({ 'in a table' })": "main.lua: in a table",
    "local config; print(config.name)": "main.lua:2: attempt to index a non-table object(nil) with "
    "key 'name'",
    "require('absent')": "main.lua:2: module absent not found:",
    "require('main')": "main.lua:2: loop or previous error loading module: main",
    "require('nakama').register_rpc('x')": "main.lua:2: bad argument #1 to register_rpc "
    "(function expected, got string)",
    "require('nakama').register_rpc(function() end, '')": "main.lua:2: bad argument #2 to "
    "register_rpc (expects rpc id)",
    "require('nakama').run_once(function() error('once') end)": "error in run_once function: ",
    "while true do end": "ran longer than runtime.lua_time_limit_sec (0.2 s) and was cut",
}


@pytest.mark.parametrize(("code", "problem"), _BROKEN.items(), ids=list(_BROKEN))
@pytest.mark.asyncio
async def test_a_module_that_fails_stops_the_start_with_file_and_line(
    tmp_path: Path, code: str, problem: str
) -> None:
    write(tmp_path, {"main.lua": f"-- broken\n{code}\n"})
    config = Config.from_settings(
        {"runtime.path": str(tmp_path), "runtime.lua_time_limit_sec": 0.2}
    )
    with pytest.raises(ModuleLoadError) as caught:
        await MockServer(config).start()
    text = str(caught.value)
    assert text.startswith(f"{tmp_path}/main.lua")
    assert problem in text


@pytest.mark.asyncio
async def test_an_error_in_a_required_module_names_that_module(tmp_path: Path) -> None:
    write(tmp_path, {"a.lua": 'require("lib.b")', "lib/b.lua": "local x\nx()"})
    with pytest.raises(ModuleLoadError, match=r"lib/b\.lua:2: attempt to call a non-function"):
        await MockServer(Config.from_settings({"runtime.path": str(tmp_path)})).start()


@pytest.mark.asyncio
async def test_a_path_that_is_no_folder_stops_the_start(tmp_path: Path) -> None:
    config = Config.from_settings({"runtime.path": str(tmp_path / "absent")})
    with pytest.raises(ModuleLoadError, match=r"absent: runtime\.path is no folder"):
        await MockServer(config).start()


_OUT_OF_REACH = (
    "io",
    "debug",
    "python",
    "dofile",
    "loadfile",
    "os.execute",
    "os.getenv",
    "os.remove",
    "os.exit",
    "package.loadlib",
    "string.dump",
)


@pytest.mark.asyncio
async def test_lua_reaches_nothing_of_the_machine(tmp_path: Path) -> None:
    async with serving(tmp_path, {"eval.lua": EVAL}) as game:
        values = ", ".join(f"type({name})" for name in _OUT_OF_REACH)
        assert await game.lua(f"return {values}") == ["nil"] * len(_OUT_OF_REACH)
        assert await game.lua("return pcall(require, 'io')") == [False, ANY]
        assert await game.lua("return pcall(require, 'debug')") == [False, ANY]


@pytest.mark.asyncio
async def test_the_time_is_the_servers(tmp_path: Path) -> None:
    async with serving(tmp_path, {"eval.lua": EVAL}) as game:
        game.server.clock.advance(1_000_000)
        (seconds, year, milliseconds) = await game.lua('return os.time(), os.date("%Y"), nk.time()')
        assert 0 <= game.server.clock.time() - seconds < 60
        assert year == time.strftime("%Y", time.gmtime(seconds))
        assert 0 <= milliseconds - seconds * 1000 < 60_000


@pytest.mark.asyncio
async def test_print_writes_to_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "mock_server.modules")
    async with serving(tmp_path, {"main.lua": 'print("loaded", 1, nil, true)'}):
        assert "loaded\t1\tnil\ttrue" in [record.getMessage() for record in caplog.records]


_ONCE = """
local nk = require("nakama")
runs = 0
nk.run_once(function(context)
  runs = runs + 1
  assert(context.execution_mode == "run_once")
  id = nk.uuid_v4()
end)
nk.run_once(function() error("a second one does not run") end)
made = nk.uuid_v4()
nk.register_rpc(function(_, payload)
  nk.http_request(payload, "get", {}, "")
  return made
end, "slow")
"""


@pytest.mark.asyncio
async def test_all_states_of_the_pool_load_alike(tmp_path: Path) -> None:
    together = asyncio.Barrier(3)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await together.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as web:
        url = "http://{}:{}".format(*web.sockets[0].getsockname())
        async with serving(tmp_path, {"main.lua": _ONCE}) as game:
            calls = [game.rpc("slow", url) for _ in range(3)]
            assert len({answer.body for answer in await asyncio.gather(*calls)}) == 1


@pytest.mark.asyncio
async def test_the_python_and_lua_modules_of_a_folder_work_side_by_side(tmp_path: Path) -> None:
    modules = {
        "one.lua": lua_rpcs({"lua": 'return "lua"', "both": 'return "lua"'}),
        "two.py": "def init_module(nk):\n"
        "    nk.register_rpc(lambda context, payload: 'python', 'python')\n"
        "    nk.register_rpc(lambda context, payload: 'python', 'both')\n",
    }
    async with serving(tmp_path, modules) as game:
        assert [(await game.rpc(rpc_id)).body for rpc_id in ("lua", "python", "both")] == [
            "lua",
            "python",
            "python",
        ]


@pytest.mark.asyncio
async def test_the_log_lists_what_was_loaded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "mock_server.runtime")
    modules = {
        "sub/one.lua": lua_rpcs({"First": ""}),
        "two.py": "def init_module(nk):\n    nk.register_rpc(print, 'second')\n",
    }
    async with serving(tmp_path, modules):
        names = str(Path("sub/one.lua")), "two.py"
        assert f"server modules loaded from {tmp_path}: {', '.join(names)}" in caplog.messages
        (ids,) = [text for text in caplog.messages if text.startswith("RPC functions: ")]
        assert ids.endswith("first, second")


@pytest.mark.asyncio
async def test_functions_registered_on_the_server_replace_those_of_modules(tmp_path: Path) -> None:
    write(tmp_path, {"main.lua": lua_rpcs({"who": 'return "lua"'})})
    server = MockServer(Config.from_settings({"runtime.path": str(tmp_path)}))
    server.rpc("who")(lambda _context, _payload: "test")
    async with playing(server) as game:
        assert (await game.rpc("who")).body == "test"


@pytest.mark.asyncio
async def test_what_modules_write_forges_no_log_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bodies = {"say": "print(payload)", "log": "nk.logger_error(payload)", "fail": "error(payload)"}
    caplog.set_level("INFO", "mock_server.modules")
    async with serving(tmp_path, {"main.lua": lua_rpcs(bodies)}) as game:
        for name in bodies:
            await game.rpc(name, "one\nERROR forged\x1b[31m\u2028x")
    records = [each for each in caplog.records if each.name == "mock_server.modules"]
    said, logged, failed = [each.getMessage() for each in records]
    assert said == logged == "one\\nERROR forged\\x1b[31m\\u2028x"
    assert failed.endswith(": one\n    ERROR forged\\x1b[31m\\u2028x")


@pytest.mark.asyncio
async def test_what_a_call_writes_into_its_context_is_gone_in_the_next_call_of_the_socket(
    tmp_path: Path,
) -> None:
    body = """
        context.seen = (context.seen or 0) + 1
        context.env.seen = (context.env.seen or 0) + 1
        return context.username .. context.seen .. context.env.seen
    """
    async with (
        serving(tmp_path, {"main.lua": lua_rpcs({"count": body})}) as game,
        game.socket(await game.login("ada")) as socket,
    ):
        replies = [await socket.ask(rpc={"id": "count"}) for _ in range(2)]
    assert [reply["rpc"]["payload"] for reply in replies] == ["ada11", "ada11"]

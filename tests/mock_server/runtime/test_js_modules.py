"""Bundles on a server: where they are found, which context a call gets, how they are reloaded."""

from __future__ import annotations

import base64
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from mock_server import ModuleLoadError
from mock_server.runtime.js import engine
from mock_server.runtime.js.sourcemap import SourceMap
from tests.mock_server.runtime.game import lua_rpcs, serving, write
from tests.mock_server.runtime.scripts import rpcs
from tests.mock_server.runtime.test_reload import Log, log

__all__ = ["log"]

COUNT = rpcs({"count": "return '' + (++n);"}, "var n = 0;")


@pytest.mark.asyncio
async def test_contexts_take_calls_in_turn(tmp_path: Path) -> None:
    async with serving(tmp_path, {"index.js": COUNT}, runtime__js_min_count=3) as game:
        answers = [(await game.rpc("count")).body for _ in range(7)]
        assert answers == [1, 1, 1, 2, 2, 2, 3]


@pytest.mark.asyncio
async def test_what_init_module_sets_is_gone_in_calls(tmp_path: Path) -> None:
    bundle = COUNT.replace("nk, initializer) {", "nk, initializer) { n = 100;")
    async with serving(tmp_path, {"index.js": bundle}) as game:
        assert (await game.rpc("count")).body == 1


SHARED = rpcs(
    {
        "put": "nk.localcachePut('k', payload, 60); ctx.env.NAME = payload; return '';",
        "get": "return nk.localcacheGet('k', 'none') + ' ' + ctx.env.NAME;",
    }
)


@pytest.mark.asyncio
async def test_the_local_cache_and_the_environment_are_shared(tmp_path: Path) -> None:
    env = {"runtime__env": ("NAME=first",)}
    async with serving(tmp_path, {"index.js": SHARED}, **env) as game:
        assert (await game.rpc("get")).body == "none first"
        await game.rpc("put", "second")
        assert (await game.rpc("get")).body == "second second"
        game.server.clock.advance(60)
        assert (await game.rpc("get")).body == "none second"


@pytest.mark.asyncio
async def test_what_is_not_in_the_local_cache_is_the_default_itself(tmp_path: Path) -> None:
    body = """
    var made = function () {}, own = [made, Symbol("s"), null, 0];
    nk.localcachePut("far", Infinity);
    nk.localcachePut("none", NaN);
    return JSON.stringify([
      own.map(function (each) { return nk.localcacheGet("x", each) === each; }),
      nk.localcacheGet("x", null) === undefined,
      String(nk.localcacheGet("far")), String(nk.localcacheGet("none", 5)),
    ]);
    """
    async with serving(tmp_path, {"index.js": rpcs({"run": body})}) as game:
        told = (await game.rpc("run")).body
    assert told == [[True, True, False, True], True, "Infinity", "NaN"]


@pytest.mark.asyncio
async def test_globals_may_be_left_as_they_are(tmp_path: Path) -> None:
    body = "table.added = 1; return JSON.stringify(Object.keys(table));"
    bundle = rpcs({"add": body}, "var table = {};")
    async with serving(tmp_path, {"index.js": bundle}) as game:
        assert "object is not extensible" in await game.failure("add")
    async with serving(tmp_path, {"index.js": bundle}, runtime__js_read_only_globals=False) as game:
        assert (await game.rpc("add")).body == ["added"]


@pytest.mark.asyncio
async def test_the_entrypoint_may_be_another_file(tmp_path: Path) -> None:
    files = {"build/game.js": rpcs({"say": "return 'built';"}), "index.js": "throw 1;"}
    entrypoint = {"runtime__js_entrypoint": "build/game.js"}
    async with serving(tmp_path, files, **entrypoint) as game:
        assert (await game.rpc("say")).body == "built"
    with pytest.raises(ModuleLoadError, match=r"none\.js: runtime\.js_entrypoint is no file"):
        async with serving(tmp_path, files, runtime__js_entrypoint="none.js"):
            pass


@pytest.mark.asyncio
async def test_a_function_in_lua_takes_the_place_of_one_in_javascript(tmp_path: Path) -> None:
    files = {
        "index.js": rpcs({"say": "return 'JavaScript';", "other": "return 'x';"}),
        "main.lua": lua_rpcs({"say": "return 'Lua'"}),
    }
    async with serving(tmp_path, files) as game:
        assert (await game.rpc("say")).body == "Lua"
        assert (await game.rpc("other")).body == "x"


@pytest.mark.asyncio
async def test_a_watched_bundle_is_reloaded(tmp_path: Path, log: Log) -> None:
    def say(text: str) -> str:
        return rpcs({"say": f"return '{text}';"})

    async with serving(tmp_path, {"index.js": say("first")}, runtime__watch=True) as game:
        assert (await game.rpc("say")).body == "first"
        await log.until("watching")
        write(tmp_path, {"index.js": say("second")})
        await log.until("reloaded")
        assert (await game.rpc("say")).body == "second"
        write(tmp_path, {"index.js": "function InitModule("})
        assert "SyntaxError" in await log.until("the modules loaded before stay")
        assert (await game.rpc("say")).body == "second"


@pytest.mark.asyncio
async def test_a_load_that_fails_in_lua_leaves_the_bundle_as_it_was(
    tmp_path: Path, log: Log
) -> None:
    files = {"index.js": rpcs({"say": "return 'first';"}), "main.lua": lua_rpcs({"x": "return ''"})}
    async with serving(tmp_path, files, runtime__watch=True) as game:
        await log.until("watching")
        write(tmp_path, {"index.js": rpcs({"say": "return 'second';"}), "main.lua": "error('no')"})
        await log.until("the modules loaded before stay")
        assert (await game.rpc("say")).body == "first"


@pytest.mark.asyncio
async def test_a_silent_end_of_the_real_server_names_its_place_in_typescript(
    tmp_path: Path,
) -> None:
    bundle = (
        "function f() {}\n"
        "function InitModule(ctx, logger, nk, initializer) {\n"
        "    var id = 'x';\n"
        "    try { initializer.registerRpc(id, f); } catch (e) {}\n"
        "}\n"
    )
    document = {"version": 3, "sources": ["main.ts"], "mappings": "AAAA;AACA;AACA;AAMA"}
    files = {"index.js": bundle, "index.js.map": json.dumps(document)}
    with pytest.raises(ModuleLoadError) as raised:
        async with serving(tmp_path, files):
            pass
    message = str(raised.value)
    assert message.startswith(f"{tmp_path / 'index.js'}:4: the id `id` is a local variable")
    assert "(in TypeScript: main.ts:9)" in message
    assert "exit code 0" in message


@pytest.mark.asyncio
async def test_an_unreadable_source_map_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bundle = "function InitModule(ctx, logger, nk, initializer) {}\n"
    async with serving(tmp_path, {"index.js": bundle, "index.js.map": "{"}):
        assert "index.js.map: no source map can be read here" in caplog.text


def inline_map(mappings: str) -> str:
    document = json.dumps({"version": 3, "sources": ["src/main.ts"], "mappings": mappings})
    text = base64.b64encode(document.encode()).decode()
    return f"\n//# sourceMappingURL=data:application/json;base64,{text}\n"


@pytest.mark.asyncio
async def test_errors_have_places_in_typescript_when_the_map_is_in_the_bundle(
    tmp_path: Path,
) -> None:
    bundle = rpcs({"fail": "throw new Error('no');"})
    line = 1 + bundle[: bundle.index("throw")].count("\n")
    files = {"index.js": bundle + inline_map(";" * (line - 1) + "AAQE")}
    async with serving(tmp_path, files) as game:
        answer = await game.rpc("fail")
        (error,) = [entry.error for entry in game.server.journal if entry.error]
    assert "Error: no at fail (src/main.ts:9:2(0))" in str(answer.body)
    assert error == "Error: no\n\tat fail (src/main.ts:9:2(0))\n"


@pytest.mark.asyncio
async def test_a_start_that_fails_names_typescript_when_the_map_is_in_the_bundle(
    tmp_path: Path,
) -> None:
    bundle = "function InitModule(ctx, logger, nk, initializer) { throw new Error('no'); }"
    with pytest.raises(ModuleLoadError, match=r"index\.js: src/main\.ts:9: Error: no"):
        async with serving(tmp_path, {"index.js": bundle + inline_map("AAQE")}):
            pass


@pytest.mark.asyncio
async def test_an_unreadable_map_in_the_bundle_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bundle = rpcs({"fail": "throw new Error('no');"})
    async with serving(tmp_path, {"index.js": bundle + inline_map("!")}) as game:
        assert "at fail (index.js:3:11(0))" in str((await game.rpc("fail")).body)
    assert "the source map in the bundle can't be read" in caplog.text


def test_a_source_map_finds_the_segment_before_a_place() -> None:
    found = SourceMap({"sources": ["a.ts", "b.ts"], "mappings": "AAAA,IAAI,CCEJ;;AACA"})
    assert [str(found.find(1, column)) for column in (1, 4, 5, 6, 9)] == [
        "a.ts:1:1",
        "a.ts:1:1",
        "a.ts:1:5",
        "b.ts:3:1",
        "b.ts:3:1",
    ]
    assert (found.find(2, 1), found.find(9, 1)) == (None, None)


@pytest.mark.parametrize("root", ["src", "src/"])
def test_a_source_is_below_the_root_of_its_map(root: str) -> None:
    found = SourceMap({"sourceRoot": root, "sources": ["a.ts"], "mappings": "AAAA"})
    assert str(found.find(1, 1)) == "src/a.ts:1:1"


@pytest.mark.parametrize("document", [None, [], {"mappings": 5}, {}])
def test_what_is_no_source_map_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match="no source map"):
        SourceMap(document)


@pytest.mark.asyncio
async def test_the_journal_has_where_a_function_failed(tmp_path: Path) -> None:
    bundle = rpcs({"fail": "throw new Error('no');", "refuse": "throw {message: 'no', code: 3};"})
    async with serving(tmp_path, {"index.js": bundle}) as game:
        assert (await game.rpc("refuse")).status == 400
        assert (await game.rpc("fail")).status == 500
        errors = [entry.error for entry in game.server.journal if entry.error]
        assert errors == ["Error: no\n\tat fail (index.js:3:11(0))\n"]


@pytest.mark.asyncio
async def test_a_failure_names_the_native_function_that_was_called(tmp_path: Path) -> None:
    bodies = {
        "direct": "nk.stringToBinary(5);",
        "applied": "nk.stringToBinary.apply(nk, [5]);",
        "applied_go": "nk.base64Decode.apply(nk, ['%']);",
    }
    async with serving(tmp_path, {"index.js": rpcs(bodies)}) as game:
        assert "stringToBinary.func1 (native)" in await game.failure("direct")
        assert await game.failure("applied") == "TypeError: expects a string at apply (native)"
        failure = await game.failure("applied_go")
        assert failure == "GoError: Failed to decode string: %=== at apply (native)"


_WITHOUT = """
import asyncio, sys
sys.modules["quickjs"] = None
from mock_server import Config, MockServer, ModuleLoadError

async def main():
    try:
        await MockServer(Config.from_settings({"runtime.path": sys.argv[1]})).start()
    except ModuleLoadError as error:
        print(error)

asyncio.run(main())
"""


@pytest.mark.slow
def test_without_the_extra_the_refusal_names_it(tmp_path: Path) -> None:
    write(tmp_path, {"index.js": COUNT})
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == (
        f"{tmp_path / 'index.js'}: JavaScript modules need quickjs-ng and tree-sitter: "
        "pip install 'nakama-client[js]'\n"
    )


def test_the_dead_package_of_the_same_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Context:
        def eval(self, code: str) -> str:
            return "undefined"  # the engine of 2021 has no findLast

    dead = type(sys)("quickjs")
    dead.Context = Context  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "quickjs", dead)
    with pytest.raises(ModuleLoadError, match="an unmaintained one of the same name") as raised:
        engine.load_engine(Path("index.js"))
    assert "pip uninstall quickjs" in str(raised.value)


@pytest.mark.asyncio
async def test_the_logger_writes_to_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "mock_server.modules")
    body = "logger.withField('id', 'x').withField('n', 'y').warn('%s has %d', 'ada', 5);"
    async with serving(tmp_path, {"index.js": rpcs({"say": body})}) as game:
        await game.rpc("say")
    assert ("mock_server.modules", logging.WARNING, "ada has 5 id=x n=y") in caplog.record_tuples


@pytest.mark.asyncio
async def test_storage_is_written_again_when_it_has_changed(tmp_path: Path) -> None:
    body = """
    var tries = 0, keys = [{collection: 'c', key: 'k'}];
    nk.storageWrite([{collection: 'c', key: 'k', value: {n: 1}}]);
    nk.storageWriteRetry(keys, function (objects) {
      tries++;
      if (tries === 1) { nk.storageWrite([{collection: 'c', key: 'k', value: {n: 5}}]); }
      var value = objects[0].value;
      value.n++;
      return [{collection: 'c', key: 'k', value: value, version: objects[0].version}];
    }, 2);
    return JSON.stringify([tries, nk.storageRead(keys)[0].value]);
    """
    async with serving(tmp_path, {"index.js": rpcs({"retry": body})}) as game:
        assert (await game.rpc("retry")).body == [2, {"n": 6}]


@pytest.mark.asyncio
async def test_a_filter_decides_what_is_indexed(tmp_path: Path) -> None:
    bundle = """
    function isStrong(ctx, logger, nk, hero) {
      if (hero.key === 'odd') { throw new Error('no'); }
      return ctx.executionMode === 'storage_index_filter' && hero.value.level > 15;
    }
    function list(ctx, logger, nk, payload) {
      var found = nk.storageIndexList('heroes', '', 10, ['value.level']).objects;
      return JSON.stringify(found.map(function (each) { return each.key; }));
    }
    function write(ctx, logger, nk, payload) { nk.storageWrite(JSON.parse(payload)); }
    function InitModule(ctx, logger, nk, initializer) {
      initializer.registerStorageIndex('heroes', 'heroes', '', ['level'], ['level'], 10, false);
      initializer.registerStorageIndexFilter('heroes', isStrong);
      initializer.registerRpc('list', list);
      initializer.registerRpc('write', write);
    }
    """
    levels = {"knight": 10, "mage": 20, "odd": 30, "monk": 40}
    heroes = [
        {"collection": "heroes", "key": name, "value": {"level": level}}
        for name, level in levels.items()
    ]
    async with serving(tmp_path, {"index.js": bundle}) as game:
        await game.rpc("write", json.dumps(heroes))
        assert (await game.rpc("list")).body == ["mage", "monk"]


@pytest.mark.asyncio
@pytest.mark.parametrize(("grace", "said"), [(30, ["bye shutdown"]), (0, [])])
async def test_a_server_that_stops_with_grace_calls_the_shutdown_function(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, grace: int, said: list[str]
) -> None:
    caplog.set_level(logging.INFO, "mock_server.modules")
    bundle = """
    function bye(ctx, logger, nk) { logger.info('bye %s', ctx.executionMode); }
    function InitModule(ctx, logger, nk, initializer) { initializer.registerShutdown(bye); }
    """
    async with serving(tmp_path, {"index.js": bundle}, shutdown_grace_sec=grace):
        assert caplog.messages == []
    assert caplog.messages == said


@pytest.mark.asyncio
async def test_a_shutdown_function_in_lua_may_fail(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = """
    local nk = require("nakama")
    nk.register_shutdown(function(context) error("bye " .. context.execution_mode) end)
    """
    async with serving(tmp_path, {"main.lua": source}, shutdown_grace_sec=30):
        pass
    assert "the shutdown function failed: " in caplog.text
    assert "bye shutdown" in caplog.text

"""Modules that change while the server runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from mock_server import MockServer, ModuleLoadError
from tests.mock_server.runtime.game import lua_rpcs, serving, write
from tests.web_server import WebServer

_PYTHON = "def init_module(nk):\n    nk.register_rpc(lambda *_: '{}', 'say')\n"


class Log(logging.Handler):
    """What the runtime logs, as it comes."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._texts: asyncio.Queue[str] = asyncio.Queue()

    def emit(self, record: logging.LogRecord) -> None:
        self._texts.put_nowait(record.getMessage())

    async def until(self, part: str) -> str:
        """Wait for a line with this part."""
        while part not in (text := await self._texts.get()):
            pass
        return text


@pytest_asyncio.fixture
async def log() -> AsyncIterator[Log]:
    logger, handler = logging.getLogger("mock_server.runtime"), Log()
    level = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(level)


def _say(text: str) -> str:
    return lua_rpcs({"say": f'return "{text}"'})


@pytest.mark.parametrize("name", ["main.lua", "main.py", "sub/main.lua"])
@pytest.mark.asyncio
async def test_a_watched_folder_is_reloaded(tmp_path: Path, log: Log, name: str) -> None:
    def source(text: str) -> str:
        return _PYTHON.format(text) if name.endswith(".py") else _say(text)

    async with serving(tmp_path, {name: source("first")}, runtime__watch=True) as game:
        assert (await game.rpc("say")).body == "first"
        assert str(tmp_path) in await log.until("watching")
        write(tmp_path, {name: source("the second")})
        assert await log.until("reloaded") == "main.lua changed: server modules reloaded".replace(
            "main.lua", Path(name).name
        )
        assert (await game.rpc("say")).body == "the second"
        (tmp_path / name).unlink()
        await log.until("reloaded")
        assert (await game.rpc("say")).status == 404


@pytest.mark.parametrize("helper", ["_helper", "lib/helper"])
@pytest.mark.asyncio
async def test_a_file_that_modules_import_is_watched(tmp_path: Path, log: Log, helper: str) -> None:
    where = helper.replace("/", ".")
    main = f"from .{where} import text\n" + _PYTHON.replace("'{}'", "text")
    async with serving(
        tmp_path, {f"{helper}.py": "text = 'old'", "main.py": main}, runtime__watch=True
    ) as game:
        assert (await game.rpc("say")).body == "old"
        await log.until("watching")
        write(tmp_path, {f"{helper}.py": "text = 'new'"})
        await log.until("reloaded")
        assert (await game.rpc("say")).body == "new"


@pytest.mark.asyncio
async def test_what_was_loaded_stays_when_a_reload_fails(tmp_path: Path, log: Log) -> None:
    async with serving(tmp_path, {"main.lua": _say("first")}, runtime__watch=True) as game:
        await log.until("watching")
        write(tmp_path, {"main.lua": "-- broken\nerror('oops')"})
        text = await log.until("main.lua changed, but the modules loaded before stay")
        assert f"{tmp_path}/main.lua:2: oops" in text
        assert (await game.rpc("say")).body == "first"
        write(tmp_path, {"main.lua": _say("mended")})
        await log.until("reloaded")
        assert (await game.rpc("say")).body == "mended"


@pytest.mark.asyncio
async def test_a_test_reloads_modules_itself(tmp_path: Path) -> None:
    async with serving(tmp_path, {"main.lua": _say("first")}) as game:
        token = await game.login("ada")
        write(tmp_path, {"main.lua": _say("second"), "more.py": _PYTHON.replace("say", "more")})
        await game.server.reload_modules()
        assert (await game.rpc("say", token=token)).body == "second"
        assert (await game.rpc("more", token=token)).status == 200
        write(tmp_path, {"main.lua": "x ="})
        with pytest.raises(ModuleLoadError, match=r"main\.lua:1: "):
            await game.server.reload_modules()
        assert (await game.rpc("say", token=token)).body == "second"


@pytest.mark.asyncio
async def test_a_call_under_way_ends_with_the_module_it_began_with(tmp_path: Path) -> None:
    body = "nk.http_request(payload, 'get', {{}}, '') return '{}'"
    async with (
        WebServer() as web,
        serving(tmp_path, {"main.lua": lua_rpcs({"say": body.format("old")})}) as game,
    ):
        call = asyncio.ensure_future(game.rpc("say", web.url))
        visit = await web.visits.get()
        write(tmp_path, {"main.lua": _say("new")})
        await game.server.reload_modules()
        assert (await game.rpc("say")).body == "new"
        visit.reply()
        assert (await call).body == "old"


@pytest.mark.asyncio
async def test_a_file_that_cannot_be_read_does_not_end_the_watch(tmp_path: Path, log: Log) -> None:
    async with serving(tmp_path, {"main.lua": _say("first")}, runtime__watch=True) as game:
        await log.until("watching")
        (tmp_path / "loop.lua").symlink_to(tmp_path / "loop.lua")
        write(tmp_path, {"main.lua": _say("second, after a file that nobody can read")})
        await log.until("main.lua")
        (tmp_path / "loop.lua").unlink()
        write(tmp_path, {"main.lua": _say("third")})
        await log.until("main.lua changed: server modules reloaded")
        assert (await game.rpc("say")).body == "third"


@pytest.mark.asyncio
async def test_a_reload_waits_for_the_one_under_way() -> None:
    server, loads = MockServer(), 0

    @server.module
    async def init_module(nk: Any) -> None:
        nonlocal loads
        loads += 1
        if loads == 3:
            raise ValueError("on purpose")
        nk.register_rpc(lambda context, payload: payload, f"first_{loads}")
        for _ in range(20):
            await asyncio.sleep(0)  # turns in which another load would get in between
        nk.register_rpc(lambda context, payload: payload, f"last_{loads}")

    async with server:
        done, failed = await asyncio.gather(
            server.reload_modules(), server.reload_modules(), return_exceptions=True
        )
        assert done is None
        assert "on purpose" in str(failed)
        assert {"first_2", "last_2"} <= set(server.rpc_ids())

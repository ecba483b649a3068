"""Server modules in Python: a folder of files, or functions registered on the server."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from mock_server import Config, Context, MockServer, ModuleError, ModuleLoadError
from mock_server.runtime.nk import Nakama
from tests.mock_server.runtime.game import playing, serving, write

_HELLO = """
def init_module(nk):
    def hello(context, payload):
        return f"hello {context.username}, {payload}"

    async def who(context, payload):
        return nk.json_encode(nk.users_get_id([context.user_id])[0]["username"])

    nk.register_rpc(hello, "hello")
    nk.register_rpc(who, "who")
    nk.register_rpc(lambda context, payload: None, "nothing")
    nk.register_rpc(lambda context, payload: 42, "number")
"""


@pytest.mark.asyncio
async def test_a_file_registers_functions(tmp_path: Path) -> None:
    async with serving(tmp_path, {"hello.py": _HELLO, "_helper.py": "1 / 0"}) as game:
        token = await game.login("ada")
        assert (await game.rpc("HELLO", "hi", token=token)).body == "hello ada, hi"
        assert (await game.rpc("who", token=token)).body == "ada"
        assert (await game.rpc("nothing", token=token)).body == ""
        assert "only allowed one return value of type String" in await game.failure("number")


@pytest.mark.asyncio
async def test_an_async_init_module_is_awaited(tmp_path: Path) -> None:
    source = """
import asyncio
from dataclasses import dataclass

async def init_module(nk):
    @dataclass
    class Answer:
        text: str

    await asyncio.sleep(0)
    nk.register_rpc(lambda context, payload: Answer("ready").text, "state")
"""
    async with serving(tmp_path, {"m.py": "from __future__ import annotations\n" + source}) as game:
        assert (await game.rpc("state")).body == "ready"


_FOLDER = {
    "_prices.py": "sword = 5\nsold = []\n",
    "lib/coins.py": "from .. import _prices\n\ndef coins(count):\n"
    "    _prices.sold.append(count)\n    return count * _prices.sword\n",
    "shop.py": """
from . import _prices
from .lib.coins import coins

def init_module(nk):
    nk.register_rpc(lambda _, payload: str(coins(int(payload))), "buy")
    nk.register_rpc(lambda *_: str(sum(_prices.sold)), "sold")
""",
    "a.shop.py": """
from . import shop

def init_module(nk):
    shop._prices.sold.append(1)
    nk.register_rpc(lambda *_: __import__("json").dumps([__name__, shop.__name__]), "names")
""",
}


@pytest.mark.asyncio
async def test_modules_import_files_of_their_folder(tmp_path: Path) -> None:
    async with serving(tmp_path, _FOLDER) as game:
        assert (await game.rpc("buy", "2")).body == 10
        assert (await game.rpc("sold")).body == 3
        names = (await game.rpc("names")).body
        assert names[0].removesuffix("a_shop") == names[1].removesuffix("shop")
    package = names[1].partition(".")[0]
    assert package not in {name.partition(".")[0] for name in sys.modules}
    assert not any(name == "__pycache__" for _, folders, _ in os.walk(tmp_path) for name in folders)


@pytest.mark.asyncio
async def test_servers_share_no_python_modules(tmp_path: Path) -> None:
    dear = _FOLDER | {"_prices.py": "sword = 7\nsold = []\n"}
    async with (
        serving(tmp_path / "one", _FOLDER) as one,
        serving(tmp_path / "two", dear) as two,
        serving(tmp_path / "one", {}) as three,
    ):
        assert [(await game.rpc("buy", "2")).body for game in (one, two, three)] == [10, 14, 10]
        assert [(await game.rpc("sold")).body for game in (one, two, three)] == [3, 3, 3]


@pytest.mark.parametrize(
    ("helper", "problem"),
    [
        ("x = 1\n1 / 0", "{}/_helper.py:2: ZeroDivisionError: division by zero"),
        ("x = (", "{}/_helper.py:1: SyntaxError: '(' was never closed"),
        (
            "import m",
            "{}/_helper.py:1: ModuleNotFoundError: No module named 'm'; a file of the folder is",
        ),
    ],
)
@pytest.mark.asyncio
async def test_an_imported_file_that_fails_is_named(
    tmp_path: Path, helper: str, problem: str
) -> None:
    write(tmp_path, {"m.py": "from . import _helper", "_helper.py": helper})
    server = MockServer(Config.from_settings({"runtime.path": str(tmp_path)}))
    with pytest.raises(ModuleLoadError) as caught:
        await server.start()
    assert str(caught.value).startswith(problem.format(tmp_path))


_BROKEN = {
    "def init_module(nk)\n    pass": "m.py:1: SyntaxError: expected ':'",
    "import absent_module": "m.py:1: ModuleNotFoundError: No module named 'absent_module'",
    "def init_module(nk):\n    nk.register_rpc('x')": "m.py:2: TypeError: ",
    "def init_module(nk):\n    nk.register_rpc('x', 'y')": "m.py:2: BadArgument: bad argument #1 "
    "to register_rpc (function expected, got string)",
    "def init_module(nk):\n    nk.register_rpc(print, '')": "m.py:2: BadArgument: bad argument #2 "
    "to register_rpc (expects rpc id)",
    "def init_module(nk):\n    def inner():\n        1 / 0\n    inner()": "m.py:3: ZeroDivision",
    "import sys\nsys.exit(3)": "m.py:2: SystemExit: 3",
    "x = 1": "m.py: a server module defines `def init_module(nk)`",
}


@pytest.mark.parametrize(("source", "problem"), _BROKEN.items(), ids=range(len(_BROKEN)))
@pytest.mark.asyncio
async def test_a_file_that_fails_stops_the_start_with_file_and_line(
    tmp_path: Path, source: str, problem: str
) -> None:
    write(tmp_path, {"m.py": source})
    server = MockServer(Config.from_settings({"runtime.path": str(tmp_path)}))
    with pytest.raises(ModuleLoadError) as caught:
        await server.start()
    assert str(caught.value).startswith(f"{tmp_path}/{problem}")


@pytest.mark.asyncio
async def test_sys_exit_in_a_function_fails_the_call_and_not_the_server(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = """
import sys

def init_module(nk):
    def leave(context, payload):
        sys.exit(3)

    async def leave_later(context, payload):
        sys.exit(3)

    nk.register_rpc(leave, "leave")
    nk.register_rpc(leave_later, "leave_later")
"""
    async with serving(tmp_path, {"m.py": source}) as game:
        for rpc_id in ("leave", "leave_later"):
            assert (await game.rpc(rpc_id)).status == 500
    assert "the function called sys.exit, which would end the server" in caplog.text


@pytest.mark.asyncio
async def test_errors_reach_clients_as_those_of_lua(tmp_path: Path) -> None:
    source = """
from mock_server import ModuleError

def init_module(nk):
    def refuse(context, payload):
        raise ModuleError("refused", int(payload))

    nk.register_rpc(refuse, "refuse")
    nk.register_rpc(lambda *_: nk.account_get_id({}), "bad_argument")
    nk.register_rpc(lambda *_: 1 / 0, "bug")
"""
    async with serving(tmp_path, {"m.py": source}) as game:
        answer = await game.rpc("refuse", "5")
        assert (answer.status, answer.body["code"], answer.body["message"]) == (404, 5, "refused")
        assert (await game.rpc("refuse", "99")).body["code"] == 13
        assert await game.failure("bad_argument") == (
            "bad argument #1 to account_get_id (string expected, got table)"
        )
        assert (await game.rpc("bug")).status == 500


@pytest.mark.asyncio
async def test_a_missing_function_fails_when_called_but_not_while_loading(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = """
def init_module(nk):
    nk.no_such_function("weekly", False)
    nk.register_rpc(lambda *_: nk.leaderboard_recrods_list(), "list")
"""
    async with serving(tmp_path, {"m.py": source}) as game:
        assert "without effect: nk.no_such_function is not in this mock" in caplog.text
        message = await game.failure("list")
        assert "nk.leaderboard_recrods_list is not in this mock of Nakama; the nearest" in message
        assert "leaderboard_records_list" in message


@pytest.mark.asyncio
async def test_functions_and_modules_on_the_server_object() -> None:
    server = MockServer()
    once: list[str] = []

    @server.rpc("plain")
    def plain(context: Context, payload: str) -> str:
        return payload.upper()

    @server.module
    async def init_module(nk: Nakama) -> None:
        def refuse(context: Context, request: dict[str, Any]) -> dict[str, Any]:
            raise ModuleError("closed", 14)

        nk.register_req_before(refuse, "ListNotifications")
        nk.run_once(lambda context: once.append(context.execution_mode))
        nk.run_once(lambda context: once.append("again"))

    async with playing(server) as game:
        assert once == ["run_once"]
        assert (await game.rpc("plain", "abc")).body == "ABC"
        with pytest.raises(RuntimeError, match="before the server starts"):
            server.module(init_module)
        await server.reset()
        assert once == ["run_once", "run_once"]
        answer = await game.request("GET", "/v2/notification", await game.login())
        assert (answer.status, answer.body["message"]) == (503, "closed")


@pytest.mark.asyncio
async def test_a_reset_starts_modules_afresh(tmp_path: Path) -> None:
    modules = {
        "count.lua": 'local nk = require("nakama")\nlocal n = 0\n'
        "nk.register_rpc(function() n = n + 1 return tostring(n) end, 'lua')",
        "count.py": "def init_module(nk):\n    calls = []\n"
        "    nk.register_rpc(lambda *_: str(calls.append(1) or len(calls)), 'python')\n",
    }
    async with serving(tmp_path, modules) as game:
        for _ in range(2):
            for rpc_id in ("lua", "python"):
                assert [(await game.rpc(rpc_id)).body for _ in range(2)] == [1, 2]
            game.server.rpc("late")(lambda context, payload: "late")
            assert (await game.rpc("late")).body == "late"
            await game.server.reset()
            assert (await game.rpc("late")).status == 404


@pytest.mark.asyncio
async def test_nk_is_there_for_the_functions_of_a_test(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "mock_server.modules")
    async with playing(MockServer()) as game:
        nk = game.server.nk
        game.server.rpc("log")(lambda _context, payload: nk.logger_info(payload))
        await game.rpc("log", "from a test")
        assert "from a test" in caplog.messages

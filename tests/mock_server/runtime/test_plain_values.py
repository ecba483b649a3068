"""What a module hands over that is no plain value, and what it writes into the log."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from tests.mock_server.runtime.game import lua_rpcs, serving

FUNCTION = re.compile("function: 0x[0-9a-f]+")


@pytest.mark.parametrize(
    "body",
    [
        "return nk.json_encode({ f = print, list = { print } })",
        "return nk.json_encode({ f = function() end, list = { function() end } })",
        """
        local id = nk.authenticate_device("device-of-ada", "ada")
        nk.storage_write({ { collection = "c", key = "k", user_id = id,
          value = { f = print, list = { print } } } })
        local objects = nk.storage_read({ { collection = "c", key = "k", user_id = id } })
        return nk.json_encode(objects[1].value)
        """,
    ],
)
@pytest.mark.asyncio
async def test_a_lua_function_in_a_value_becomes_text(tmp_path: Path, body: str) -> None:
    async with serving(tmp_path, {"main.lua": lua_rpcs({"go": body})}) as game:
        answer = await game.rpc("go")
    assert answer.status == 200, answer
    value = answer.body
    assert FUNCTION.fullmatch(value["f"])
    assert FUNCTION.fullmatch(value["list"][0])


@pytest.mark.asyncio
async def test_a_lua_function_is_encoded_as_text(tmp_path: Path) -> None:
    body = "return nk.json_encode(print)"
    async with serving(tmp_path, {"main.lua": lua_rpcs({"go": body})}) as game:
        assert FUNCTION.fullmatch((await game.rpc("go")).body.strip(chr(34)))


@pytest.mark.asyncio
async def test_the_context_has_no_host_header(tmp_path: Path) -> None:
    body = "return nk.json_encode(context.headers)"
    async with serving(tmp_path, {"main.lua": lua_rpcs({"go": body})}) as game:
        headers = (await game.rpc("go")).body
    assert headers
    assert "host" not in {name.lower() for name in headers}


@pytest.mark.asyncio
async def test_a_logged_text_stays_on_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    body = r"nk.logger_warn('first\nsecond\27[31m\r é') return ''"
    async with serving(tmp_path, {"main.lua": lua_rpcs({"go": body})}) as game:
        await game.rpc("go")
    (record,) = [each for each in caplog.records if each.name == "mock_server.modules"]
    assert record.levelno == logging.WARNING
    assert record.getMessage() == r"first\nsecond\x1b[31m\r é"

"""What goes wrong in Lua is told in the words of the Lua that Nakama runs (gopher-lua)."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.mock_server.runtime.game import EVAL, Game, lua_rpcs, serving

_WORDS = {
    "local t; return t.name": "attempt to index a non-table object(nil) with key 'name'",
    "local t = 5; t.name = 1": "attempt to index a non-table object(number) with key 'name'",
    "local t = {}; return t.a.b": "attempt to index a non-table object(nil) with key 'b'",
    "missing()": "attempt to call a non-function object",
    "local t = {}; t.method()": "attempt to call a non-function object",
    "return 1 + nil": "cannot perform add operation between number and nil",
    "return {} * 2": "cannot perform mul operation between table and number",
    'return "a" - 1': "cannot perform sub operation between string and number",
    'return "a" .. nil': "cannot perform concat operation between string and nil",
    'return {} .. "a"': "cannot perform concat operation between table and string",
    'return 1 < "2"': "attempt to compare number with string",
    "return nil <= 1": "attempt to compare nil with number",
    "return {} < {}": "attempt to compare table with table",
    "return #nil": "__len undefined",
    "for i = 1, {} do end": "for statement limit must be a number",
    'error("plain")': "plain",
    'error("plain", 2)': "plain",
    'error("without position", 0)': "without position",
    'error({ "in a table" })': "in a table",
    "error(42)": "42",
    "error(nil)": "nil",
    "error()": "bad argument #1 to error (value expected)",
    'assert(false, "in its own words")': "in its own words",
    "assert(nil, nil)": "assertion failed!",
    "assert(false, { 'a table', 3 })": "bad argument #2 to assert (string expected, got table)",
    'assert(tonumber("x"))': "assertion failed!",
    "string.rep()": "bad argument #1 to rep (string expected, got nil)",
    "string.format()": "bad argument #1 to format (string expected, got nil)",
    "local position = ('a'):find('[')": "malformed pattern (missing ']')",
    "local text = ('a'):gsub('a', 5)": "bad argument #3 to gsub (string or table or function "
    "expected, got number)",
    "local text = table.concat({ 1, {} })": "invalid value (table) at index 2 in table for concat",
    "table.insert({})": "wrong number of arguments",
    "math.floor('3')": "bad argument #1 to floor (number expected, got string)",
    "math.max(1, '2')": "bad argument #2 to max (number expected, got string)",
    "math.max()": "wrong number of arguments",
    "math.random(#{})": "invalid argument to Intn",
    "math.random(2, 1)": "invalid argument to Intn",
    "nk.groups_list('x')": "bad argument #3 to groups_list (value expected)",
    "nk.groups_list('x', 1)": "bad argument #2 to groups_list (string expected, got number)",
    "nk.json_encode()": "bad argument #1 to json_encode (value expected)",
    "nk.match_create()": "bad argument #1 to match_create (string expected, got nil)",
    "nk.match_create('')": "bad argument #1 to match_create (expects module name)",
    "nk.party_list(0)": "bad argument #1 to party_list (expects limit to be 1-100)",
    "nk.match_list()": "bad argument #2 to match_list (value expected)",
    "nk.match_list('x')": "bad argument #1 to match_list (number expected, got string)",
    "nk.party_list()": "bad argument #2 to party_list (value expected)",
    "nk.uuid_bytes_to_string('short')": "bad argument #1 to uuid_bytes_to_string "
    "(not a valid UUID byte string)",
    "nk.notification_send('nobody', 's', {}, 1)": "bad argument #1 to notification_send "
    "(expects user_id to be a valid UUID)",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def failing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Game]:
    """A game with a function of each body, by its number."""
    source = lua_rpcs({f"fail{number}": body for number, body in enumerate(_WORDS)})
    async with serving(tmp_path_factory.mktemp("lua"), {"sub/fails.lua": source}) as game:
        yield game


@pytest.mark.parametrize(("number", "message"), list(enumerate(_WORDS.values())), ids=list(_WORDS))
@pytest.mark.asyncio(loop_scope="module")
async def test_a_client_reads_the_words_without_a_position(
    failing: Game, number: int, message: str
) -> None:
    answer = await failing.rpc(f"fail{number}")
    assert (answer.status, answer.body["code"]) == (500, 13)
    assert answer.body["message"] == message


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ("'x', 3", 400, 3),
        ("'x', 5", 404, 5),
        ("'x', 7", 403, 7),
        ("'x', 16", 401, 16),
        ("'x', 0", 500, 13),
        ("'x', 99", 500, 13),
        ("'x', 'five'", 500, 13),
        ("'x', '3'", 500, 13),
    ],
)
@pytest.mark.asyncio
async def test_an_error_table_chooses_the_code(
    tmp_path: Path, error: str, status: int, code: int
) -> None:
    source = lua_rpcs({"fail": f"error({{ {error} }})"})
    async with serving(tmp_path, {"fails.lua": source}) as game:
        answer = await game.rpc("fail")
        assert answer.status == status
        assert (answer.body["code"], answer.body["message"]) == (code, "x")


@pytest.mark.asyncio
async def test_an_error_of_another_module_keeps_its_position(tmp_path: Path) -> None:
    modules = {
        "helper.lua": "return { fail = function()\n  error('boom') end }",
        "main.lua": lua_rpcs({"fail": "require('helper').fail()"}),
    }
    async with serving(tmp_path, modules) as game:
        assert await game.failure("fail") == f"{tmp_path}/helper.lua:2: boom"


@pytest.mark.asyncio
async def test_pcall_catches_errors_as_texts_with_a_position(tmp_path: Path) -> None:
    body = """
    local texts = {}
    local function try(fn, ...)
      local ok, problem = pcall(fn, ...)
      table.insert(texts, { ok, problem })
    end
    try(function() error("own") end)
    try(function() error({ "table", 3 }) end)
    try(function() nk.users_get_id(1) end)
    try(nk.users_get_id, 1)
    try(nk.account_get_id, "8d98ee3f-1a5c-4b5a-9a51-1b8a7b2f0c11")
    try("no function")
    try(math.floor, 2.5)
    return nk.json_encode(texts)
    """
    nobody = "failed to get account for user_id 8d98ee3f-1a5c-4b5a-9a51-1b8a7b2f0c11"
    async with serving(tmp_path, {"main.lua": lua_rpcs({"try": body})}) as game:
        here = f"{tmp_path}/main.lua"
        assert (await game.rpc("try")).body == [
            [False, f"{here}:9: own"],
            [False, ["table", 3]],
            [False, f"{here}:11: bad argument #1 to users_get_id (table expected, got number)"],
            [False, f"{here}:6: bad argument #1 to (anonymous) (table expected, got number)"],
            [False, f"{here}:6: {nobody}: account not found"],
            [False, "attempt to call a string value"],
            [True, 2],
        ]


@pytest.mark.asyncio
async def test_code_from_a_string_has_positions_and_words_too(tmp_path: Path) -> None:
    async with serving(tmp_path, {"eval.lua": EVAL}) as game:
        assert await game.failure("eval", "return {} < {}") == (
            "<string>:1: attempt to compare table with table"
        )
        code = "local f = loadstring('error(1 .. \"x\")', 'named'); return pcall(f)"
        assert await game.lua(code) == [False, "named:1: 1x"]
        code = "return pcall(loadstring('ipairs(nil)', 'named'))"
        assert await game.lua(code) == [
            False,
            "named:1: bad argument #1 to ipairs (table expected, got nil)",
        ]


@pytest.mark.asyncio
async def test_a_panic_of_nakamas_own_has_no_position(tmp_path: Path) -> None:
    async with serving(tmp_path, {"eval.lua": EVAL}) as game:
        code = "return pcall(function() local found = nk.cron_next('5-1 * * * *', 5) end)"
        assert await game.lua(code) == [
            False,
            "runtime error: index out of range [0] with length 0",
        ]


@pytest.mark.asyncio
async def test_xpcall_gives_the_handler_the_text(tmp_path: Path) -> None:
    async with serving(tmp_path, {"eval.lua": EVAL}) as game:
        code = 'return xpcall(function() error("x", 0) end, function(text) return text .. "!" end)'
        assert await game.lua(code) == [False, "x!"]


@pytest.mark.asyncio
async def test_the_log_has_the_position_and_what_a_pcall_caught(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "mock_server")
    bodies = {"fail": "error('loud')", "hide": "pcall(error, 'quiet')"}
    async with serving(tmp_path, {"main.lua": lua_rpcs(bodies)}) as game:
        await game.rpc("fail")
        await game.rpc("hide")
        texts = [record.getMessage() for record in caplog.records]
        assert f"rpc:fail failed: {tmp_path}/main.lua:3: loud" in texts
        assert any("a pcall caught an error" in text and "quiet" in text for text in texts)


@pytest.mark.asyncio
async def test_an_error_over_the_socket_has_nakamas_code(tmp_path: Path) -> None:
    source = lua_rpcs({"fail": "error({ 'no', 3 })"})
    async with (
        serving(tmp_path, {"main.lua": source}) as game,
        game.socket(await game.login()) as socket,
    ):
        reply = await socket.ask(rpc={"id": "fail"})
        assert reply == {"cid": "1", "error": {"code": 7, "message": "no"}}


@pytest.mark.asyncio
async def test_a_function_that_the_mock_lacks_says_so_when_called(tmp_path: Path) -> None:
    async with serving(
        tmp_path, {"main.lua": lua_rpcs({"call": "nk.notification_sned()"})}
    ) as game:
        message = await game.failure("call")
        assert message.startswith("nk.notification_sned is not in this mock of Nakama; the nearest")
        assert message.split(": ")[1].startswith("notification_send,")
        assert "users_ban_id" not in message


@pytest.mark.asyncio
async def test_calling_it_while_loading_only_warns(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = 'local nk = require("nakama")\nlocal made = nk.no_such_function("id")\n' + EVAL
    async with serving(tmp_path, {"main.lua": source}) as game:
        assert await game.lua("return 1") == [1]
    assert "called while loading, without effect: nk.no_such_function is not in" in caplog.text

"""What crosses between Lua and the server arrives as in Nakama."""

from __future__ import annotations

import json
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server import Config, MockServer
from tests.mock_server.runtime.game import EVAL, HTTP_KEY, serving, write

_RECODE = """
local nk = require("nakama")
nk.register_rpc(function(_, payload) return nk.json_encode(nk.json_decode(payload)) end, "recode")
nk.register_rpc(function(_, payload) return payload .. "" end, "echo")
"""

_WHOLE = st.integers(-(2**53), 2**53)
_REAL = st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: value or value > 0)
_JSON = st.recursive(
    st.booleans() | _WHOLE | _REAL | st.text(),
    lambda inner: (
        st.lists(inner, min_size=1) | st.dictionaries(st.text(), inner | st.none(), max_size=5)
    ),
    max_leaves=20,
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("modules")
    write(folder, {"recode.lua": _RECODE})
    with MockServer(Config.from_settings({"runtime.path": str(folder)})) as server:
        yield f"{server.http_url}/v2/rpc/recode?unwrap&http_key={HTTP_KEY}"


@given(st.binary())
def test_an_unwrapped_payload_and_its_result_are_any_bytes(url: str, data: bytes) -> None:
    request = urllib.request.Request(url.replace("recode", "echo"), data)
    with urllib.request.urlopen(request) as answer:
        assert answer.read() == data


@given(_JSON)
def test_json_passes_lua_but_for_its_nulls(url: str, value: Any) -> None:
    request = urllib.request.Request(url, json.dumps(value).encode())
    with urllib.request.urlopen(request) as answer:
        # Lua's numbers are floats, which Go writes without an exponent up to 1e21
        assert json.loads(answer.read(), parse_int=float) == _without_nulls(value)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("lua", "text"),
    [
        ("1.0", "1"),
        ("2 ^ 53", "9007199254740992"),
        ("0.5", "0.5"),
        ("-3", "-3"),
        ("{}", "{}"),
        ("{ {} }", "[{}]"),
        ("{ 1, 2, nil, 4 }", "[1,2,null,4]"),
        ('{ "list", a = "is dropped" }', '["list"]'),
        ('{ [0] = "zero" }', '{"0":"zero"}'),
        ("{ [true] = 1, [2.5] = 2 }", '{"2.5":2,"true":1}'),
        ("{ a = nil }", "{}"),
        ("{ [1700000000] = true }", '{"1700000000":true}'),
        ('"\\228\\184\\173"', '"中"'),
        ('"a<b"', '"a\\u003cb"'),
        ('nk.json_decode("[]")', "{}"),
        ('nk.json_decode("1e3")', "1000"),
        ('nk.json_decode("null")', "null"),
    ],
)
@pytest.mark.asyncio
async def test_a_table_becomes_the_json_of_nakama(tmp_path: Path, lua: str, text: str) -> None:
    source = f"""
    local nk = require("nakama")
    nk.register_rpc(function() return nk.json_encode({lua}) end, "encode")
    """
    async with serving(tmp_path, {"encode.lua": source}) as game:
        reply = await game.request("GET", f"/v2/rpc/encode?http_key={HTTP_KEY}")
        assert reply.body["payload"] == text


@pytest.mark.asyncio
async def test_a_function_returns_its_last_value(tmp_path: Path) -> None:
    source = """
    local nk = require("nakama")
    nk.register_rpc(function() return "first", "last" end, "two")
    nk.register_rpc(function() end, "none")
    nk.register_rpc(function() return "" end, "empty")
    nk.register_rpc(function() return { 1 } end, "table")
    """
    async with serving(tmp_path, {"returns.lua": source}) as game:
        assert (await game.rpc("two")).body == "last"
        assert (await game.rpc("none")).body == (await game.rpc("empty")).body == ""
        assert "only allowed one return value of type String/Byte" in await game.failure("table")


@pytest.mark.asyncio
async def test_the_context_has_the_requests_headers_and_parameters(tmp_path: Path) -> None:
    settings = {"name": "nakama1", "runtime.env": ["greeting=hi=there", "empty="]}
    async with serving(tmp_path, {"eval.lua": EVAL}, **settings) as game:
        token = await game.login("ada")
        answer = await game.rpc("eval", "return ...", token=token)
        context = answer.body[0]
        headers = context.pop("headers")
        assert headers["Authorization"] == [f"Bearer {token}"]
        assert 0 < context.pop("user_session_exp") - game.server.clock.time() <= 60
        assert context.pop("client_port").isdecimal()
        assert uuid.UUID(context.pop("trace_id")).version == 4
        assert context == {
            "env": {"greeting": "hi=there", "empty": ""},
            "execution_mode": "rpc",
            "node": "nakama1",
            "version": "3.40.0",
            "query_params": {"unwrap": [""]},
            "user_id": await game.user_id("ada"),
            "username": "ada",
            "client_ip": "127.0.0.1",
        }


@pytest.mark.asyncio
async def test_with_the_http_key_the_context_has_no_user(tmp_path: Path) -> None:
    async with serving(tmp_path, {"eval.lua": EVAL}) as game:
        (context,) = await game.lua("return ...")
        (following,) = await game.lua("return ...")
        assert context["trace_id"] != following["trace_id"]
        assert not {"user_id", "username", "vars", "user_session_exp"} & set(context)

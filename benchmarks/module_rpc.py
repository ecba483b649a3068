"""RPC functions of server modules in Python, Lua and JavaScript: calls a second over one socket."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks.measure import Row, rate_row, rates
from mock_server import Config, MockServer
from nakama_client import Client, Socket

CALLS = 1000
PAYLOAD = '{"device":{"type":1,"identifier":"abc"},"tags":["a","b"]}'

LUA = """
local nk = require("nakama")
nk.register_rpc(function(_, payload) return payload end, "lua_echo")
nk.register_rpc(function(context, payload)
  local request = nk.json_decode(payload)
  request.id = nk.uuid_v4()
  request.user = nk.users_get_id({ context.user_id })[1].username
  return nk.json_encode(request)
end, "lua_work")
"""

JAVASCRIPT = """
function echo(ctx, logger, nk, payload) { return payload; }
function work(ctx, logger, nk, payload) {
  var request = JSON.parse(payload);
  request.id = nk.uuidv4();
  request.user = nk.usersGetId([ctx.userId])[0].username;
  return JSON.stringify(request);
}
function InitModule(ctx, logger, nk, initializer) {
  initializer.registerRpc("javascript_echo", echo);
  initializer.registerRpc("javascript_work", work);
}
"""

PYTHON = """
def init_module(nk):
    def echo(context, payload):
        return payload

    def work(context, payload):
        request = nk.json_decode(payload)
        request["id"] = nk.uuid_v4()
        request["user"] = nk.users_get_id([context.user_id])[0]["username"]
        return nk.json_encode(request)

    nk.register_rpc(echo, "python_echo")
    nk.register_rpc(work, "python_work")
"""


async def measure(url: str) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "in_lua.lua").write_text(LUA)
        (Path(folder) / "index.js").write_text(JAVASCRIPT)
        (Path(folder) / "in_python.py").write_text(PYTHON)
        config = Config.from_settings({"runtime.path": folder})
        async with MockServer(config) as server, Client(server.http_url) as client:
            session = await client.authenticate_device("device-of-the-benchmark")
            async with client.socket(session) as socket:
                return [
                    await _row(socket, name, language)
                    for language in ("Lua", "JavaScript")
                    for name in ("echo", "work")
                ]


async def _row(socket: Socket, name: str, language: str) -> Row:
    other = _calls(socket, f"{language.lower()}_{name}")
    found = await rates(_calls(socket, f"python_{name}"), other)
    return rate_row(f"RPC {name}, Python | {language}", *found, 0.2)


def _calls(socket: Socket, rpc_id: str) -> Callable[[], Awaitable[int]]:
    async def run() -> int:
        for _ in range(CALLS):
            await socket.rpc(rpc_id, PAYLOAD)
        return CALLS

    return run

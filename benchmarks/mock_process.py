"""The mock server in a process of its own, which tells how much CPU time it has used."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen
from typing import IO

from attrs import frozen

from mock_server import Config, MockServer

LUA = """
local nk = require("nakama")
nk.register_rpc(function(_, payload) return payload end, "lua_echo")
nk.register_rpc(function(context, payload)
  local request = nk.json_decode(payload)
  request.id = nk.uuid_v4()
  request.user = nk.users_get_id({ context.user_id })[1].username
  return nk.json_encode(request)
end, "lua_work")
nk.register_rpc(function(context, payload)
  for _ = 1, tonumber(payload) do
    local content = { reward_coins = 1000, item = "a sword" }
    nk.notification_send(context.user_id, "You've won", content, 101)
  end
end, "lua_notify")
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

    def notify(context, payload):
        for _ in range(int(payload)):
            content = {"reward_coins": 1000, "item": "a sword"}
            nk.notification_send(context.user_id, "You've won", content, 101)

    def store(context, payload):
        content = {"reward_coins": 1000, "item": "a sword"}
        entry = {"user_id": context.user_id, "subject": "You've won", "content": content}
        nk.notifications_send([entry | {"code": 101, "persistent": True}] * int(payload))

    nk.register_rpc(echo, "python_echo")
    nk.register_rpc(work, "python_work")
    nk.register_rpc(notify, "python_notify")
    nk.register_rpc(store, "python_store")
"""


@frozen
class MockProcess:
    """The mock in another process.

    Attributes:
        url: Where its client API is.
    """

    url: str
    _requests: IO[bytes]
    _answers: IO[bytes]

    def cpu_time(self) -> float:
        """The CPU seconds that it has used so far."""
        self._requests.write(b"\n")
        self._requests.flush()
        return float(self._answers.readline())


@contextlib.contextmanager
def running() -> Iterator[MockProcess]:
    """Start the mock with RPC functions in each language."""
    command = [sys.executable, "-m", "benchmarks.mock_process"]
    with Popen(command, stdin=PIPE, stdout=PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            url = process.stdout.readline().decode().strip()
            yield MockProcess(url, process.stdin, process.stdout)
        finally:
            process.stdin.close()


async def _serve() -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "in_lua.lua").write_text(LUA)
        (Path(folder) / "index.js").write_text(JAVASCRIPT)
        (Path(folder) / "in_python.py").write_text(PYTHON)
        async with MockServer(Config.from_settings({"runtime.path": folder})) as server:
            print(server.http_url, flush=True)
            while await asyncio.to_thread(sys.stdin.readline):
                print(time.process_time(), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve())

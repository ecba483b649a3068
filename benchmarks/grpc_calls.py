"""CPU time of the mock for a call over gRPC, beside the same call over HTTP.

The mock runs in a process of its own, gRPC's threads included, and tells its CPU time by an RPC.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import grpc

from benchmarks.measure import Row
from mock_server.wire import protobuf
from mock_server.wire.messages import operation

CALLS = 300
NOTIFICATIONS = 100
_MODULE = """
import time

def init_module(nk):
    nk.register_rpc(lambda context, payload: str(time.process_time()), "cpu")
    nk.register_rpc(lambda context, payload: payload, "echo")
    def fill(context, payload):
        nk.notifications_send([
            {"user_id": context.user_id, "subject": "s", "content": {"n": n}, "code": 1,
             "persistent": True} for n in range(int(payload))
        ])
        return ""
    nk.register_rpc(fill, "fill")
"""
_FLAGS = ("socket", "console", "onesignal", "grpc")

Call = Callable[[], Awaitable[object]]


class _Callers:
    """The same calls over both transports, for one player."""

    def __init__(self, http: aiohttp.ClientSession, url: str, channel: grpc.aio.Channel) -> None:
        self._http = http
        self._url = url
        self._channel = channel
        self._server_key = aiohttp.encode_basic_auth("defaultkey", "")
        self._bearer = ""

    async def login(self) -> None:
        account = {"id": "device-number-1"}
        answer = await self.grpc("AuthenticateDevice", {"account": account})
        self._bearer = f"Bearer {answer['token']}"

    async def cpu(self) -> float:
        return float((await self.grpc("RpcFunc", {"id": "cpu"}))["payload"])

    async def grpc(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        known = operation(name)
        answer = await self._channel.unary_unary(f"/nakama.api.Nakama/{name}")(
            protobuf.encode(known.request, request),
            metadata=(("authorization", self._key(name.startswith("Auth"))),),
        )
        return protobuf.decode(known.response, answer)

    async def http(self, method: str, path: str, body: object = None) -> object:
        data = None if body is None else json.dumps(body)
        headers = {"Authorization": self._key("/authenticate/" in path)}
        async with self._http.request(method, self._url + path, data=data, headers=headers) as r:
            return await r.json()

    def _key(self, is_login: bool) -> str:
        return self._server_key if is_login else self._bearer


async def measure(url: str) -> list[Row]:
    del url
    with tempfile.TemporaryDirectory() as folder:
        _write_module(Path(folder))
        flags = [f"--{name}.port=0" for name in _FLAGS]
        server = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "mock_server", "--session.token_expiry_sec=3600", *flags),
            f"--runtime.path={folder}",
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            assert server.stdout is not None
            head = b"".join([await server.stdout.readline() for _ in range(5)]).decode()
            return await _measure(head)
        finally:
            server.terminate()
            await server.wait()


def _write_module(folder: Path) -> None:
    (folder / "bench.py").write_text(_MODULE, encoding="utf-8")


async def _measure(head: str) -> list[Row]:
    found = dict(re.findall(r"^Nakama ([^:]+): (\S+)$", head, re.MULTILINE))
    async with (
        aiohttp.ClientSession() as http,
        grpc.aio.insecure_channel(found["gRPC"]) as channel,
    ):
        callers = _Callers(http, found["client API"], channel)
        await callers.login()
        await callers.grpc("RpcFunc", {"id": "fill", "payload": str(NOTIFICATIONS)})
        account = {"id": "device-number-1"}
        limit = {"limit": NOTIFICATIONS}
        echo = {"id": "echo", "payload": "hello"}
        return [
            await _row(callers, name, over_http, over_grpc)
            for name, over_http, over_grpc in (
                (
                    "login",
                    lambda: callers.http("POST", "/v2/account/authenticate/device", account),
                    lambda: callers.grpc("AuthenticateDevice", {"account": account}),
                ),
                (
                    "account",
                    lambda: callers.http("GET", "/v2/account"),
                    lambda: callers.grpc("GetAccount", {}),
                ),
                (
                    f"list of {NOTIFICATIONS}",
                    lambda: callers.http("GET", f"/v2/notification?limit={NOTIFICATIONS}"),
                    lambda: callers.grpc("ListNotifications", limit),
                ),
                (
                    "RPC echo",
                    lambda: callers.http("POST", "/v2/rpc/echo", "hello"),
                    lambda: callers.grpc("RpcFunc", echo),
                ),
            )
        ]


async def _row(callers: _Callers, name: str, over_http: Call, over_grpc: Call) -> Row:
    http = await _cost(callers, over_http)
    over = await _cost(callers, over_grpc)
    return Row(f"gRPC / HTTP: {name}", f"{http:.0f} µs", f"{over:.0f} µs", f"{over / http:.2f}", "")


async def _cost(callers: _Callers, call: Call) -> float:
    """CPU microseconds of the mock for one call, the best of three rounds."""
    best = float("inf")
    for _ in range(3):
        before = await callers.cpu()
        for _ in range(CALLS):
            await call()
        best = min(best, (await callers.cpu() - before) / CALLS * 1e6)
    return best

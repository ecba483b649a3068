"""What calls cost the mock server, by its own floor: health checks over HTTP, pings on a socket.

The figures are CPU time of the server's process, so that neither the client nor others on the
machine are in them.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import aiohttp
from attrs import frozen
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.measure import Row
from benchmarks.mock_process import MockProcess, running

ROUNDS = 5
CALLS = 300
PAGE_SIZE = 100
PAYLOAD = '{"device":{"type":1,"identifier":"abc"},"tags":["a","b"]}'
BURST = 50


@frozen
class _Bar:
    """A row: what it does, on what floor it stands, and how much more it may cost."""

    name: str
    run: Callable[[], Awaitable[None]]
    floor: Callable[[], Awaitable[None]]
    most: float


async def measure(url: str) -> list[Row]:
    with running() as mock:
        async with aiohttp.ClientSession() as http:
            login = {"Authorization": aiohttp.encode_basic_auth("defaultkey", "")}
            where, device = f"{mock.url}/v2/account/authenticate/device", {"id": "benchmark-device"}
            async with http.post(where, json=device, headers=login) as answer:
                token = (await answer.json())["token"]
            ws_url = f"ws{mock.url[4:]}/ws?token={token}"
            async with connect(ws_url, compression=None) as socket:
                calls = _Calls(mock.url, ws_url, token, http, socket)
                await calls.rpc("python_store", str(PAGE_SIZE), notifications=1)
                return await _rows(mock, calls.bars())


class _Calls:
    """What a client does, `CALLS` times each, with as little as possible around it."""

    def __init__(
        self,
        url: str,
        ws_url: str,
        token: str,
        http: aiohttp.ClientSession,
        socket: ClientConnection,
    ) -> None:
        self._url = url
        self._ws_url = ws_url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._http = http
        self._socket = socket

    def bars(self) -> Sequence[_Bar]:
        """All rows."""
        http, ping = self.check_health, self.ping
        return (
            _Bar("mock, list of 100", self.list_page, http, 4.0),
            _Bar("mock, RPC over HTTP", self.post_rpc, http, 1.5),
            _Bar("mock, connect and close", self.connect, http, 5.0),
            _Bar("mock, RPC echo, Python", partial(self.call, "python_echo"), ping, 1.5),
            _Bar("mock, RPC echo, Lua", partial(self.call, "lua_echo"), ping, 2.2),
            _Bar("mock, RPC echo, JavaScript", partial(self.call, "javascript_echo"), ping, 5.0),
            _Bar("mock, RPC work, Python", partial(self.call, "python_work"), ping, 2.5),
            _Bar("mock, RPC work, Lua", partial(self.call, "lua_work"), ping, 4.0),
            _Bar("mock, RPC work, JavaScript", partial(self.call, "javascript_work"), ping, 9.0),
            _Bar("mock, notification, Python", partial(self.notify, "python", BURST), ping, 1.5),
            _Bar("mock, notification, Lua", partial(self.notify, "lua", BURST), ping, 2.2),
            _Bar("mock, RPC that notifies, Python", partial(self.notify, "python", 1), ping, 2.5),
            _Bar("mock, RPC that notifies, Lua", partial(self.notify, "lua", 1), ping, 3.5),
        )

    async def check_health(self) -> None:
        for _ in range(CALLS):
            async with self._http.get(f"{self._url}/healthcheck") as answer:
                await answer.read()

    async def list_page(self) -> None:
        where = f"{self._url}/v2/notification?limit={PAGE_SIZE}"
        for _ in range(CALLS):
            async with self._http.get(where, headers=self._headers) as answer:
                assert answer.status == 200
                await answer.read()

    async def post_rpc(self) -> None:
        where = f"{self._url}/v2/rpc/python_echo"
        for _ in range(CALLS):
            async with self._http.post(where, headers=self._headers, data='"1"') as answer:
                assert answer.status == 200
                await answer.read()

    async def connect(self) -> None:
        for _ in range(CALLS):
            async with connect(self._ws_url, compression=None):
                pass

    async def ping(self) -> None:
        for _ in range(CALLS):
            await self._socket.send('{"cid":"1","ping":{}}')
            await self._socket.recv()

    async def call(self, rpc_id: str) -> None:
        for _ in range(CALLS):
            await self.rpc(rpc_id, PAYLOAD)

    async def notify(self, language: str, burst: int) -> None:
        """Let a function send notifications to its caller, so many in one call."""
        for _ in range(CALLS // burst):
            await self.rpc(f"{language}_notify", str(burst), notifications=burst)

    async def rpc(self, rpc_id: str, payload: str, *, notifications: int = 0) -> None:
        """Call a function, and wait for its answer and for what it sends."""
        request = {"cid": "1", "rpc": {"id": rpc_id, "payload": payload}}
        await self._socket.send(json.dumps(request))
        for _ in range(notifications + 1):
            await self._socket.recv()


async def _rows(mock: MockProcess, bars: Sequence[_Bar]) -> list[Row]:
    rows = []
    for bar in bars:
        floors, own = [], []
        for _ in range(ROUNDS):
            floors.append(await _cost(mock, bar.floor))
            own.append(await _cost(mock, bar.run))
        floor, cost = min(floors), min(own)
        rows.append(
            Row(
                bar.name,
                f"{floor:.0f} µs",
                f"{cost:.0f} µs",
                f"{cost / floor:.2f}",
                f"<= {bar.most}",
            )
        )
    return rows


async def _cost(mock: MockProcess, run: Callable[[], Awaitable[None]]) -> float:
    """The microseconds of the mock's CPU time that each of the calls took."""
    begun = mock.cpu_time()
    await run()
    return (mock.cpu_time() - begun) / CALLS * 1e6

"""RPC round trips over one socket."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable

import msgspec
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.measure import Row, rate_row, rates
from benchmarks.tokens import TOKEN
from nakama_client import Client, Session

CALLS = 6400
PAYLOAD = '{"a":1}'


class _Bare:
    """What a careful user of the bare libraries writes: cids, futures, a reader."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._waiters: dict[str, asyncio.Future[object]] = {}
        self._cids = itertools.count(1)

    async def read(self) -> None:
        async for frame in self._connection:
            envelope = msgspec.json.decode(frame)
            self._waiters.pop(envelope["cid"]).set_result(envelope["rpc"])

    async def rpc(self, id: str, payload: str) -> object:  # noqa: A002
        cid = str(next(self._cids))
        waiter = self._waiters[cid] = asyncio.get_running_loop().create_future()
        request = {"cid": cid, "rpc": {"id": id, "payload": payload}}
        await self._connection.send(msgspec.json.encode(request), text=True)
        return await waiter


async def measure(url: str) -> list[Row]:
    rows = []
    async with (
        connect(f"ws{url[4:]}/ws", compression=None) as connection,
        Client(url) as client,
        client.socket(Session(TOKEN)) as socket,
    ):
        bare = _Bare(connection)
        reader = asyncio.create_task(bare.read())
        for in_flight in (1, 64):

            def run(
                call: Callable[[str, str], Awaitable[object]], in_flight: int = in_flight
            ) -> Callable[[], Awaitable[int]]:
                return lambda: _round_trips(call, in_flight)

            found = await rates(run(bare.rpc), run(socket.rpc))
            rows.append(rate_row(f"RPC, {in_flight} in flight", *found, 0.6))
        await connection.close()
        await reader
    return rows


async def _round_trips(call: Callable[[str, str], Awaitable[object]], in_flight: int) -> int:
    async def one_after_another() -> None:
        for _ in range(CALLS // in_flight):
            await call("echo", PAYLOAD)

    await asyncio.gather(*(one_after_another() for _ in range(in_flight)))
    return CALLS

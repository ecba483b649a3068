"""The SDK in the phases of benchmarks/js/phases.mjs, in a process of its own.

Each line names a phase, and is answered with the CPU time of an operation in microseconds.
`python -m benchmarks.phases URL MODE`; the mode is `plain` or `speedups`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable

from benchmarks.server import NOTIFICATION
from nakama_client import Client, Notification, Session, Socket

LAST = "RPC, 64 in flight"  # afterwards the one socket of these phases is closed
PAYLOAD = '{"a":1}'


class Phases:
    """One client, one session, and the sockets of the phases.

    Args:
        client: The client.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._session: Session | None = None
        self._socket: Socket | None = None
        self._many: list[Socket] = []
        self._received = 0
        self._awaited = 0
        self._complete = asyncio.Event()

    async def run(self, phase: str, count: int) -> float:
        """Run a phase; gives microseconds of CPU time for each operation."""
        work = getattr(self, "_" + phase.lower().replace(", ", "_").replace(" ", "_"))
        started = time.process_time()
        operations = await work(count)
        return (time.process_time() - started) / operations * 1e6

    async def close(self) -> None:
        """Close the one socket of some phases."""
        if self._socket is not None:
            await self._socket.close()
            self._socket = None

    async def _login(self, _: int) -> int:
        async def login() -> None:
            self._session = await self._client.authenticate_device("phases-of-python")

        return await _repeat(100, login)

    async def _http_rpc(self, _: int) -> int:
        return await _repeat(200, lambda: self._client.rpc(self._known, "echo", {"a": 1}))

    async def _list(self, _: int) -> int:
        return await _repeat(
            50, lambda: self._client.list_notifications(self._known, limit=100, cursor="0")
        )

    async def _delete(self, _: int) -> int:
        ids = [NOTIFICATION["id"]]
        return await _repeat(100, lambda: self._client.delete_notifications(self._known, ids))

    async def _connect(self, count: int) -> int:
        async def connect() -> None:
            self._many.append(await self._open())

        return await _repeat(count, connect)

    async def _fan(self, times: int) -> int:
        self._await(times * len(self._many))
        await _repeat(times, lambda: self._many[0].rpc("fan", PAYLOAD))
        await self._complete.wait()
        return self._awaited

    async def _rpc_on_each(self, _: int) -> int:
        await asyncio.gather(*(each.rpc("echo", PAYLOAD) for each in self._many))
        return len(self._many)

    async def _close(self, _: int) -> int:
        await asyncio.gather(*(each.close() for each in self._many))
        count = len(self._many)
        self._many.clear()
        return count

    async def _paced(self, count: int) -> int:
        return await self._notified("paced", count)

    async def _burst(self, count: int) -> int:
        return await self._notified("burst", count)

    async def _notified(self, how: str, count: int) -> int:
        self._socket = self._socket or await self._open()
        self._await(count)
        await self._socket.rpc(how, PAYLOAD)
        await self._complete.wait()
        return count

    async def _rpc_64_in_flight(self, _: int) -> int:
        socket = self._socket or await self._open()
        await asyncio.gather(*(_repeat(50, lambda: socket.rpc("echo", PAYLOAD)) for _ in range(64)))
        return 64 * 50

    @property
    def _known(self) -> Session:
        assert self._session is not None
        return self._session

    async def _open(self) -> Socket:
        socket = self._client.socket(self._known, queue_limit=5000)
        socket.on_notification(self._receive)
        await socket.connect()
        return socket

    def _await(self, count: int) -> None:
        self._received, self._awaited = 0, count
        self._complete.clear()

    def _receive(self, notification: Notification) -> None:
        self._received += 1
        if self._received == self._awaited:
            self._complete.set()


async def _repeat(count: int, call: Callable[[], Awaitable[object]]) -> int:
    for _ in range(count):
        await call()
    return count


async def _main(url: str) -> None:
    async with Client(url) as client:
        phases = Phases(client)
        while line := await asyncio.to_thread(sys.stdin.readline):
            phase, count = json.loads(line)
            print(await phases.run(phase, count), flush=True)
            if phase == LAST:
                await phases.close()


if __name__ == "__main__":
    _, address, mode = sys.argv
    if mode == "speedups":
        import uvloop

        uvloop.run(_main(address))
    else:
        sys.modules["picows"] = None  # type: ignore[assignment] # as where it is not installed
        asyncio.run(_main(address))

"""What a connected user costs a process of the SDK, and how that grows with their number.

`python -m benchmarks.users` prints memory, CPU time of an idle second, and CPU time of a
notification to all, for each user. It needs two open files for each user, and Linux.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable
from contextlib import AsyncExitStack

from benchmarks import server
from benchmarks.memory import AT_ONCE, resident
from benchmarks.tokens import token_of
from nakama_client import Client, Notification, Session, Socket

COUNTS = (10, 100, 1_000, 10_000)
ROUNDS = 5
IDLE_SECONDS = 3.0


class _Users:
    """So many sockets in this process."""

    def __init__(self, client: Client, stack: AsyncExitStack) -> None:
        self._client = client
        self._stack = stack
        self._sockets: list[Socket] = []
        self._received = 0
        self._complete = asyncio.Event()

    async def connect(self, count: int) -> None:
        for _ in range(0, count, AT_ONCE):
            await asyncio.gather(*(self._connect() for _ in range(min(AT_ONCE, count))))

    async def notify_all(self) -> None:
        self._received = 0
        self._complete.clear()
        await self._sockets[0].rpc("fan")
        await self._complete.wait()

    async def _connect(self) -> None:
        socket = self._client.socket(Session(token_of("users")))
        socket.on_notification(self._receive)
        await self._stack.enter_async_context(socket)
        self._sockets.append(socket)

    def _receive(self, notification: Notification) -> None:
        self._received += 1
        if self._received == len(self._sockets):
            self._complete.set()


async def _measure(url: str, count: int) -> None:
    async with AsyncExitStack() as stack:
        users = _Users(await stack.enter_async_context(Client(url)), stack)
        before = resident()
        await users.connect(count)
        kilobytes = (resident() - before) / count
        await users.notify_all()
        notified = [await _cpu(users.notify_all()) for _ in range(ROUNDS)]
        idle = await _cpu(asyncio.sleep(IDLE_SECONDS))
        print(
            f"{count:>7,}{kilobytes:>10.1f} kB{idle / count / IDLE_SECONDS * 1e6:>10.1f} µs"
            f"{min(notified) / count * 1e6:>10.1f} µs",
            flush=True,
        )


async def _cpu(work: Awaitable[None]) -> float:
    started = time.process_time()
    await work
    return time.process_time() - started


async def _main() -> None:
    print(f"{'users':>7}{'memory':>13}{'idle second':>13}{'notification':>13}", flush=True)
    with server.running() as url:
        for count in COUNTS:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "benchmarks.users", url, str(count)
            )
            await process.wait()


if __name__ == "__main__":
    asyncio.run(_measure(sys.argv[1], int(sys.argv[2])) if sys.argv[1:] else _main())

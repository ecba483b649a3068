"""Memory of a process with 2,000 connected users."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

from benchmarks.measure import Row
from benchmarks.tokens import TOKEN
from nakama_client import Client, Notification, Session

USERS = 2000
AT_ONCE = 50
TARGET_KB = 40

_STATUS = Path("/proc/self/status")
_CAN_MEASURE = _STATUS.exists()


async def measure(url: str) -> list[Row]:
    if not _CAN_MEASURE:
        return [Row("memory of a user", "", "", "", "needs /proc")]
    bare, ours = await _kilobytes("bare", url), await _kilobytes("ours", url)
    return [
        Row(
            f"memory of a user, {USERS:,} users",
            f"{bare:.1f} kB",
            f"{ours:.1f} kB",
            f"{ours - bare:+.1f} kB",
            f"<= +{TARGET_KB} kB",
        )
    ]


async def _kilobytes(kind: str, url: str) -> float:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.memory", kind, url, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return float(output)


def resident() -> int:
    """The kilobytes of this process that are in memory."""
    gc.collect()
    lines = _STATUS.read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


async def _bare(url: str, stack: AsyncExitStack) -> None:
    async def read(connection: ClientConnection) -> None:
        async for _ in connection:
            pass

    async def user() -> None:
        connection = await stack.enter_async_context(connect(f"ws{url[4:]}/ws", compression=None))
        stack.push_async_callback(asyncio.wait, [asyncio.create_task(read(connection))])
        stack.push_async_callback(connection.close)

    await _all(user)


async def _ours(url: str, stack: AsyncExitStack) -> None:
    client = await stack.enter_async_context(Client(url))

    def handle(notification: Notification) -> None:
        """Do nothing with it."""

    async def user() -> None:
        socket = client.socket(Session(TOKEN, TOKEN))
        socket.on_notification(handle)
        await stack.enter_async_context(socket)

    await _all(user)


async def _all(user: Callable[[], Awaitable[None]]) -> None:
    for _ in range(USERS // AT_ONCE):
        await asyncio.gather(*(user() for _ in range(AT_ONCE)))


async def _main(kind: str, url: str) -> None:
    async with AsyncExitStack() as stack:
        before = resident()
        await {"bare": _bare, "ours": _ours}[kind](url, stack)
        print((resident() - before) / USERS)


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))

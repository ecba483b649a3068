"""The CPU time that the mock server takes in a test's own process: start and stop, and reset."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from benchmarks.measure import Row
from mock_server import MockServer
from nakama_client import Client

RUNS = 20
USERS = 20


async def measure(url: str) -> list[Row]:
    async def start_and_stop() -> None:
        async with MockServer():
            pass

    async with MockServer() as server, Client(server.http_url) as client:

        async def fill() -> None:
            for number in range(USERS):
                session = await client.authenticate_device(f"device-number-{number}")
                await server.notifications.send(session.user_id, "hello")

        return [
            await _row("mock, start and stop", start_and_stop, 10),
            await _row(f"mock, reset with {USERS} users", server.reset, 5, before=fill),
        ]


async def _row(
    name: str,
    run: Callable[[], Awaitable[None]],
    target_ms: int,
    *,
    before: Callable[[], Awaitable[None]] | None = None,
) -> Row:
    took = []
    for _ in range(RUNS):
        if before is not None:
            await before()
        begun = time.process_time()
        await run()
        took.append(time.process_time() - begun)
    median = sorted(took)[RUNS // 2] * 1000
    return Row(name, "", f"{median:.1f} ms", "", f"< {target_ms} ms")

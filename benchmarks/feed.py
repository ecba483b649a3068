"""Stored notifications through a feed, beside the plain list of the same ones."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from tempfile import TemporaryDirectory

from benchmarks.measure import Row
from benchmarks.server import LONG_PAGES, PAGE_SIZE, PAGES
from benchmarks.tokens import TOKEN
from nakama_client import Client, CursorStore, FileCursorStore, Session

_ROUNDS = 5


async def measure(url: str) -> list[Row]:
    session = Session(TOKEN)
    async with Client(url) as client, Client(f"{url}/long") as long:

        async def listed() -> None:
            found = [each async for each in client.iter_notifications(session)]
            assert len(found) == PAGES * PAGE_SIZE

        async def in_memory() -> None:
            await _drain(client, session, None, PAGES * PAGE_SIZE)

        async def in_files() -> None:
            with TemporaryDirectory() as directory:
                store = FileCursorStore(directory)
                await _drain(client, session, store, PAGES * PAGE_SIZE)

        async def ten_times_as_many() -> None:
            await _drain(long, session, None, LONG_PAGES * PAGE_SIZE)

        plain, memory, files = await _seconds(listed, in_memory, in_files, clock=time.perf_counter)
        short, tenfold = await _seconds(in_memory, ten_times_as_many, clock=time.process_time)
    return [
        _row("10,000 through a feed / listed", plain, memory, 2.0),
        _row("... with a FileCursorStore", plain, files, 3.0),
        _row("100,000 / 10,000, CPU", short, tenfold, 11.0),
    ]


async def _drain(client: Client, session: Session, store: CursorStore | None, count: int) -> None:
    async with client.notifications(session, store=store) as feed:
        for _ in range(count):
            await anext(feed)


async def _seconds(*runs: Callable[[], Awaitable[None]], clock: Callable[[], float]) -> list[float]:
    """The least seconds of each, measured in turns."""
    best = [float("inf")] * len(runs)
    for _ in range(_ROUNDS):
        for index, run in enumerate(runs):
            started = clock()
            await run()
            best[index] = min(best[index], clock() - started)
    return best


def _row(name: str, before: float, ours: float, target: float) -> Row:
    return Row(name, f"{before:.2f} s", f"{ours:.2f} s", f"{ours / before:.2f}", f"<= {target:g}")

"""Load tests: what Locust adds to a call and to a player, and what a second worker brings."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import json
import math
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from attrs import frozen

from benchmarks import server
from benchmarks.measure import Row
from nakama_client import Client, RetryPolicy

_CALLERS = 50
_SECONDS = 8
_ROUNDS = 3  # of which the best counts: a busy machine makes a call dearer
_LISTENERS = 5000
_HERE = Path(__file__).parent
_MODULES = _HERE.parent / "examples" / "modules"


@frozen
class Cost:
    """What one process of a run cost.

    Attributes:
        cpu: Seconds of CPU time.
        seconds: Seconds.
        calls: How many calls it made in them.
        kilobytes: What it grew by with its players.
    """

    cpu: float
    seconds: float
    calls: float
    kilobytes: float

    @property
    def of_call(self) -> float:
        """CPU seconds of a call."""
        return self.cpu / self.calls


async def measure(url: str) -> list[Row]:
    """The rows; they need a mock of their own, in a process of its own."""
    async with _mock() as mock:
        plain = locust = math.inf
        for _ in range(_ROUNDS):
            plain = min(plain, await _plain(mock))
            [one] = await _locust(mock, "Caller", _CALLERS, "-t", f"{_SECONDS}s")
            locust = min(locust, one.of_call)
        [sleepers] = await _locust(mock, "Sleeper", _LISTENERS, "-t", "20s")
        with tempfile.TemporaryDirectory() as folder:
            prefix = Path(folder) / "run"
            [listeners] = await _locust(
                mock, "Listener", _LISTENERS, "-t", "10m", "--csv", str(prefix)
            )
            missed = _missed(prefix)
    own = (listeners.kilobytes - sleepers.kilobytes) / _LISTENERS
    return [
        Row(
            "load test, a call",
            f"{plain * 1e6:.0f} us",
            f"{locust * 1e6:.0f} us",
            f"{locust / plain:.2f}",
            "<= 1.25",
        ),
        await _two_workers(),
        Row(
            f"load test, a player of {_LISTENERS:,}",
            f"{sleepers.kilobytes / _LISTENERS:.1f} kB",
            f"{listeners.kilobytes / _LISTENERS:.1f} kB",
            f"{own:+.1f} kB",
            "<= +40 kB",
        ),
        Row("load test, a broadcast to them", "", f"{missed} lost", "", "0"),
    ]


async def _two_workers() -> Row:
    """How much two workers do beside one, each with a core to itself.

    The server costs next to nothing: the mock needs more of the two cores than a worker, and would
    be what is measured.
    """
    one, two = 0.0, 0.0
    with server.running("benchmarks.canned") as url:
        for _ in range(_ROUNDS):
            one = max(one, await _rate(url, workers=1))
            two = max(two, await _rate(url, workers=2))
    return Row(
        "load test, 2 workers, a core each",
        f"{one:,.0f}/s",
        f"{two:,.0f}/s",
        f"{two / one:.2f}",
        ">= 1.7",
    )


async def _rate(url: str, *, workers: int) -> float:
    """The calls in a second of each worker's CPU time, of all workers together."""
    count, arguments = workers * _CALLERS, ("-t", f"{_SECONDS}s", "--processes", f"{workers}")
    costs = await _locust(url, "CallerWithoutLogin", count, *arguments)
    if len(costs) != workers:
        raise RuntimeError(f"{len(costs)} of {workers} workers made calls")
    return sum(1 / each.of_call for each in costs)


def _costs(folder: Path) -> list[Cost]:
    return [Cost(*json.loads(path.read_text(encoding="utf-8"))) for path in folder.iterdir()]


def _missed(prefix: Path) -> int:
    with Path(f"{prefix}_deliveries.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    expected = sum(int(row["expected"]) for row in rows)
    if expected != _LISTENERS:
        failures = Path(f"{prefix}_failures.csv").read_text(encoding="utf-8")
        text = f"the broadcast went to {expected} of {_LISTENERS} players"
        raise RuntimeError(f"{text}: {failures}")
    return sum(int(row["missed"]) for row in rows)


async def _plain(url: str) -> float:
    """CPU seconds of a call without Locust, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.load", url, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return float(output)


async def _locust(url: str, player: str, count: int, *arguments: str) -> list[Cost]:
    """Run so many players; returns the cost of each process that had some."""
    command = [sys.executable, "-m", "locust", "-f", str(_HERE / "load_players.py"), "--headless"]
    players = ["-u", f"{count}", "-r", f"{min(count, 500)}", "--host", url, *arguments, player]
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"REPORTS": folder, "PLAYERS": f"{count}"}
        process = await asyncio.create_subprocess_exec(
            *command,
            *players,
            env=environment,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        _, log = await process.communicate()
        costs = _costs(Path(folder))
    if not costs:
        raise RuntimeError(log.decode())
    # A master writes what it cost, too, and made no calls.
    return [cost for cost in costs if cost.calls > 100 or not player.startswith("Caller")]


@contextlib.asynccontextmanager
async def _mock() -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "mock_server", f"--socket.port={port}", "--console.port=0"),
        *("--onesignal.port=0", f"--runtime.path={_MODULES}", "--logger.level=error"),
        # By default, 5,000 players refresh 100 sessions in each second.
        "--session.token_expiry_sec=7200",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        async with Client(url, retry=RetryPolicy(attempts=30)) as client:
            await client.authenticate_device("until-the-server-is-up")
        yield url
    finally:
        process.terminate()
        await process.wait()


async def _call(url: str) -> None:
    async def player(number: int, until: float) -> int:
        session = await client.authenticate_device(f"plain-player-{number:05}")
        calls = 0
        while time.perf_counter() < until:
            await client.get_account(session)
            calls += 1
        return calls

    async with Client(url) as client:
        await client.authenticate_device("the-first-one-pays-for-imports")
        begun, until = time.process_time(), time.perf_counter() + _SECONDS
        calls = await asyncio.gather(*(player(each, until) for each in range(_CALLERS)))
        print((time.process_time() - begun) / sum(calls))


if __name__ == "__main__":
    asyncio.run(_call(sys.argv[1]))

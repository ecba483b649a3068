"""The CPU time from `python -m mock_server` to its first answer, beside the import of aiohttp.

Two thirds of a start are the interpreter and aiohttp, whose import reads the certificates of all
authorities, too; the ratio says what the mock adds.
"""

from __future__ import annotations

import sys
import urllib.request
from collections.abc import Callable
from subprocess import DEVNULL, PIPE, Popen, run

from benchmarks.measure import Row

RUNS = 7
TARGET_MS = 350
BARE = "from aiohttp import web"

_PORTS = ("--socket.port=0", "--console.port=0", "--onesignal.port=0")


async def measure(url: str) -> list[Row]:
    if sys.platform == "win32":  # it does not say what a process that has ended has used
        return []
    bare, ours = [], []
    for _ in range(RUNS):
        bare.append(_cpu_time_of(_import))
        ours.append(_cpu_time_of(_start))
    floor, cost = min(bare) * 1000, min(ours) * 1000
    return [
        Row(
            "mock, start to first answer",
            f"{floor:.0f} ms",
            f"{cost:.0f} ms",
            f"{cost / floor:.2f}",
            f"< {TARGET_MS} ms",
        )
    ]


def _import() -> None:
    run([sys.executable, "-c", BARE], check=True)


def _start() -> None:
    """Start the mock, ask it once, and kill it."""
    command = [sys.executable, "-m", "mock_server", *_PORTS]
    with Popen(command, stdout=PIPE, stderr=DEVNULL, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        with urllib.request.urlopen(f"{url}/healthcheck") as answer:
            answer.read()
        process.kill()


def _cpu_time_of(act: Callable[[], None]) -> float:
    """The CPU seconds of the processes that `act` starts and waits for."""
    import resource  # not on Windows

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    act()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

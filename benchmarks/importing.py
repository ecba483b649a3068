"""How long the import takes, beside that of the libraries, all of them compiled before."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile

from benchmarks.measure import Row

RUNS = 11
BARE = "aiohttp, websockets, attrs, msgspec"
TARGET = 1.3

_PROGRAM = "import time; begun = time.perf_counter(); import {}; print(time.perf_counter() - begun)"


async def measure(url: str) -> list[Row]:
    best = {BARE: float("inf"), "nakama_client": float("inf")}
    with tempfile.TemporaryDirectory() as bytecode:
        for _ in range(RUNS):
            for names in best:
                best[names] = min(best[names], await _seconds(names, bytecode))
    bare, ours = best.values()
    return [
        Row(
            "import nakama_client",
            f"{bare * 1000:.0f} ms",
            f"{ours * 1000:.0f} ms",
            f"{ours / bare:.2f}",
            f"<= {TARGET}",
        )
    ]


async def _seconds(names: str, bytecode: str) -> float:
    environment = os.environ | {"PYTHONPYCACHEPREFIX": bytecode}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _PROGRAM.format(names),
        stdout=asyncio.subprocess.PIPE,
        env=environment,
    )
    output, _ = await process.communicate()
    return float(output)

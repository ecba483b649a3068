"""CPU time of the SDK beside the official client for JavaScript, nakama-js, in Node.

It needs node and, once, `npm install --ignore-scripts` in benchmarks/js.
`python -m benchmarks.nakama_js CHECKOUT …` compares checkouts of this project instead.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

from attrs import frozen

from benchmarks import server
from benchmarks.measure import Row

ROUNDS = 11
SOCKETS = 500

_FOLDER = Path(__file__).parent / "js"
_CHECKOUT = Path(__file__).parent.parent


@frozen
class Phase:
    """What is done, and the most that it should cost, where nakama-js costs 1.

    Attributes:
        name: What both files of phases call it.
        count: How often, where the phase asks.
        plain: The most without the extra `speedups`.
        speedups: The most with it.
    """

    name: str
    count: int = 0
    plain: float = 1.0
    speedups: float = 1.0


PHASES = (
    Phase("login"),
    Phase("HTTP RPC"),
    Phase("list"),
    Phase("delete"),
    Phase("connect", SOCKETS),
    Phase("fan", 20),
    Phase("RPC on each"),
    Phase("close"),
    Phase("paced", server.PACED),
    Phase("burst", server.BURST),
    Phase("RPC, 64 in flight", plain=1.3),
)


async def measure(url: str) -> list[Row]:
    node = shutil.which("node")
    if node is None or not (_FOLDER / "node_modules").is_dir():
        return [Row("ours / nakama-js", "", "", "", "needs npm install in benchmarks/js")]
    modes = ["plain", *(["speedups"] if _has_speedups() else [])]
    commands = {"js": [node, str(_FOLDER / "phases.mjs"), url]}
    commands |= {mode: _python(url, mode) for mode in modes}
    costs = await costs_of(commands, dict.fromkeys(commands, _CHECKOUT))
    return [
        _row(f"{phase.name}: {mode} / nakama-js", costs["js"], costs[mode], phase, mode)
        for phase in PHASES
        for mode in modes
    ]


async def costs_of(
    commands: Mapping[str, list[str]], folders: Mapping[str, Path]
) -> dict[str, dict[str, list[float]]]:
    """The CPU time of an operation in each phase, in each of the alternating rounds.

    Args:
        commands: How each process that is measured is started.
        folders: Where each imports the project from.
    """
    costs: dict[str, dict[str, list[float]]] = {name: {} for name in commands}
    async with AsyncExitStack() as stack:
        processes = {
            name: await _started(stack, command, folders[name])
            for name, command in commands.items()
        }
        for _ in range(ROUNDS):
            # One after another: a system's usual limit is 1,024 open files.
            for name, process in processes.items():
                for phase in PHASES:
                    costs[name].setdefault(phase.name, []).append(await _ask(process, phase))
    return costs


async def _started(stack: AsyncExitStack, command: list[str], folder: Path) -> Process:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    process = await asyncio.create_subprocess_exec(
        *command, stdin=PIPE, stdout=PIPE, env=environment, cwd=folder
    )

    async def end() -> None:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()

    stack.push_async_callback(end)
    return process


async def _ask(process: Process, phase: Phase) -> float:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps([phase.name, phase.count]).encode() + b"\n")
    return float(await process.stdout.readline())


def _python(url: str, mode: str) -> list[str]:
    return [sys.executable, str(Path(__file__).with_name("phases.py")), url, mode]


def _has_speedups() -> bool:
    return all(importlib.util.find_spec(name) for name in ("picows", "uvloop"))


def _row(
    name: str,
    js: Mapping[str, list[float]],
    ours: Mapping[str, list[float]],
    phase: Phase,
    mode: str,
) -> Row:
    bare, costs = js[phase.name], ours[phase.name]
    target = f"<= {phase.speedups if mode == 'speedups' else phase.plain:g}"
    return Row(name, f"{min(bare):.1f} µs", f"{min(costs):.1f} µs", _ratio(costs, bare), target)


def _ratio(costs: list[float], bare: list[float]) -> str:
    """The ratio of the least, and in brackets that of the medians."""
    return f"{min(costs) / min(bare):.2f} ({median(costs) / median(bare):.2f})"


async def _main(checkouts: list[Path]) -> None:
    with server.running() as url:
        names = [f"{each} {mode}" for each in checkouts for mode in ("plain", "speedups")]
        commands = {name: _python(url, name.rpartition(" ")[2]) for name in names}
        costs = await costs_of(commands, {name: Path(name.rpartition(" ")[0]) for name in names})
    for phase in PHASES:
        for name in names:
            cost, first = costs[name][phase.name], costs[names[0]][phase.name]
            print(f"{phase.name:<20}{name:<50}{min(cost):>10.1f} µs{_ratio(cost, first):>14}")


if __name__ == "__main__":
    asyncio.run(_main([Path(each).resolve() for each in sys.argv[1:]]))

"""Measuring two ways of doing the same, in turns, and telling which share one reaches."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from attrs import frozen

ROUNDS = 15


@frozen
class Row:
    """One line of the table.

    Attributes:
        name: What is measured.
        bare: The libraries alone, or "" where there is nothing to compare with.
        ours: This package.
        ratio: What the target is about.
        target: What the ratio should be.
    """

    name: str
    bare: str
    ours: str
    ratio: str
    target: str


async def rates(
    bare: Callable[[], Awaitable[int]], ours: Callable[[], Awaitable[int]]
) -> tuple[float, float]:
    """The best rate of each, in items per second of CPU time; both return how many they had."""
    best = [0.0, 0.0]
    for _ in range(ROUNDS):
        for index, run in enumerate((bare, ours)):
            started = time.process_time()
            items = await run()
            best[index] = max(best[index], items / (time.process_time() - started))
    return best[0], best[1]


def rate_row(name: str, bare: float, ours: float, target: float) -> Row:
    """A line about rates: ours should be at least so much of the bare one."""
    return Row(name, f"{bare:,.0f}/s", f"{ours:,.0f}/s", f"{ours / bare:.2f}", f">= {target}")

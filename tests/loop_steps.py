"""Counts the steps of the event loop, to tell work that is done in many from work done in one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from attrs import define


@define
class Steps:
    """Steps of the loop, so far."""

    count: int = 0


@contextlib.asynccontextmanager
async def counted_steps() -> AsyncIterator[Steps]:
    """Count the steps of the loop while the block runs."""
    steps = Steps()

    async def count() -> None:
        while True:
            await asyncio.sleep(0)
            steps.count += 1

    counting = asyncio.create_task(count())
    try:
        yield steps
    finally:
        counting.cancel()
        await asyncio.gather(counting, return_exceptions=True)

"""What belongs to the event loop that opened it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


async def run_in(
    loop: asyncio.AbstractEventLoop, work: Callable[[], Coroutine[Any, Any, object]]
) -> None:
    """Do some work in the loop that it belongs to, and wait for its end.

    In the running loop it is awaited. Another loop that runs in its thread does it there; one that
    stands still is run for it, in a thread. A closed loop has nothing left to close.

    Args:
        loop: Where the work belongs.
        work: Makes the coroutine.
    """
    if loop is asyncio.get_running_loop():
        await work()
    elif loop.is_running():
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), loop))
    elif not loop.is_closed():
        await asyncio.to_thread(loop.run_until_complete, work())

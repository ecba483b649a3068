"""What belongs to the event loop that opened it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from nakama_client.errors import WrongLoop


def check_loop(owner: asyncio.AbstractEventLoop | None, what: str) -> None:
    """Refuse to use something outside of the loop that opened it.

    Args:
        owner: That loop; None when it is not open in any.
        what: What was opened, for the text.

    Raises:
        WrongLoop: Another loop runs here.
    """
    if owner is not None and owner is not asyncio.get_running_loop():
        state = "was closed" if owner.is_closed() else "is another one"
        raise WrongLoop(
            f"the event loop that opened this {what} {state}: make a new {what} in each loop, "
            "or do all of it in one loop, with one asyncio.run()"
        )


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

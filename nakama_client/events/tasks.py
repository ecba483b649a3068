"""Starts tasks of the SDK, and tells failures of the user's functions from others."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeGuard, TypeVar

T = TypeVar("T")

_ENDS_THE_PROGRAM = (KeyboardInterrupt, SystemExit, GeneratorExit)


def start(work: Coroutine[Any, Any, T], *, name: str) -> asyncio.Task[T]:
    """Start a task that begins with the next turn of the loop, never before this returns.

    `loop.create_task` runs the first part at once where the loop has
    `asyncio.eager_task_factory`: that would call the user's functions inside of the socket's
    reader, and end a task before its owner knows it.
    """
    return asyncio.Task(work, loop=asyncio.get_running_loop(), name=name)


def is_alive(task: asyncio.Task[Any] | None) -> TypeGuard[asyncio.Task[Any]]:
    """Whether there is a task that still runs; one of a closed loop never runs again."""
    return task is not None and task.get_loop() is asyncio.get_running_loop()


def is_functions_own(error: BaseException) -> bool:
    """Whether an exception from a function of the user is a failure of that function.

    It is not when it ends the program, or when it is the cancellation of the task that called the
    function. A `CancelledError` that the function raised by itself is like any other exception.
    """
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is None or not task.cancelling()
    return not isinstance(error, _ENDS_THE_PROGRAM)


async def drop_withdrawn_cancellation() -> None:
    """Forget that a function of the user cancelled this task and took that back.

    `asyncio.TaskGroup` does so when one of its tasks fails. Where the loop has eager tasks, that is
    before anything waits, and until Python 3.12 `uncancel` leaves the cancellation to the next
    await, or to the end of the task: it would hit what has nothing to do with the function.
    """
    task = asyncio.current_task()
    if task is None or task.cancelling() or not getattr(task, "_must_cancel", False):
        return
    try:
        await asyncio.sleep(0)
    except asyncio.CancelledError:
        if task.cancelling():
            raise

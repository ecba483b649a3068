"""Runs Lua in the loop's own thread, and lets it wait there.

Lua's code has its frames on the stack of C, so it is no coroutine. A greenlet sets such a stack
aside while what the code waits for happens in the loop. A call that waits for nothing costs no
change of threads at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from greenlet import getcurrent, greenlet

_Task = tuple[Callable[[], Any], asyncio.Future[Any]]


class Greenlets:
    """The greenlets of one loop, which it uses again: a new one costs as much as a call."""

    def __init__(self) -> None:
        self._idle: list[_Greenlet] = []

    def run(self, function: Callable[[], Any]) -> asyncio.Future[Any]:
        """Run a function in the running loop until it ends or waits for the first time.

        Args:
            function: It may call `wait` and `pause`.

        Returns:
            What the function returns or raises.
        """
        ended: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        used = self._idle.pop() if self._idle else _Greenlet(self._idle)
        # Set for each run: it comes back to whoever calls now, and a greenlet that is used again
        # must not see the context variables of the call before.
        used.parent = getcurrent()
        used.gr_context = copy_context()
        used.switch((function, ended))
        return ended

    def close(self) -> None:
        """End the greenlets; all functions must have ended."""
        while self._idle:
            self._idle.pop().throw()


class _Greenlet(greenlet):  # type: ignore[misc]  # which has no types
    """Runs one function after another, and is among the idle ones in between."""

    def __init__(self, idle: list[_Greenlet]) -> None:
        super().__init__()
        self._idle = idle

    def run(self, task: _Task) -> None:
        while True:
            _finish(*task)
            self._idle.append(self)
            task = _leave(self)


def _finish(function: Callable[[], Any], ended: asyncio.Future[Any]) -> None:
    try:
        result = function()
    except Exception as error:
        ended.set_exception(error)
    else:
        ended.set_result(result)


def wait(future: asyncio.Future[Any]) -> None:
    """Wait for a future of the loop; what it holds is not looked at."""
    waiting = getcurrent()
    future.add_done_callback(lambda _: waiting.switch())
    _leave(waiting)


def pause() -> None:
    """Let others have a turn in the loop; nothing happens outside of `Greenlets.run`."""
    paused = getcurrent()
    if isinstance(paused, _Greenlet):
        asyncio.get_running_loop().call_soon(paused.switch)
        _leave(paused)


def _leave(left: greenlet) -> Any:
    assert left.parent is not None, "only in Greenlets.run"
    return left.parent.switch()

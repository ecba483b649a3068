"""An asyncio loop beside gevent's: one greenlet runs it, others hand it coroutines.

Locust's monkey patching puts gevent's selector under asyncio, so the loop's waiting lets the other
greenlets run. A coroutine is handed over once for each task of a player, not for each call: a
hop between the two schedulers costs as much as a call.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

import gevent
from gevent.event import Event

from nakama_client.errors import WrongLoop

T = TypeVar("T")

_log = logging.getLogger("nakama_client.load")

# How long a stopped coroutine may take to end; one that never does must not hang the process.
_SECONDS_TO_END = 1.0

# How long the loop may take for thousands of coroutines that are stopped at a time.
_SECONDS_FOR_ALL = 10.0


class GreenletLoop:
    """Runs coroutines of greenlets in one asyncio loop, until it is closed."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._is_closing = False
        self._greenlet = gevent.spawn(self._serve)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end, as the greenlet that calls this.

        When that greenlet is killed, the coroutine is cancelled, and has a second to end.

        Raises:
            WrongLoop: It is called inside of the loop, where `await` is the way.
            BaseException: What the coroutine raised.
        """
        if gevent.getcurrent() is self._greenlet:
            coroutine.close()
            raise WrongLoop("this runs in the loop already: await the coroutine")
        run = _Run(coroutine)
        self._loop.call_soon_threadsafe(run.start)
        try:
            run.ended.wait()
        except BaseException:
            self._loop.call_soon_threadsafe(run.cancel)
            if not run.ended.wait(_SECONDS_TO_END) and run.is_cancelled:
                run.ended.wait(_SECONDS_FOR_ALL)
            if not run.is_over:
                _log.warning("%r was stopped, and goes on all the same", coroutine)
            raise
        return run.task.result()

    def close(self) -> None:
        """Cancel what still runs, and end the loop; calling it again does nothing."""
        if self._is_closing:
            return
        self.run(_cancel_all())
        self._is_closing = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._greenlet.join()
        self._loop.close()

    def _serve(self) -> None:
        while not self._is_closing:
            try:
                self._loop.run_forever()
            except (KeyboardInterrupt, SystemExit):
                # Ctrl+C is raised in whatever greenlet runs. It is meant for Locust, which then
                # stops the players, and they need the loop.
                gevent.get_hub().handle_system_error(*sys.exc_info()[:2])


class _Run(Generic[T]):
    """A coroutine that a greenlet waits for; the methods are called in the loop.

    Attributes:
        ended: Set when it has ended, or was cancelled and had its second.
        is_cancelled: Whether it was cancelled.
        is_over: Whether it has ended.
        task: It, once it has begun.
    """

    __slots__ = ("_coroutine", "ended", "is_cancelled", "is_over", "task")

    task: asyncio.Task[T]

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self.ended = Event()
        self.is_cancelled = self.is_over = False
        self._coroutine = coroutine

    def start(self) -> None:
        """Begin."""
        self.task = asyncio.get_running_loop().create_task(self._coroutine)
        self.task.add_done_callback(self._end)

    def cancel(self) -> None:
        """End it early."""
        self.task.add_done_callback(_retrieve)
        self.task.cancel()
        self.is_cancelled = True
        # Where thousands end at a time, the loop needs longer: its own clock counts the second.
        asyncio.get_running_loop().call_later(_SECONDS_TO_END, self.ended.set)

    def _end(self, _: object) -> None:
        self.is_over = True
        self.ended.set()


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_SECONDS_TO_END)


def _retrieve(task: asyncio.Task[Any]) -> None:
    if not task.cancelled() and task.exception() is not None:
        _log.info("a coroutine that was stopped raised %r", task.exception())

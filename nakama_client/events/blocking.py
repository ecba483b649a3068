"""Finds the handlers that hold the event loop."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable, Generator
from time import perf_counter
from typing import Any

from nakama_client.events.handlers import Handler

# A loop that stands still for so long answers no ping, refreshes no token and reads no frame.
_LONGEST_SECONDS = 1.0


class BlockingWatch:
    """Calls handlers and warns, once for each, when one held the loop for more than a second.

    An `async` handler may take as long as it likes while it awaits; what counts is the time between
    two awaits, as with `time.sleep` or a slow computation.
    """

    __slots__ = ("_log",)

    def __init__(self, log: logging.Logger) -> None:
        self._log = log

    def call(self, handler: Handler[Any], event: object) -> Awaitable[Any] | None:
        """Call a handler; returns what is to be awaited, if anything."""
        started = perf_counter()
        try:
            result = handler.function(event)
        finally:
            if perf_counter() - started > _LONGEST_SECONDS:
                self._note(handler, started)
        if result is None or not inspect.isawaitable(result):
            return None
        if inspect.iscoroutine(result):
            return TimedSteps(result, lambda since: self._note(handler, since))
        return result

    def _note(self, handler: Handler[Any], started: float) -> None:
        seconds = perf_counter() - started
        if seconds > _LONGEST_SECONDS and not handler.has_blocked:
            handler.has_blocked = True
            self._log.warning(
                "the handler %s held the event loop for %.1f s: nothing else ran, and the "
                "server may drop the connection; await, or use asyncio.to_thread",
                handler.name,
                seconds,
            )


class TimedSteps(Awaitable[Any]):
    """Runs a coroutine, and tells when each of its steps between two awaits began."""

    def __init__(self, coroutine: Any, ended: Callable[[float], None]) -> None:
        self._coroutine = coroutine
        self._ended = ended

    def close(self) -> None:
        """End the coroutine, if it has not ended."""
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        step = _sending(self._coroutine, None)
        while True:
            started = perf_counter()
            try:
                waits_for = step()
            except StopIteration as done:
                return done.value
            finally:
                self._ended(started)
            try:
                value = yield waits_for
            except BaseException as error:
                step = _throwing(self._coroutine, error)
            else:
                step = _sending(self._coroutine, value)


def _throwing(coroutine: Any, error: BaseException) -> Callable[[], Any]:
    return lambda: coroutine.throw(error)


def _sending(coroutine: Any, value: object) -> Callable[[], Any]:
    return lambda: coroutine.send(value)

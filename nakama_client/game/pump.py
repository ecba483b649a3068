"""A thread with an event loop, and the queue through which its results reach the game's thread."""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

from nakama_client.errors import ClientClosed, TooManyCalls
from nakama_client.protocol.rules import check_plain_function

T = TypeVar("T")
Q = ParamSpec("Q")

_log = logging.getLogger("nakama_client.game")

_EVENTS_WAITING = 1024  # events whose handlers have not run; then the socket's own queue fills
_STOP_TIMEOUT = 5.0  # seconds


class Pump:
    """Runs coroutines in a thread of its own, and callbacks in the thread that made it.

    Args:
        max_calls: How many calls may be in flight.
    """

    def __init__(self, max_calls: int) -> None:
        self._max_calls = max_calls
        self._calls: set[concurrent.futures.Future[Any]] = set()
        self._callbacks: deque[Callable[[], object]] = deque()
        self._arrived = threading.Condition()
        self._owner = threading.get_ident()
        self._error_functions: list[Callable[[Exception], object]] = []
        self._is_closed = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="nakama_client.game", daemon=True
        )
        self._thread.start()

    def submit(self, call: Callable[[], Coroutine[Any, Any, T]]) -> concurrent.futures.Future[T]:
        """Let the loop run a coroutine.

        Raises:
            ClientClosed: The client is closed.
            TooManyCalls: As many are in flight as may be.
        """
        if self._is_closed:
            raise ClientClosed("the game client is closed")
        if len(self._calls) >= self._max_calls:
            raise TooManyCalls(
                f"{self._max_calls} calls are in flight; wait for some, or raise max_calls"
            )
        if threading.get_ident() == self._thread.ident:
            raise RuntimeError("a game client's calls are for other threads than its own")
        future = asyncio.run_coroutine_threadsafe(call(), self._loop)
        self._calls.add(future)
        future.add_done_callback(self._calls.discard)
        return future

    def call(self, function: Callable[[], T]) -> T:
        """Call a function in the loop's thread and return its result."""

        async def run() -> T:
            return function()

        return self.submit(run).result()

    def enqueue(self, callback: Callable[[], object]) -> None:
        """Let the next `poll` call a function."""
        self._callbacks.append(callback)
        self.notify()

    def later(self, function: Callable[Q, object]) -> Callable[Q, None]:
        """A function that lets `poll` call another one.

        Raises:
            ArgumentError: That one is async.
        """
        check_plain_function("a function that poll calls", function)

        def enqueue(*args: Q.args, **kwargs: Q.kwargs) -> None:
            self.enqueue(lambda: function(*args, **kwargs))

        return enqueue

    def notify(self) -> None:
        """Wake the threads in `wait`: something has changed."""
        with self._arrived:
            self._arrived.notify_all()

    async def deliver(self, function: Callable[[T], object], event: T) -> None:
        """Let `poll` call a handler; waits while too many events have not been handled."""
        while len(self._callbacks) >= _EVENTS_WAITING and not self._is_closed:
            await self.run(_nothing)
        self.enqueue(lambda: function(event))

    async def run(self, function: Callable[[], T]) -> T:
        """Let `poll` call a function, and return its result in the loop."""
        done: asyncio.Future[T] = self._loop.create_future()

        def finish(result: T | None, error: Exception | None) -> None:
            if done.cancelled():
                return
            if error is None:
                done.set_result(result)  # type: ignore[arg-type]
            else:
                done.set_exception(error)

        def callback() -> None:
            result, failure = None, None
            try:
                result = function()
            except Exception as error:
                failure = error
            if not self._is_closed:
                self._loop.call_soon_threadsafe(finish, result, failure)

        self.enqueue(callback)
        return await done

    def poll(self, max_ms: float) -> int:
        """Call what waits, in order, for so many milliseconds; return how many still wait."""
        callbacks = self._callbacks
        if not callbacks:
            return 0
        deadline = time.perf_counter() + max_ms / 1000
        while callbacks:
            try:
                callbacks.popleft()()
            except Exception as error:
                self.report(error)
            if time.perf_counter() >= deadline:
                break
        return len(callbacks)

    def wait(self, is_over: Callable[[], bool], timeout: float | None) -> bool:
        """Wait until something is so; callbacks run meanwhile in the thread that polls.

        Returns:
            Whether it became true within `timeout` seconds.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        polls = threading.get_ident() == self._owner
        while not is_over():
            if polls:
                self.poll(float("inf"))
            with self._arrived:
                rest = None if deadline is None else deadline - time.monotonic()
                if rest is not None and rest <= 0:
                    return is_over()
                if not is_over() and not (polls and self._callbacks):
                    self._arrived.wait(rest)
        return True

    def on_error(self, function: Callable[[Exception], object]) -> None:
        """Call a function with the errors that nobody takes; without one they are logged."""
        self._error_functions.append(function)

    def forget_on_error(self, function: Callable[[Exception], object]) -> None:
        """Call the function of `on_error` no more."""
        if function in self._error_functions:
            self._error_functions.remove(function)

    def report(self, error: Exception) -> None:
        """Hand an error that nobody takes to the functions of `on_error`."""
        if not self._error_functions:
            _log.error("a callback or call failed", exc_info=error)
        for function in tuple(self._error_functions):
            try:
                function(error)
            except Exception:
                _log.exception("a function of on_error failed")

    def close(self, finish: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Cancel the calls in flight, run a last coroutine, and end the thread."""
        if self._is_closed:
            return
        self._is_closed = True

        async def end() -> None:
            # In the loop's thread: thousands of calls would wake it one by one.
            for call in tuple(self._calls):
                call.cancel()
            await finish()

        last = asyncio.run_coroutine_threadsafe(end(), self._loop)
        try:
            last.result(_STOP_TIMEOUT)
        except TimeoutError:
            _log.warning("the calls in flight did not end within %g s", _STOP_TIMEOUT)
        finally:
            last.cancel()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_STOP_TIMEOUT)
            if not self._thread.is_alive():
                self._loop.close()
            self._callbacks.clear()
            self.notify()


def _nothing() -> None:
    """Take a turn in the queue."""

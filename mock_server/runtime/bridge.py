"""Calls runtime functions for modules in Lua and JavaScript, from wherever they run."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from mock_server.runtime.errors import ModuleError
from mock_server.runtime.nk import FunctionTable, RuntimeFunction

_PLAIN = (type(None), bool, int, str, dict, list, tuple)  # that nothing awaits, as most results
_SLOW = ("bcrypt_hash", "bcrypt_compare")  # made to take long: not in the loop's thread


class Bridge:
    """The runtime functions as a language calls them, in threads or in the loop's own.

    Functions that touch the server run in its loop, and a thread waits; others run right there. In
    the loop's own thread all run right there, but for those that take much time.

    Args:
        functions: The runtime functions.
        loop: The server's loop, which runs now.
        wait: Waits in the loop's thread for a future of the loop; None where modules never run
            in that thread.
    """

    def __init__(
        self,
        functions: FunctionTable,
        loop: asyncio.AbstractEventLoop,
        wait: Callable[[asyncio.Future[Any]], None] | None = None,
    ) -> None:
        self._loop = loop
        self._loop_thread = threading.get_ident()
        self._wait = wait
        self._tasks: set[asyncio.Future[Any]] = set()
        self._functions = functions

    def names(self, module: str = "") -> list[str]:
        """The names of all runtime functions of `nk`, or of another module."""
        return self._functions.names(module)

    def has(self, name: str) -> bool:
        """Whether there is a runtime function of this name."""
        return self._functions.find(name) is not None

    def waits(self, name: str) -> bool:
        """Tell whether a thread that calls this function waits for the loop."""
        function = self._functions.find(name)
        return function is not None and not function.is_pure

    def missing(self, name: str) -> ModuleError:
        """The error of a call of a function that there is not."""
        return self._functions.missing(name)

    def call(self, name: str, arguments: Sequence[Any], *, is_large: bool = False) -> Any:
        """Call a runtime function from a thread; what it does not take is left out.

        Args:
            name: Its name.
            arguments: What it is given.
            is_large: Whether it has so much to look at that the loop should not wait for it.

        Raises:
            ModuleError: There is no such function, or it refused.
        """
        function = self._functions.find(name)
        if function is None:
            raise self.missing(name)
        given = arguments[: function.arity]
        if self._wait is not None and threading.get_ident() == self._loop_thread:
            is_slow = name in _SLOW or (is_large and function.is_pure)
            return self._call_in_loop(function, given, self._wait, is_slow=is_slow)
        if function.is_pure:
            return function.call(*given)
        future: Future[Any] = Future()
        self._loop.call_soon_threadsafe(self._run, future, function.call, given)
        return future.result()

    def _call_in_loop(
        self,
        function: RuntimeFunction,
        given: Sequence[Any],
        wait: Callable[[asyncio.Future[Any]], None],
        *,
        is_slow: bool,
    ) -> Any:
        if is_slow:
            result: Any = asyncio.to_thread(function.call, *given)
        else:
            result = function.call(*given)
        if type(result) in _PLAIN or not inspect.isawaitable(result):
            return result
        task = asyncio.ensure_future(result)
        self._tasks.add(task)
        try:
            wait(task)
        finally:
            self._tasks.discard(task)
        if task.cancelled():
            raise _stopping()
        return task.result()

    def cancel(self) -> None:
        """End what runtime functions still wait for; their callers get an error."""
        for task in tuple(self._tasks):
            task.cancel()

    def _run(
        self, future: Future[Any], function: Callable[..., Any], arguments: Sequence[Any]
    ) -> None:
        try:
            result = function(*arguments)
        except Exception as error:
            future.set_exception(error)
            return
        if not inspect.isawaitable(result):
            future.set_result(result)
            return
        task = asyncio.ensure_future(result)
        self._tasks.add(task)
        task.add_done_callback(partial(self._finish, future))

    def _finish(self, future: Future[Any], task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            future.set_exception(_stopping())
        elif (error := task.exception()) is not None:
            future.set_exception(error)
        else:
            future.set_result(task.result())


def _stopping() -> ModuleError:
    return ModuleError("the server is stopping")

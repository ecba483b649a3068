"""The way into a server's event loop, for callers in any thread and any loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class ServerNotRunning(RuntimeError):
    """The server is asked for something that only a running one has."""


class InLoop:
    """Calls functions and awaits coroutines in a server's loop, wherever the caller runs.

    The server shares it with the handles that it gives out.

    Args:
        server_name: The server's class, for the message of `ServerNotRunning`.
    """

    def __init__(self, server_name: str) -> None:
        self._server_name = server_name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0

    @property
    def is_open(self) -> bool:
        """Whether the server runs."""
        return self._loop is not None

    def is_here(self) -> bool:
        """Whether the coroutine that asks runs in the server's loop."""
        return self._loop is asyncio.get_running_loop()

    def open(self) -> None:
        """Take the running loop for the server's."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()

    def close(self) -> None:
        """Let nobody in any more: the server stops."""
        self._loop = None

    def call(self, function: Callable[[], T], /) -> T:
        """Call a function there, and wait for its result.

        Raises:
            ServerNotRunning: The server does not run.
        """
        if self._loop is not None and self._thread == threading.get_ident():
            return function()

        async def call() -> T:
            return function()

        return self._submit(call()).result()

    async def wait(self, coroutine: Coroutine[Any, Any, T], /) -> T:
        """Await a coroutine there.

        Raises:
            ServerNotRunning: The server does not run.
        """
        if self.is_here():
            return await coroutine
        return await asyncio.wrap_future(self._submit(coroutine))

    def _submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        if self._loop is None:
            coroutine.close()
            raise ServerNotRunning(f"start the server first: `async with {self._server_name}()`")
        try:
            return asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        except RuntimeError:
            coroutine.close()
            raise ServerNotRunning("the event loop that the server ran in is closed") from None

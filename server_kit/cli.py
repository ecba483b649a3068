"""Run a server from the command line until a signal ends it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any, cast

from server_kit.file_limit import raise_file_limit


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a program's coroutine, on uvloop where that is installed.

    As many files may be open as the system lets this process open: each client needs one.
    """
    raise_file_limit()
    _runner()(main)


def _runner() -> Callable[[Coroutine[Any, Any, None]], None]:
    try:
        import uvloop
    except ImportError:
        return asyncio.run
    return cast("Callable[[Coroutine[Any, Any, None]], None]", uvloop.run)


def stop_signal() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set from now on; ask for it before you say you are ready."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows has no handlers in the loop
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    return stop

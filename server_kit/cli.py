"""Run a server from the command line until a signal ends it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a program's coroutine, on uvloop where that is installed."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)


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

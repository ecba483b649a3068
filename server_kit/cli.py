"""Run a server from the command line until a signal ends it."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine
from types import FrameType
from typing import Any, cast

from server_kit.file_limit import raise_file_limit

_STOPPING = (signal.SIGINT, signal.SIGTERM)


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a program's coroutine, on uvloop, or on Windows winloop, where that is installed.

    As many files may be open as the system lets this process open: each client needs one.

    Raises:
        SystemExit: It was interrupted before it asked for `stop_signal`, as while it started.
    """
    raise_file_limit()
    try:
        _runner()(main)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)  # as a shell says it, and without a traceback


def _runner() -> Callable[[Coroutine[Any, Any, None]], None]:
    try:
        loops = importlib.import_module("winloop" if sys.platform == "win32" else "uvloop")
    except ImportError:
        return asyncio.run
    return cast("Callable[[Coroutine[Any, Any, None]], None]", loops.run)


def stop_signal() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set from now on; ask for it before you say you are ready.

    A second signal ends the process at once, whatever keeps its threads busy.
    """
    stop = asyncio.Event()
    _Signals(stop, asyncio.get_running_loop()).watch()
    return stop


class _Signals:
    """Reads signals in a thread of its own, for the loop's thread may be in code that never ends.

    Args:
        stop: What the first one sets.
        loop: The event's loop, which runs in this thread, the main one.
    """

    def __init__(self, stop: asyncio.Event, loop: asyncio.AbstractEventLoop) -> None:
        self._stop = stop
        self._loop = loop
        self._reader, self._writer = socket.socketpair()
        self._wakeup_before = -1

    def watch(self) -> None:
        """Begin."""
        self._writer.setblocking(False)
        for number in _STOPPING:
            signal.signal(number, _nothing)
        # Python writes the signal's number there at once, also while the main thread is in C.
        self._wakeup_before = signal.set_wakeup_fd(self._writer.fileno())
        threading.Thread(target=self._read, name="signals", daemon=True).start()

    def _read(self) -> None:
        is_first = True
        with self._reader:
            while numbers := self._reader.recv(64):
                for number in numbers:
                    if number not in _STOPPING:
                        continue
                    if not is_first:
                        os._exit(128 + number)
                    is_first = False
                    with contextlib.suppress(RuntimeError):  # the loop is closed: it has ended
                        self._loop.call_soon_threadsafe(self._begin_to_stop)

    def _begin_to_stop(self) -> None:
        self._stop.set()
        for number in _STOPPING:  # the second one now ends the process by itself
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(self._wakeup_before)
        self._writer.close()


def _nothing(number: int, frame: FrameType | None) -> None:
    """What Python calls for a signal, which `_Signals` reads elsewhere."""

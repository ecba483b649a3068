"""How long the code of a call may run.

quickjs-ng has a limit on processor time, but no function of Python can be called while it is set.
So it is set for the moment in which a call begins, and taken back in the middle of that: the
engine goes on looking at the deadline, and functions can be called. What takes it back is the end
of an object's life, since nothing else of Python can run in that moment.

The engine measures the time of the whole process, so that other threads count, too; after a
function has waited, the deadline is set again for what is left of the call's own time.
"""

from __future__ import annotations

import time
from typing import Any

RENEWALS = 4
"""How often a call may get a new deadline; each lets it use the whole stack once more."""
_WORTH_RENEWING = 0.1


class Deadline:
    """The time limit of a context's calls; only the context's thread uses it.

    Args:
        context: The engine's context.
        limit: Seconds of the call's own processor time.
    """

    def __init__(self, context: Any, limit: float) -> None:
        self._context = context
        self._limit = limit
        self._trigger = context.eval("(function $nkArm() { delete globalThis.$nkArmed; })")
        self._used = 0.0
        self._since = 0.0
        self._process = 0.0
        self._renewals = 0

    def start(self) -> None:
        """Begin the time of a call."""
        self._renewals = RENEWALS
        self._since = time.thread_time()
        self._used = 0.0
        self._arm(self._limit)

    def leave(self) -> None:
        """A function of Python is called."""
        self._used += time.thread_time() - self._since
        self._process = time.process_time()

    def enter(self) -> None:
        """It returns."""
        self._since = time.thread_time()
        others = time.process_time() - self._process
        if others > _WORTH_RENEWING and self._renewals:
            self._renewals -= 1
            self._arm(max(self._limit - self._used, 0.0))

    def _arm(self, seconds: float) -> None:
        self._context.add_callable("$nkArmed", _Disarming(self._context))
        self._context.set_time_limit(seconds)
        self._trigger()


class _Disarming:
    """Takes the time limit back when its life ends."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def __call__(self) -> None:
        """The engine asks for something that can be called."""

    def __del__(self) -> None:
        self._context.set_time_limit(-1)

"""Runtime functions that are called while modules load: done once, and repeated in each state."""

from __future__ import annotations

import logging
from typing import Any

from attrs import define, field

from mock_server.runtime.bridge import Bridge
from mock_server.runtime.errors import ModuleError

_log = logging.getLogger("mock_server.modules")


@define
class LoadRecord:
    """What runtime functions returned while the first state of a pool loaded its modules.

    Nakama loads modules once and shares them among its states. Here each state loads them, and
    what they call then answers as it did the first time, without doing it again.

    Attributes:
        results: Function, result and error of each call, in order.
        is_complete: Whether the first load is over.
    """

    results: list[tuple[str, Any, ModuleError | None]] = field(factory=list)
    is_complete: bool = False


class LoadCalls:
    """The calls of one state while it loads its modules.

    Args:
        record: The calls of the pool's first state.
        bridge: Calls runtime functions.
    """

    def __init__(self, record: LoadRecord, bridge: Bridge) -> None:
        self._record = record
        self._bridge = bridge
        self._replayed = 0

    def answer(self, name: str, arguments: list[Any]) -> Any:
        """The recorded result of a call; the first state makes it, and so does one that differs.

        Raises:
            ModuleError: The function refuses, or did so the first time.
        """
        results, index = self._record.results, self._replayed
        if self._record.is_complete and index < len(results) and results[index][0] == name:
            self._replayed = index + 1
            _, result, error = results[index]
            if error is not None:
                # Without the traceback it has: that would grow, and keep each state ever loaded.
                raise error.with_traceback(None)
            return result
        result, problem = None, None
        try:
            result = self._call(name, arguments)
        except ModuleError as error:
            problem = error
        if not self._record.is_complete:
            results.append((name, result, problem))
        if problem is not None:
            raise problem
        return result

    def end(self) -> None:
        """All modules are loaded."""
        self._record.is_complete = True

    def _call(self, name: str, arguments: list[Any]) -> Any:
        if self._bridge.has(name):
            return self._bridge.call(name, arguments)
        # A function that is missing here must not keep the modules from being loaded.
        _log.warning("called while loading, without effect: %s", self._bridge.missing(name).message)
        return None

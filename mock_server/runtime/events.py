"""Events: passed to the functions that modules registered for them, in the background."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mock_server.runtime.context import Context, socket_context
from mock_server.runtime.errors import ModuleError

if TYPE_CHECKING:
    from mock_server.parts import Parts
    from mock_server.realtime.session import SocketSession
    from mock_server.runtime.callbacks import EventFunction

_log = logging.getLogger("mock_server.runtime")


class Events:
    """The events of one server; nobody waits for the functions that hear of them.

    Args:
        parts: The server.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._tasks: set[asyncio.Task[None]] = set()

    def generate(
        self,
        context: Context,
        name: str,
        properties: Mapping[str, str],
        *,
        timestamp: int | None = None,
        external: bool = False,
    ) -> None:
        """Pass an event to the functions of `register_event`; `timestamp` is now where None."""
        event = {"name": name, "properties": dict(properties), "external": external}
        self._tell(self._parts.runtime.callbacks.events, context, event, timestamp)

    def session_started(self, session: SocketSession) -> None:
        """Tell that a socket has opened."""
        self._of_session(self._parts.runtime.callbacks.session_starts, session, "session_start", {})

    def session_ended(self, session: SocketSession) -> None:
        """Tell that a socket has closed, and why."""
        functions = self._parts.runtime.callbacks.session_ends
        self._of_session(functions, session, "session_end", {"reason": session.end_reason})

    async def drop(self) -> None:
        """Forget the events that are still on their way."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _of_session(
        self,
        functions: Iterable[EventFunction],
        session: SocketSession,
        name: str,
        properties: dict[str, str],
    ) -> None:
        context = socket_context(self._parts.config, session, "event")
        self._tell(functions, context, {"name": name, "properties": properties}, None)

    def _tell(
        self,
        functions: Iterable[EventFunction],
        context: Context,
        event: dict[str, Any],
        timestamp: int | None,
    ) -> None:
        now = int(self._parts.clock.time())
        event["timestamp"] = now if timestamp is None else timestamp
        for function in functions:
            task = asyncio.get_running_loop().create_task(_call(function, context, event))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _call(function: EventFunction, context: Context, event: dict[str, Any]) -> None:
    try:
        result = function(context, event)
        if inspect.isawaitable(result):
            await result
    except ModuleError as error:
        _log.error("an event function failed: %s", error.message)
    except Exception:
        _log.exception("an event function failed")

"""Events: passed to the functions that modules registered for them, in the background."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from mock_server.realtime.session import SocketSession
from mock_server.runtime.callbacks import EventFunction
from mock_server.runtime.context import Context, Contexts
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.registrations import Registrations
from mock_server.signals import Signal
from server_kit import Clock

_log = logging.getLogger("mock_server.runtime")


@frozen
class GeneratedEvent:
    """An event of a client or a module.

    Attributes:
        context: Who generated it: a client's user, or the server.
        name: Its name.
        properties: Its properties.
    """

    context: Context
    name: str
    properties: Mapping[str, str]


class Events:
    """The events of one server; their functions run in the background.

    Args:
        registrations: The functions.
        contexts: Makes their contexts.
        clock: The server's time.

    Attributes:
        generated: A client or a module generated an event.
    """

    def __init__(self, registrations: Registrations, contexts: Contexts, clock: Clock) -> None:
        self._registrations = registrations
        self._contexts = contexts
        self._clock = clock
        self.generated: Signal[GeneratedEvent] = Signal()
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
        self._tell(self._registrations.active.events, context, event, timestamp)
        self.generated.send(GeneratedEvent(context, name, properties))

    def session_started(self, session: SocketSession) -> None:
        """Tell that a socket has opened."""
        self._of_session(self._registrations.active.session_starts, session, "session_start", {})

    def session_ended(self, session: SocketSession) -> None:
        """Tell that a socket has closed, and why."""
        functions = self._registrations.active.session_ends
        self._of_session(functions, session, "session_end", {"reason": session.end_reason})

    async def drop(self) -> None:
        """Forget the events that are still on their way."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _of_session(
        self,
        functions: Sequence[EventFunction],
        session: SocketSession,
        name: str,
        properties: dict[str, str],
    ) -> None:
        if not functions:
            return
        context = self._contexts.of_socket(session, "event")
        self._tell(functions, context, {"name": name, "properties": properties}, None)

    def _tell(
        self,
        functions: Iterable[EventFunction],
        context: Context,
        event: dict[str, Any],
        timestamp: int | None,
    ) -> None:
        now = int(self._clock.time())
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

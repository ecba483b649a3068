"""Match handlers in Python: an object with the seven callbacks."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from mock_server.runtime.arguments import without_exit
from mock_server.runtime.context import Context
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.match_dispatcher import DispatcherFunctions
from mock_server.runtime.match_handler import (
    CALLBACKS,
    Dispatcher,
    JoinDecision,
    MatchFactory,
    MatchMessage,
    MatchPresence,
    MatchSetup,
)
from mock_server.runtime.match_results import answer_of, decision_of, setup_of, state_of
from mock_server.wire import gojson


def python_match(handler: object) -> MatchFactory:
    """The factory of matches for a handler: an object, class or module with the seven callbacks.

    Raises:
        ModuleError: One is missing.
    """
    for name in CALLBACKS:
        if not callable(getattr(handler, name, None)):
            raise ModuleError(f"{name} not found or not a function")

    async def make(context: Context, dispatcher: Dispatcher) -> PythonMatchHandler:
        return PythonMatchHandler(handler, context, dispatcher)

    return make


class PythonMatchHandler:
    """The callbacks of one match, which run in the server's loop and may be coroutine functions.

    Args:
        handler: Has the seven callbacks.
        context: What they get of the match.
        dispatcher: What they do things with.
    """

    def __init__(self, handler: object, context: Context, dispatcher: Dispatcher) -> None:
        self._handler = handler
        self._context = context
        self._dispatcher = dispatcher
        self._functions = DispatcherFunctions(dispatcher)
        self._state: Any = None

    async def init(self, params: Mapping[str, Any] | None) -> MatchSetup:
        """Make the state."""
        try:
            values = await self._results("match_init", self._context, params)
        except ModuleError:
            raise
        except Exception as error:
            raise ModuleError(f"{type(error).__name__}: {error}") from error
        self._state, setup = setup_of(values)
        return setup

    async def join_attempt(
        self, tick: int, applicant: Context, presence: MatchPresence, metadata: Mapping[str, str]
    ) -> JoinDecision | None:
        """Decide about an applicant."""
        values = await self._results(
            "match_join_attempt",
            applicant,
            self._functions,
            tick,
            self._state,
            presence.table(),
            dict(metadata),
        )
        state, decision = decision_of(values)
        return decision if self._keep(state) else None

    async def join(self, tick: int, presences: Sequence[MatchPresence]) -> bool:
        """Handle new members."""
        return await self._call(
            "match_join", tick, [each.table_with_reason() for each in presences]
        )

    async def leave(self, tick: int, presences: Sequence[MatchPresence]) -> bool:
        """Handle members who left."""
        return await self._call(
            "match_leave", tick, [each.table_with_reason() for each in presences]
        )

    async def loop(self, tick: int, messages: Sequence[MatchMessage]) -> bool:
        """Work what came in."""
        return await self._call("match_loop", tick, [each.table() for each in messages])

    async def terminate(self, tick: int, grace_seconds: int) -> bool:
        """Hear that the server stops."""
        return await self._call("match_terminate", tick, grace_seconds)

    async def signal(self, tick: int, data: str) -> str | None:
        """Answer a signal."""
        values = await self._results(
            "match_signal", self._running(), self._functions, tick, self._state, data
        )
        state, text = answer_of(values)
        return text if self._keep(state) else None

    async def state_json(self) -> str:
        """The state as JSON."""
        try:
            return gojson.marshal(self._state)
        except (TypeError, ValueError) as error:
            raise ModuleError(str(error)) from None

    def close(self) -> None:
        """Forget the state."""
        self._state = None

    async def _call(self, name: str, tick: int, argument: Any) -> bool:
        values = await self._results(
            name, self._running(), self._functions, tick, self._state, argument
        )
        return self._keep(state_of(name, values))

    async def _results(self, name: str, *arguments: Any) -> tuple[Any, ...]:
        result = without_exit(getattr(self._handler, name))(*arguments)
        if inspect.isawaitable(result):
            result = await result
        return result if isinstance(result, tuple) else (result,)

    def _running(self) -> Context:
        return attrs.evolve(
            self._context,
            match_label=self._dispatcher.label,
            match_tick_rate=self._dispatcher.tick_rate,
        )

    def _keep(self, state: Any) -> bool:
        self._state = state if state is not None else self._state
        return state is not None

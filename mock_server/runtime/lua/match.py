"""Match handlers in Lua: each match has a Lua state of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

from mock_server.runtime.arguments import to_bytes
from mock_server.runtime.context import Context
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.lua.state import LuaState
from mock_server.runtime.match_dispatcher import DispatcherFunctions
from mock_server.runtime.match_handler import (
    Dispatcher,
    JoinDecision,
    MatchMessage,
    MatchPresence,
    MatchSetup,
)
from mock_server.runtime.match_results import answer_of, decision_of, setup_of, state_of
from mock_server.wire import gojson

Submit = Callable[..., Future[Any]]


class LuaMatchHandler:
    """The callbacks of one match; see `MatchHandler`. They run in threads.

    Args:
        state: The Lua state, with all modules; only this match uses it.
        submit: Runs a function with the state in a thread.
        dispatcher: What the callbacks do things with.
    """

    def __init__(self, state: LuaState, submit: Submit, dispatcher: Dispatcher) -> None:
        self._lua = state
        self._submit = submit
        self._dispatcher = dispatcher

    async def open(self, module: str, context: Context) -> None:
        """Find the callbacks.

        Args:
            module: The Lua module that returns them.
            context: What they get of the match.

        Raises:
            ModuleError: It returns no handler.
        """
        functions = DispatcherFunctions(self._dispatcher)
        names = ("broadcast_message", "broadcast_message_deferred", "match_kick")
        own = {f"match.{name}": getattr(functions, name) for name in names}
        own["match.match_label_update"] = self._update_label
        self._functions = functions
        await asyncio.wrap_future(
            self._submit(self._lua, self._lua.open_match, module, context.match_table(), own)
        )

    async def init(self, params: Mapping[str, Any] | None) -> MatchSetup:
        """Make the state."""
        _, setup = setup_of(await self._results("match_init", params))
        return setup

    async def join_attempt(
        self, tick: int, applicant: Context, presence: MatchPresence, metadata: Mapping[str, str]
    ) -> JoinDecision | None:
        """Decide about an applicant."""
        values = await self._results(
            "match_join_attempt",
            applicant.match_table(),
            tick,
            presence.table(),
            dict(metadata),
        )
        state, decision = decision_of(values)
        return None if state is None else decision

    async def join(self, tick: int, presences: Sequence[MatchPresence]) -> bool:
        """Hear of new members."""
        return await self._call(
            "match_join", tick, [each.table_with_reason() for each in presences]
        )

    async def leave(self, tick: int, presences: Sequence[MatchPresence]) -> bool:
        """Hear of members who are gone."""
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
        state, text = answer_of(await self._results("match_signal", tick, data))
        return None if state is None else text

    async def state_json(self) -> str:
        """The state as JSON."""
        state = await asyncio.wrap_future(
            self._submit(self._lua, self._lua.invoke, "match_state", ())
        )
        try:
            return gojson.marshal(state)
        except (TypeError, ValueError) as error:
            raise ModuleError(str(error)) from None

    def close(self) -> None:
        """Cut what still runs; the Lua state goes with this object."""
        self._lua.cut()

    async def _call(self, name: str, *arguments: Any) -> bool:
        return state_of(name, await self._results(name, *arguments)) is not None

    async def _results(self, name: str, *arguments: Any) -> Sequence[Any]:
        return await asyncio.wrap_future(
            self._submit(self._lua, self._lua.invoke_all, name, arguments)
        )

    def _update_label(self, label: Any = None) -> None:
        self._functions.match_label_update(label)
        self._lua.set_match_label(to_bytes(self._dispatcher.label))

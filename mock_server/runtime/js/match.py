"""Match handlers in JavaScript: each match has a context of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import attrs

from mock_server.runtime.context import Context
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.js.context import JsContext, Missing
from mock_server.runtime.js.errors import ScriptError
from mock_server.runtime.js.given import camel_keys
from mock_server.runtime.js.values import plain
from mock_server.runtime.match_handler import (
    MAX_LABEL_BYTES,
    Dispatcher,
    JoinDecision,
    MatchMessage,
    MatchPresence,
    MatchSetup,
)
from mock_server.wire import gojson

Run = Callable[[Callable[[JsContext], Any]], Awaitable[Any]]
"""Runs a function with the match's context, in its thread."""


class JsMatchHandler:
    """The callbacks of one match; see `MatchHandler`. They run in a thread of their own.

    Args:
        names: The names of its functions, by `matchInit` and so on.
        context: What they get of the match.
        dispatcher: Has the label and the tick rate.
        run: Runs a function with the match's context.
        table: What JavaScript gets of a runtime context.
        close: Lets go of the context.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        context: Context,
        dispatcher: Dispatcher,
        *,
        run: Run,
        table: Callable[[Context], Mapping[str, Any]],
        close: Callable[[], None],
    ) -> None:
        self._names = names
        self._context = context
        self._dispatcher = dispatcher
        self._run = run
        self._table = table
        self._close = close

    async def init(self, params: Mapping[str, Any] | None) -> MatchSetup:
        """Make the state."""
        result = await self._result("matchInit", self._context, dict(params or {}))
        label = str(result["label"])
        if len(label.encode()) > MAX_LABEL_BYTES:
            raise ModuleError(f"match label too long, must be 0-{MAX_LABEL_BYTES} bytes")
        return MatchSetup(int(result["rate"]), label)

    async def join_attempt(
        self, tick: int, applicant: Context, presence: MatchPresence, metadata: Mapping[str, str]
    ) -> JoinDecision | None:
        """Decide about an applicant."""
        result = await self._result(
            "matchJoinAttempt", applicant, tick, camel_keys(presence.table()), dict(metadata)
        )
        if result.get("ended"):
            return None
        return JoinDecision(result["accept"], result.get("reason", ""))

    async def join(self, tick: int, presences: Sequence[MatchPresence]) -> bool:
        """Handle new members."""
        return await self._call("matchJoin", tick, _presences(presences))

    async def leave(self, tick: int, presences: Sequence[MatchPresence]) -> bool:
        """Handle members who left."""
        return await self._call("matchLeave", tick, _presences(presences))

    async def loop(self, tick: int, messages: Sequence[MatchMessage]) -> bool:
        """Work what came in."""
        return await self._call("matchLoop", tick, [camel_keys(each.table()) for each in messages])

    async def terminate(self, tick: int, grace_seconds: int) -> bool:
        """Hear that the server stops."""
        return await self._call("matchTerminate", tick, grace_seconds)

    async def signal(self, tick: int, data: str) -> str | None:
        """Answer a signal."""
        result = await self._result("matchSignal", self._running(), tick, data)
        return str(result.get("data", ""))

    async def state_json(self) -> str:
        """The state as JSON."""
        try:
            return gojson.marshal(plain(await self._run(lambda context: context.match_state())))
        except (TypeError, ValueError) as error:
            raise ModuleError(str(error)) from None

    def close(self) -> None:
        """Let go of the context."""
        self._close()

    async def _call(self, part: str, *values: Any) -> bool:
        return not (await self._result(part, self._running(), *values)).get("ended")

    async def _result(self, part: str, context: Context, *values: Any) -> dict[str, Any]:
        name, table = self._names[part], self._table(context)
        try:
            result: dict[str, Any] = await self._run(
                lambda script: script.match(part, name, table, list(values))
            )
        except Missing:
            raise ModuleError(f"{part}: there is no global function {name}") from None
        except ScriptError as error:
            raise ModuleError(error.position_text) from error
        if "error" in result:
            raise ModuleError(result["error"])
        return result

    def _running(self) -> Context:
        return attrs.evolve(
            self._context,
            match_label=self._dispatcher.label,
            match_tick_rate=self._dispatcher.tick_rate,
        )


def _presences(presences: Sequence[MatchPresence]) -> list[dict[str, Any]]:
    return [camel_keys(each.table_with_reason()) for each in presences]

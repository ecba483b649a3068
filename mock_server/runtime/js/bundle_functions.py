"""What a bundle has registered, as the server calls it."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from mock_server.runtime.callbacks import Callbacks
from mock_server.runtime.context import Context
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.js.context import Missing
from mock_server.runtime.js.errors import ScriptError
from mock_server.runtime.js.functions.leaderboards import board_object
from mock_server.runtime.js.given import camel_keys, snake
from mock_server.runtime.js.messages import full_message
from mock_server.runtime.js.pool import JsPool, Load
from mock_server.runtime.js.registering import RegisteredFunction
from mock_server.runtime.js.values import TIMESTAMP_METHODS, ProtobufMessage, plain
from mock_server.runtime.uncalled import called_for
from mock_server.wire.messages import envelope, operation

_log = logging.getLogger("mock_server.modules")

_NO_TEXT = "Runtime function returned invalid data - only allowed one return value of type string."
_VALUE = frozenset({"value"})
_FILTERED = (
    "key",
    "collection",
    "user_id",
    "version",
    "permission_read",
    "permission_write",
    "value",
)
_UNREADABLE = "Could not complete runtime Before function."


class BundleFunctions:
    """The functions of one load of a bundle.

    Args:
        pool: Calls them.
        load: The load.
    """

    def __init__(self, pool: JsPool, load: Load) -> None:
        self._pool = pool
        self._load = load

    def register(self, callbacks: Callbacks) -> None:
        """Let the server call what InitModule registered."""
        for each in self._load.initializer.registrations:
            self._register(callbacks, each)
        for name, functions in self._load.initializer.matches.items():
            make = partial(self._pool.make_match, self._load.bundle, functions)
            callbacks.matches[name] = make

    def _register(self, callbacks: Callbacks, registered: RegisteredFunction) -> None:
        method, name = registered.method, registered.name
        if method == "registerRpc":
            callbacks.rpcs[name.lower()] = self._rpc(registered)
        elif method == "registerRtBefore":
            callbacks.before_rt[name.lower()] = self._rt_before(registered)
        elif method == "registerRtAfter":
            callbacks.after_rt[name.lower()] = self._rt_after(registered)
        elif method == "registerStorageIndexFilter":
            callbacks.storage_index_filters[name] = self._filter(registered)
        elif method.startswith("registerBefore"):
            title = called_for("JavaScript", "before", method.removeprefix("registerBefore"))
            if title:
                callbacks.before[title.lower()] = self._before(title, registered)
        elif method.startswith("registerAfter"):
            title = called_for("JavaScript", "after", method.removeprefix("registerAfter"))
            if title:
                callbacks.after[title.lower()] = self._after(title, registered)
        else:
            self._register_single(callbacks, registered)

    def _register_single(self, callbacks: Callbacks, registered: RegisteredFunction) -> None:
        """Register a function of a kind of which there is one at most."""
        method = registered.method
        if method == "registerMatchmakerMatched":
            callbacks.matchmaker_matched = self._matched(registered)
        elif method == "registerTournamentEnd":
            callbacks.tournament_end = self._tournament("tournament_end", registered)
        elif method == "registerTournamentReset":
            callbacks.tournament_reset = self._tournament("tournament_reset", registered)
        elif method == "registerLeaderboardReset":
            callbacks.leaderboard_reset = self._leaderboard(registered)
        elif method == "registerShutdown":
            callbacks.shutdown = partial(self._call, "shutdown", registered)
        else:
            assert "Notification" in method, "there is no other kind"
            mode = snake(method).removeprefix("register_")
            callbacks.store_notifications[mode] = self._store_notification(mode, registered)

    def _rpc(self, registered: RegisteredFunction) -> Any:
        async def call(context: Context, payload: str) -> str | None:
            try:
                result = await self._call("rpc", registered, context, payload)
            except Missing:
                _log.error("JavaScript runtime function invalid. key=%s", registered.function)
                raise ModuleError("Could not run Rpc function.") from None
            if result is not None and not isinstance(result, str):
                _log.error("%s mode=rpc id=%s", _NO_TEXT, registered.name)
                raise ModuleError(_NO_TEXT)
            return result

        return call

    def _before(self, title: str, registered: RegisteredFunction) -> Any:
        message = operation(title).request

        async def call(context: Context, request: dict[str, Any]) -> Any:
            given = full_message(message, request) if message.fields else None
            return _replacement(await self._call("before", registered, context, given))

        return call

    def _after(self, title: str, registered: RegisteredFunction) -> Any:
        messages = operation(title)

        async def call(context: Context, response: dict[str, Any], request: dict[str, Any]) -> None:
            shown = full_message(messages.response, response) if messages.response.fields else None
            asked = full_message(messages.request, request) if messages.request.fields else None
            await self._call("after", registered, context, shown, asked)

        return call

    def _rt_before(self, registered: RegisteredFunction) -> Any:
        async def call(context: Context, request: dict[str, Any]) -> Any:
            given = full_message(envelope(), request)
            return _replacement(await self._call("before", registered, context, given))

        return call

    def _rt_after(self, registered: RegisteredFunction) -> Any:
        async def call(context: Context, output: dict[str, Any], request: dict[str, Any]) -> None:
            shown = full_message(envelope(), output) if output else None
            await self._call("after", registered, context, shown, full_message(envelope(), request))

        return call

    def _matched(self, registered: RegisteredFunction) -> Any:
        async def call(context: Context, entries: list[dict[str, Any]]) -> Any:
            players = [_player(entry) for entry in entries]
            return await self._call("matchmaker", registered, context, players)

        return call

    def _filter(self, registered: RegisteredFunction) -> Any:
        async def call(context: Context, stored: dict[str, Any]) -> Any:
            shown = {name: stored.get(name) for name in _FILTERED}
            return await self._call(
                "storage_index_filter", registered, context, camel_keys(shown, _VALUE)
            )

        return call

    def _tournament(self, mode: str, registered: RegisteredFunction) -> Any:
        async def call(context: Context, tournament: dict[str, Any], end: int, reset: int) -> None:
            await self._call(mode, registered, context, board_object(tournament), end, reset)

        return call

    def _leaderboard(self, registered: RegisteredFunction) -> Any:
        async def call(context: Context, leaderboard: dict[str, Any], reset: int) -> None:
            board = board_object(leaderboard)
            # Nakama passes on what it has in Go, by mistake.
            seconds = {"Seconds": board["createTime"], "Nanos": 0}
            board["createTime"] = ProtobufMessage(seconds, TIMESTAMP_METHODS)
            for name in ("prevReset", "nextReset"):
                if name in board:
                    board[name] = int(board[name])
            await self._call("leaderboard_reset", registered, context, board, reset)

        return call

    def _store_notification(self, mode: str, registered: RegisteredFunction) -> Any:
        async def call(context: Context, item: dict[str, Any], payload: str, what: str) -> Any:
            return await self._call(mode, registered, context, camel_keys(item), payload, what)

        return call

    async def _call(
        self, mode: str, registered: RegisteredFunction, context: Context, *values: Any
    ) -> Any:
        try:
            return await self._pool.call(self._load, mode, registered.function, context, *values)
        except ScriptError as error:
            if not error.is_chosen:
                _log.error(
                    "JavaScript runtime function raised an uncaught exception: mode=%s id=%s %s%s",
                    mode,
                    registered.name or registered.method,
                    error.stack_trace,
                    f"in TypeScript:\n{error.typescript}" if error.typescript else "",
                )
            raise


def _replacement(result: Any) -> Any:
    """What a before hook returned, as JSON."""
    if result is None:
        return None
    try:
        return plain(result)
    except TypeError:
        raise ModuleError(_UNREADABLE) from None


def _player(entry: dict[str, Any]) -> dict[str, Any]:
    """A player of a match, as the hook gets them; properties keep their names."""
    presence = entry["presence"]
    player = {
        "presence": {
            "userId": presence["user_id"],
            "sessionId": presence["session_id"],
            "username": presence["username"],
            "node": presence["node"],
        },
        "properties": entry["properties"],
    }
    return player | ({"partyId": entry["party_id"]} if "party_id" in entry else {})

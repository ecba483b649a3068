"""The runtime: what server modules have registered, and how it is called."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from mock_server.runtime.context import Context
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.nk import Nakama

if TYPE_CHECKING:
    from mock_server.parts import Parts

RpcFunction = Callable[[Context, str], str | Awaitable[str | None] | None]


class Runtime:
    """The registered functions of one server; the same for every language."""

    def __init__(self, parts: Parts) -> None:
        self.nk = Nakama(parts, self)
        self._rpcs: dict[str, RpcFunction] = {}
        self._kept: dict[str, RpcFunction] = {}

    def keep(self) -> None:
        """Remember what is registered now, for `reset`."""
        self._kept = dict(self._rpcs)

    def reset(self) -> None:
        """Back to what was registered when `keep` was called."""
        self._rpcs = dict(self._kept)

    def register_rpc(self, function: RpcFunction, rpc_id: str) -> None:
        """Make a function callable by clients; ids do not depend on case.

        Args:
            function: Takes the `Context` and the payload text, returns text or None. It may be a
                coroutine function; a plain one runs in the server's loop and must not block.
            rpc_id: Its name.
        """
        self._rpcs[rpc_id.lower()] = function

    def has_rpc(self, rpc_id: str) -> bool:
        """Tell whether there is an RPC function of this id."""
        return rpc_id.lower() in self._rpcs

    async def call_rpc(self, rpc_id: str, context: Context, payload: str) -> str:
        """Call an RPC function.

        Raises:
            KeyError: There is none of this id.
            ModuleError: It refused, or returned something else than text.
        """
        result: Any = self._rpcs[rpc_id.lower()](context, payload)
        if inspect.isawaitable(result):
            result = await result
        if result is None:
            return ""
        if not isinstance(result, str):
            raise ModuleError(
                "Runtime function returned invalid data - only allowed one return value of type "
                "String/Byte."
            )
        return result

    def rpc_ids(self) -> list[str]:
        """The ids of all RPC functions, in lower case."""
        return list(self._rpcs)

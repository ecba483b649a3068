"""The RPC functions of server modules, for calls of every transport."""

from __future__ import annotations

import inspect
from typing import Any

from attrs import frozen

from mock_server.runtime.context import Context
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.registrations import Registrations
from mock_server.signals import Signal


@frozen
class RpcCall:
    """A call of an RPC function that succeeded.

    Attributes:
        rpc_id: The function's id, as the caller spells it.
        context: Who called.
        payload: What they sent.
    """

    rpc_id: str
    context: Context
    payload: str


class RpcFunctions:
    """Finds and calls RPC functions; their ids do not depend on case.

    Args:
        registrations: What the server modules registered.

    Attributes:
        called: A call succeeded.
    """

    def __init__(self, registrations: Registrations) -> None:
        self._registrations = registrations
        self.called: Signal[RpcCall] = Signal()

    def has(self, rpc_id: str) -> bool:
        """Tell whether there is an RPC function of this id."""
        return rpc_id.lower() in self._registrations.active.rpcs

    def ids(self) -> list[str]:
        """The ids of all RPC functions, in lower case."""
        return list(self._registrations.active.rpcs)

    async def call(self, rpc_id: str, context: Context, payload: str) -> str:
        """Call an RPC function.

        Raises:
            KeyError: There is none of this id.
            ModuleError: It refused, or returned something else than text.
        """
        result: Any = self._registrations.active.rpcs[rpc_id.lower()](context, payload)
        if inspect.isawaitable(result):
            result = await result
        if result is not None and not isinstance(result, str):
            raise ModuleError(
                "Runtime function returned invalid data - only allowed one return value of type "
                "String/Byte."
            )
        self.called.send(RpcCall(rpc_id, context, payload))
        return result or ""

"""RPC over the socket."""

from __future__ import annotations

from typing import Any

from mock_server.realtime.requests import ErrorCode, RealtimeError, Reply, SocketRequest
from mock_server.realtime.session import SocketSession
from mock_server.runtime.context import Contexts
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.rpc import RpcFunctions
from mock_server.wire.output import omit_empty


def requests(rpcs: RpcFunctions, contexts: Contexts) -> tuple[SocketRequest, ...]:
    """The socket's request to call an RPC function."""

    async def call(session: SocketSession, request: dict[str, Any]) -> Reply:
        rpc_id = request["id"]
        if not rpc_id:
            raise RealtimeError(ErrorCode.BAD_INPUT, "RPC ID must be set")
        if not rpcs.has(rpc_id):
            raise RealtimeError(ErrorCode.RUNTIME_FUNCTION_NOT_FOUND, "RPC function not found")
        try:
            payload = await rpcs.call(rpc_id, contexts.of_socket(session), request["payload"])
        except ModuleError as error:
            raise RealtimeError(ErrorCode.RUNTIME_FUNCTION_EXCEPTION, error.message) from None
        except Exception as error:
            raise RealtimeError(ErrorCode.RUNTIME_FUNCTION_EXCEPTION, str(error)) from error
        return {"rpc": omit_empty({"id": rpc_id, "payload": payload})}

    return (SocketRequest("rpc", call),)

"""RPC over the socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_server.realtime.pipeline import ErrorCode, RealtimeError, Reply, Request
from mock_server.realtime.session import SocketSession
from mock_server.runtime.context import socket_context
from mock_server.runtime.errors import ModuleError
from mock_server.wire.output import omit_empty
from mock_server.wire.schema import STRING, Message

if TYPE_CHECKING:
    from mock_server.parts import Parts


async def _rpc(parts: Parts, session: SocketSession, request: dict[str, Any]) -> Reply:
    rpc_id = request["id"]
    if not rpc_id:
        raise RealtimeError(ErrorCode.BAD_INPUT, "RPC ID must be set")
    if not parts.runtime.has_rpc(rpc_id):
        raise RealtimeError(ErrorCode.RUNTIME_FUNCTION_NOT_FOUND, "RPC function not found")
    try:
        payload = await parts.runtime.call_rpc(
            rpc_id, socket_context(parts.config, session), request["payload"]
        )
    except ModuleError as error:
        raise RealtimeError(ErrorCode.RUNTIME_FUNCTION_EXCEPTION, error.message) from None
    except Exception as error:
        raise RealtimeError(ErrorCode.RUNTIME_FUNCTION_EXCEPTION, str(error)) from error
    return {"rpc": omit_empty({"id": rpc_id, "payload": payload})}


REQUESTS = (Request("rpc", Message("Rpc", id=STRING, payload=STRING, http_key=STRING), _rpc),)

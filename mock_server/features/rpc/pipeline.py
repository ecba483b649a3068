"""RPC over the socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_server.realtime.pipeline import ErrorCode, RealtimeError, Reply, Request
from mock_server.realtime.session import SocketSession
from mock_server.runtime.context import Context
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
            rpc_id, socket_context(parts, session), request["payload"]
        )
    except ModuleError as error:
        raise RealtimeError(ErrorCode.RUNTIME_FUNCTION_EXCEPTION, error.message) from None
    except Exception as error:
        raise RealtimeError(ErrorCode.RUNTIME_FUNCTION_EXCEPTION, str(error)) from error
    return {"rpc": omit_empty({"id": rpc_id, "payload": payload})}


def socket_context(parts: Parts, session: SocketSession, mode: str = "rpc") -> Context:
    """What a server module is told of a call that came over a socket."""
    return Context(
        execution_mode=mode,
        node=parts.config.name,
        user_id=session.user_id,
        username=session.username,
        vars=session.identity.vars or None,
        user_session_exp=session.identity.expiry,
        session_id=session.id,
        client_ip=session.client_ip,
        client_port=session.client_port,
        lang=session.lang,
    )


REQUESTS = (Request("rpc", Message("Rpc", id=STRING, payload=STRING, http_key=STRING), _rpc),)

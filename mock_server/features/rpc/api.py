"""RPC over HTTP: an own handler with error bodies of its own, as in Nakama."""

from __future__ import annotations

import difflib
import logging
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aiohttp import web

from mock_server.features.sessions.core import basic_auth, bearer_token
from mock_server.http.bodies import CorruptBody
from mock_server.http.gateway import NO_CACHE, error_response, json_response, same_secret
from mock_server.http.routing import ANONYMOUS
from mock_server.identity import Identity
from mock_server.runtime.arguments import to_bytes, to_text
from mock_server.runtime.errors import ModuleError
from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError, GrpcCode, GrpcError, http_status
from mock_server.wire.output import encode_plain

if TYPE_CHECKING:
    from mock_server.http.front import Incoming
    from mock_server.parts import Parts

_log = logging.getLogger("mock_server.rpc")

PREFIX = "/v2/rpc/"


class RpcApi:
    """Answers `GET` and `POST /v2/rpc/{id}`.

    Args:
        parts: The server.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def answer(self, incoming: Incoming) -> web.Response:
        """Answer a request, errors included."""
        query = incoming.query_lists()
        try:
            identity = self._authenticate(incoming, query.pop("http_key", []))
            incoming.user_id = identity.user_id
            rpc_id = unquote(incoming.path.removeprefix(PREFIX))
            if not rpc_id:
                raise GrpcError(GrpcCode.INVALID_ARGUMENT, "RPC ID must be set")
            if not self._parts.runtime.has_rpc(rpc_id):
                raise GrpcError(GrpcCode.NOT_FOUND, "RPC function not found")
        except GrpcError as error:
            return _refusal(error)
        try:
            body = b"" if incoming.method == "GET" else await incoming.body()
        except CorruptBody:
            return _refusal(GrpcError(GrpcCode.INTERNAL, "Internal Server Error"))
        except GrpcError as error:
            return error_response(error)
        try:
            payload = to_text(body) if "unwrap" in query else gojson.unmarshal_string(body)
        except DecodeError as error:
            return _refusal(GrpcError(GrpcCode.INVALID_ARGUMENT, str(error)))
        return await self._call(incoming, rpc_id, payload, identity, query)

    def nearest(self, path: str) -> str | None:
        """The registered function nearest to one that is not; None where it is registered."""
        rpc_id = unquote(path.removeprefix(PREFIX)).lower()
        runtime = self._parts.runtime
        if runtime.has_rpc(rpc_id):
            return None
        near = difflib.get_close_matches(rpc_id, runtime.rpc_ids(), n=1, cutoff=0.0)
        return f"the RPC function {near[0]!r}" if near else "nothing: no RPC is registered"

    async def _call(
        self,
        incoming: Incoming,
        rpc_id: str,
        payload: str,
        identity: Identity,
        query: dict[str, list[str]],
    ) -> web.Response:
        context = self._parts.runtime.context(
            "rpc",
            headers=incoming.header_lists(),
            query_params=query,
            user_id=identity.user_id or None,
            username=identity.username or None,
            vars=identity.vars or None,
            user_session_exp=identity.expiry or None,
            client_ip=incoming.client_ip,
            client_port=incoming.client_port,
        )
        try:
            result = await self._parts.runtime.call_rpc(rpc_id, context, payload)
        except ModuleError as error:
            return _failure(error.code, error.message)
        except Exception as error:
            incoming.error = traceback.format_exc()
            _log.exception("the RPC function %s failed", rpc_id)
            return _failure(GrpcCode.INTERNAL, str(error))
        if "unwrap" not in query:
            return _json(200, {"payload": result})
        content_type = incoming.raw.headers.get("Content-Type") or "text/plain"
        return web.Response(
            body=to_bytes(result), headers=NO_CACHE | {"Content-Type": content_type}
        )

    def _authenticate(self, incoming: Incoming, http_keys: list[str]) -> Identity:
        expected = self._parts.config.runtime.http_key
        if http_keys and http_keys[0]:
            if not same_secret(http_keys[0], expected):
                raise GrpcError(GrpcCode.UNAUTHENTICATED, "HTTP key invalid")
            return ANONYMOUS
        given = incoming.authorization()
        if not given:
            raise GrpcError(GrpcCode.UNAUTHENTICATED, "Auth token or HTTP key required")
        login = basic_auth(given[0])
        if login is not None:
            if not same_secret(login[0], expected):
                raise GrpcError(GrpcCode.UNAUTHENTICATED, "HTTP key invalid")
            return ANONYMOUS
        token = bearer_token(given[0])
        identity = self._parts.sessions.check(token) if token else None
        if identity is None:
            raise GrpcError(GrpcCode.UNAUTHENTICATED, "Auth token invalid")
        return identity


def _refusal(error: GrpcError) -> web.Response:
    document = {"error": error.message, "message": error.message, "code": int(error.code)}
    return _json(http_status(error.code), document)


def _failure(code: GrpcCode, message: str) -> web.Response:
    return _json(http_status(code), {"code": int(code), "error": {}, "message": message})


def _json(status: int, document: dict[str, Any]) -> web.Response:
    return json_response(encode_plain(document), status=status, headers={})

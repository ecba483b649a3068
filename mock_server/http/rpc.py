"""RPC over HTTP: beside the gateway, with error bodies and keys of its own, as in Nakama.

It is no feature's `api.py`: it answers aiohttp requests itself, raw bodies (`unwrap`) included.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from mock_server.features.sessions.core import Sessions
from mock_server.http.authorization import basic_auth, bearer_token, same_secret
from mock_server.http.bodies import CorruptBody
from mock_server.http.context import RequestContext
from mock_server.http.gateway import NO_CACHE, error_response, json_response
from mock_server.http.routing import ANONYMOUS
from mock_server.identity import Identity
from mock_server.runtime.arguments import to_bytes, to_text
from mock_server.runtime.context import Contexts
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.rpc import RpcFunctions
from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError, GrpcCode, GrpcError, http_status
from mock_server.wire.output import encode_plain
from server_kit.nearest import nearest

_log = logging.getLogger("mock_server.rpc")

PREFIX = "/v2/rpc/"
_CODES = frozenset(GrpcCode)


class RpcHandler:
    """Answers `GET` and `POST /v2/rpc/{id}`.

    Args:
        http_key: What callers without a session must know.
        sessions: Finds the user of a token.
        rpcs: The functions.
        contexts: Makes their contexts.
    """

    def __init__(
        self, *, http_key: str, sessions: Sessions, rpcs: RpcFunctions, contexts: Contexts
    ) -> None:
        self._http_key = http_key
        self._sessions = sessions
        self._rpcs = rpcs
        self._contexts = contexts

    async def answer(self, context: RequestContext) -> web.Response:
        """Answer a request, errors included."""
        query = context.query_lists()
        try:
            identity = self._authenticate(context, query.pop("http_key", []))
            context.user_id = identity.user_id
            rpc_id = unquote(context.path.removeprefix(PREFIX))
            if not rpc_id:
                raise GrpcError(GrpcCode.INVALID_ARGUMENT, "RPC ID must be set")
            if not self._rpcs.has(rpc_id):
                raise GrpcError(GrpcCode.NOT_FOUND, "RPC function not found")
        except GrpcError as error:
            return _refusal(error)
        try:
            body = b"" if context.method == "GET" else await context.body()
        except CorruptBody:
            return _refusal(GrpcError(GrpcCode.INTERNAL, "Internal Server Error"))
        except GrpcError as error:
            return error_response(error)
        try:
            payload = to_text(body) if "unwrap" in query else gojson.unmarshal_string(body)
        except DecodeError as error:
            return _refusal(GrpcError(GrpcCode.INVALID_ARGUMENT, str(error)))
        return await self._call(context, rpc_id, payload, identity, query)

    def nearest(self, path: str) -> str | None:
        """The registered function nearest to one that is not; None where it is registered."""
        rpc_id = unquote(path.removeprefix(PREFIX)).lower()
        if self._rpcs.has(rpc_id):
            return None
        near = nearest(rpc_id, self._rpcs.ids())
        return "nothing: no RPC is registered" if near is None else f"the RPC function {near!r}"

    async def _call(
        self,
        context: RequestContext,
        rpc_id: str,
        payload: str,
        identity: Identity,
        query: dict[str, list[str]],
    ) -> web.Response:
        called = self._contexts.of_request(
            "rpc",
            identity,
            client_ip=context.client_ip,
            client_port=context.client_port,
            headers=context.header_lists(),
            query_params=query,
        )
        try:
            result = await self._rpcs.call(rpc_id, called, payload)
        except ModuleError as error:
            context.error = error.trace or context.error
            return _failure(error.shown_code, error.message, error.details)
        except Exception as error:
            context.error = traceback.format_exc()
            _log.exception("the RPC function %s failed", rpc_id)
            return _failure(GrpcCode.INTERNAL, str(error))
        if "unwrap" not in query:
            return _json(200, {"payload": result})
        content_type = context.raw.headers.get("Content-Type") or "text/plain"
        return web.Response(
            body=to_bytes(result), headers=NO_CACHE | {"Content-Type": content_type}
        )

    def _authenticate(self, context: RequestContext, http_keys: list[str]) -> Identity:
        expected = self._http_key
        if http_keys and http_keys[0]:
            if not same_secret(http_keys[0], expected):
                raise GrpcError(GrpcCode.UNAUTHENTICATED, "HTTP key invalid")
            return ANONYMOUS
        given = context.authorization()
        if not given:
            raise GrpcError(GrpcCode.UNAUTHENTICATED, "Auth token or HTTP key required")
        login = basic_auth(given[0])
        if login is not None:
            if not same_secret(login[0], expected):
                raise GrpcError(GrpcCode.UNAUTHENTICATED, "HTTP key invalid")
            return ANONYMOUS
        token = bearer_token(given[0])
        identity = self._sessions.check(token) if token else None
        if identity is None:
            raise GrpcError(GrpcCode.UNAUTHENTICATED, "Auth token invalid")
        return identity


def _refusal(error: GrpcError) -> web.Response:
    document = {"error": error.message, "message": error.message, "code": int(error.code)}
    return _json(http_status(error.code), document)


def _failure(code: int, message: str, details: Mapping[str, str] | None = None) -> web.Response:
    status = http_status(GrpcCode(code)) if code in _CODES else 500
    return _json(status, {"code": code, "error": details or {}, "message": message})


def _json(status: int, document: dict[str, Any]) -> web.Response:
    return json_response(encode_plain(document), status=status, headers={})

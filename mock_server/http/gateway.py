"""The gateway: from an HTTP request to a route's handler, and its answer back.

The order of the checks is Nakama's: route, body, query, authentication, then the call itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from mock_server.features.sessions.core import Sessions
from mock_server.http.authorization import basic_auth, bearer_token, same_secret
from mock_server.http.context import RequestContext
from mock_server.http.routing import ANONYMOUS, Auth, Call, Route, RouteTable
from mock_server.identity import Identity
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.hooks import NOT_FOUND, Disabled, Hooks
from mock_server.wire import protojson
from mock_server.wire.errors import GrpcCode, GrpcError, http_status
from mock_server.wire.protojson import DecodeError, decode_body
from mock_server.wire.query import decode_query, ignored_names, parse_pairs
from mock_server.wire.schema import INT32, STRING, Message
from mock_server.wire.strconv import utf8_text

_STATUS = Message("Status", package="google.rpc", code=INT32, message=STRING)

NO_CACHE = {"Cache-Control": "no-store, no-cache, must-revalidate"}


class Gateway:
    """Answers everything under the client API but RPC and the socket.

    Args:
        table: The routes.
        server_key: What callers without a session must know.
        sessions: Finds the user of a token.
        hooks: What server modules do before and after.
    """

    def __init__(
        self, table: RouteTable, *, server_key: str, sessions: Sessions, hooks: Hooks
    ) -> None:
        self._table = table
        self._server_key = server_key
        self._sessions = sessions
        self._hooks = hooks

    async def answer(self, context: RequestContext) -> web.Response:
        """Answer a request, errors included."""
        try:
            route, path_values = self._find(context)
            request = await self._decode(route, path_values, context)
            identity = self._authenticate(route, context)
            context.user_id = identity.user_id
            document = await self._call(route, request, identity, context)
        except GrpcError as error:
            return error_response(error)
        except Disabled:
            return error_response(GrpcError(GrpcCode.NOT_FOUND, NOT_FOUND))
        except ModuleError as error:
            context.error = error.trace or context.error
            return error_response(GrpcError(error.code, error.message))
        return json_response(
            protojson.encode(route.operation.response, document),
            headers={"Grpc-Metadata-Content-Type": "application/grpc"},
        )

    def _find(self, context: RequestContext) -> tuple[Route, dict[str, str]]:
        try:
            return self._table.find(context.method, context.path)
        except GrpcError:
            if context.method != "POST" or not context.has_form:
                raise
        return self._table.find("GET", context.path)  # a query too long for a URL

    async def _call(
        self, route: Route, request: dict[str, Any], identity: Identity, context: RequestContext
    ) -> dict[str, Any]:
        call = Call(
            request,
            identity,
            context.client_ip,
            context.client_port,
            context.query_lists(),
            context.header_lists(),
        )
        await self._hooks.before_request(route, call)
        result = route.handler(call)
        document = await result if inspect.isawaitable(result) else result
        await self._hooks.after_request(route, call, document)
        return document

    async def _decode(
        self, route: Route, path_values: dict[str, str], context: RequestContext
    ) -> dict[str, Any]:
        try:
            request = _fields(route, await context.body() if route.body else b"")
            if route.body != "*":
                form = await context.body() if context.has_form and not route.body else b""
                pairs = parse_pairs(utf8_text(form)) + parse_pairs(context.raw_query)
                request |= decode_query(route.query_message, pairs)
                context.ignored += tuple(
                    f"query: {name}" for name in ignored_names(route.query_message, pairs)
                )
        except DecodeError as error:
            raise GrpcError(GrpcCode.INVALID_ARGUMENT, str(error)) from None
        return request | path_values

    def _authenticate(self, route: Route, context: RequestContext) -> Identity:
        if route.auth is Auth.NONE:
            return ANONYMOUS
        given = context.authorization()
        if route.auth is Auth.SERVER_KEY:
            self._check_server_key(given)
            return ANONYMOUS
        if not given:
            raise GrpcError(GrpcCode.UNAUTHENTICATED, "Auth token required")
        token = bearer_token(given[0]) if len(given) == 1 else None
        identity = self._sessions.check(token) if token else None
        if identity is None:
            raise GrpcError(GrpcCode.UNAUTHENTICATED, "Auth token invalid")
        return identity

    def _check_server_key(self, given: list[str]) -> None:
        if len(given) != 1:
            raise GrpcError(GrpcCode.UNAUTHENTICATED, "Server key required")
        login = basic_auth(given[0])
        if login is None or not same_secret(login[0], self._server_key):
            raise GrpcError(GrpcCode.UNAUTHENTICATED, "Server key invalid")


def error_response(error: GrpcError) -> web.Response:
    """The gateway's answer to an error."""
    refused = error.code is GrpcCode.UNAUTHENTICATED
    return json_response(
        protojson.encode(_STATUS, {"code": error.code, "message": error.message}),
        status=http_status(error.code),
        headers={"WWW-Authenticate": error.message} if refused else {},
    )


def json_response(text: str, *, status: int = 200, headers: Mapping[str, str]) -> web.Response:
    """An answer with JSON text, as Nakama labels it: without a charset, never cached."""
    kind = {"Content-Type": "application/json"}
    return web.Response(body=text.encode(), status=status, headers={**NO_CACHE, **kind, **headers})


def _fields(route: Route, body: bytes) -> dict[str, Any]:
    empty = decode_body(route.message, b"")
    if route.body is None:
        return empty
    if route.body == "*":
        return decode_body(route.message, body)
    kind = route.message.fields[route.body].kind
    assert isinstance(kind, Message)
    return empty | {route.body: decode_body(kind, body)}

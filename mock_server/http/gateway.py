"""The gateway: from an HTTP request to a route's handler, and its answer back.

The order of the checks is Nakama's: route, body, query, authentication, then the call itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

from mock_server.http.context import RequestContext
from mock_server.http.routing import Call, Route, RouteTable
from mock_server.operations import Operations
from mock_server.runtime.errors import ModuleError
from mock_server.wire import protojson
from mock_server.wire.errors import GrpcCode, GrpcError, http_status
from mock_server.wire.protojson import DecodeError, decode_body
from mock_server.wire.query import (
    check_utf8,
    decode_query,
    ignored_names,
    parse_pairs,
    readable_pairs,
)
from mock_server.wire.schema import INT32, STRING, Message

_STATUS = Message("Status", package="google.rpc", code=INT32, message=STRING)

_UNPRINTABLE = re.compile("[^ -~]")
NO_CACHE = {"Cache-Control": "no-store, no-cache, must-revalidate"}


class Gateway:
    """Answers everything under the client API but RPC and the socket.

    Args:
        table: The routes.
        operations: Calls them.
    """

    def __init__(self, table: RouteTable, operations: Operations) -> None:
        self._table = table
        self._operations = operations

    async def answer(self, context: RequestContext) -> web.Response:
        """Answer a request, errors included."""
        try:
            route, path_values = self._find(context)
            request = await self._decode(route, path_values, context)
            identity = self._operations.authenticate(route.auth, context.authorization())
            context.user_id = identity.user_id
            call = Call(
                request,
                identity,
                context.client_ip,
                context.client_port,
                context.query_lists(),
                context.header_lists(),
            )
            document = await self._operations.call(route, call)
        except GrpcError as error:
            return error_response(error)
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

    async def _decode(
        self, route: Route, path_values: dict[str, str], context: RequestContext
    ) -> dict[str, Any]:
        try:
            request = _fields(route, await context.body() if route.body else b"")
            given = await self._query_fields(route, context) | path_values
        except DecodeError as error:
            raise GrpcError(GrpcCode.INVALID_ARGUMENT, str(error)) from None
        _check_metadata(context.authorization())
        check_utf8(given)
        return request | given

    async def _query_fields(self, route: Route, context: RequestContext) -> dict[str, Any]:
        """The fields of the query; a form belongs to it where the body is not read."""
        if not route.reads_query:
            pairs = readable_pairs(context.raw_query) if route.body != "*" else []
        else:
            form = await context.body() if context.has_form and not route.body else b""
            pairs = parse_pairs(form.decode(errors="surrogateescape"))
            pairs += parse_pairs(context.raw_query)
        context.ignored += tuple(
            f"query: {name}" for name in ignored_names(route.query_message, pairs)
        )
        return decode_query(route.query_message, pairs)


def _check_metadata(authorization: Iterable[str]) -> None:
    """Refuse what gRPC's metadata cannot hold; the gateway passes this header on in it."""
    if any(_UNPRINTABLE.search(value) for value in authorization):
        raise GrpcError(
            GrpcCode.INTERNAL,
            'header key "authorization" contains value with non-printable ASCII characters',
        )


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

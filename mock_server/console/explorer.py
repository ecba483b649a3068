"""The console's API explorer: calls RPC functions and operations of the client API for a user."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from mock_server.console.forms import body_of, invalid, unknown
from mock_server.console.services import ConsoleRoute, ConsoleServices
from mock_server.http.routing import ANONYMOUS, Call
from mock_server.http.routing import Route as ApiRoute
from mock_server.identity import Identity
from mock_server.runtime.errors import ModuleError, status_line
from mock_server.wire.errors import DecodeError, GrpcCode, GrpcError
from mock_server.wire.messages import operation_names
from mock_server.wire.protojson import decode_frame, encode
from mock_server.wire.schema import (
    STRING,
    ListOf,
    MapOf,
    Message,
    Scalar,
    Timestamp,
    Wrapper,
)
from mock_server.wire.uuids import parse_uuid

_CALL = Message("CallApiEndpointRequest", body=STRING, user_id=STRING, session_vars=MapOf(STRING))
_HIDDEN = ("Healthcheck", "RpcFunc")
_LOGIN = "Authenticate"
_EXAMPLES = {"string": "<string>", "bool": False, "int64": "0", "uint64": "0"}


def list_endpoints(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """The operations of the client API with templates of their bodies, and the RPC functions."""
    methods = sorted(_endpoints(services).items())
    return {
        "endpoints": [
            {"method": name, "body_template": _template(route.message)} for name, route in methods
        ],
        "rpc_endpoints": [
            {"method": name, "body_template": ""} for name in sorted(services.runtime.rpc_ids)
        ],
    }


async def call_rpc(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Call an RPC function, for a user or, without one, as with the HTTP key."""
    asked = await body_of(request, _CALL)
    name = request.match_info["method"]
    identity = _identity(services, asked) if asked["user_id"] else ANONYMOUS
    try:
        if not services.rpcs.has(name):
            raise GrpcError(GrpcCode.NOT_FOUND, "RPC function not found")
        context = services.contexts.of_request(
            "rpc", identity, client_ip="", client_port="", headers={}, query_params={}
        )
        return _result(await services.rpcs.call(name, context, asked["body"]))
    except ModuleError as error:
        return _failure(error.shown_code, error.message)
    except GrpcError as error:
        return _failure(error.code, error.message)


async def call_api(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Call an operation of the client API for a user, between its hooks."""
    asked = await body_of(request, _CALL)
    name = request.match_info["method"]
    route = _endpoints(services).get(name)
    if route is None:
        raise unknown(f"API method doesn't exist: {name}")
    identity = ANONYMOUS
    if not name.startswith(_LOGIN):
        if not asked["user_id"]:
            raise invalid("Built-in RPC functions require a user_id.")
        identity = _identity(services, asked)
    call = Call(_fields(route, asked["body"]), identity)
    try:
        document = await services.operations.call(route, call)
    except ModuleError as error:
        return _failure(error.shown_code, error.message)
    except GrpcError as error:
        return _failure(error.code, error.message)
    encoded = json.loads(encode(route.operation.response, document))
    return _result(_compact(_camel(route.operation.response, encoded)))


def _endpoints(services: ConsoleServices) -> dict[str, ApiRoute]:
    known = set(operation_names()).difference(_HIDDEN)
    return {route.name: route for route in reversed(services.api_routes) if route.name in known}


def _identity(services: ConsoleServices, asked: Mapping[str, Any]) -> Identity:
    """The user for whom is called, as a session that has just begun.

    Raises:
        GrpcError: There is none.
    """
    user_id = parse_uuid(asked["user_id"])
    if user_id is None:
        raise invalid("Invalid user uuid.")
    row = services.accounts.find(user_id)
    if row is None:
        raise invalid("User id not found.")
    now = int(services.clock.time())
    return Identity(
        user_id,
        row["username"],
        asked["session_vars"],
        expiry=now + services.config.session.token_expiry_sec,
        token_id="",
        issued_at=now,
    )


def _fields(route: ApiRoute, body: str) -> dict[str, Any]:
    if not route.message.fields:
        if body:
            raise invalid("Api method doesn't accept a request body.")
        return route.message.defaults()
    try:
        return decode_frame(route.message, body)
    except DecodeError:
        raise invalid("Error parsing method request body.") from None


def _result(body: str) -> dict[str, Any]:
    return {"body": body, "error_message": ""}


def _failure(code: int, message: str) -> dict[str, Any]:
    return {"body": "", "error_message": status_line(code, message)}


def _compact(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _camel(message: Message, document: dict[str, Any]) -> dict[str, Any]:
    """A message's JSON with lowerCamelCase names."""
    return {
        field.json_name: _camel_value(field.kind, document[field.name])
        for field in message.fields.values()
        if field.name in document
    }


def _camel_value(kind: Any, value: Any) -> Any:
    if isinstance(kind, Message):
        return _camel(kind, value)
    if isinstance(kind, ListOf) and isinstance(kind.item, Message):
        return [_camel(kind.item, item) for item in value]
    return value


def _template(message: Message) -> str:
    return _compact(_example(message)) if message.fields else ""


def _example(kind: Any) -> Any:
    """A value of a kind, as the explorer shows it."""
    if isinstance(kind, Message):
        return {field.json_name: _example(field.kind) for field in kind.fields.values()}
    if isinstance(kind, ListOf):
        return [_example(kind.item)]
    if isinstance(kind, MapOf):
        return {"<string>": _example(kind.value)}
    if isinstance(kind, Wrapper):
        return _example(kind.scalar)
    if isinstance(kind, Timestamp):
        return "1970-01-01T00:00:00Z"
    if isinstance(kind, Scalar):
        return _EXAMPLES.get(kind.name, 0)
    return 0


ROUTES: tuple[ConsoleRoute, ...] = (
    ("GET", "/api/endpoints", list_endpoints),
    ("POST", "/api/endpoints/rpc/{method}", call_rpc),
    ("POST", "/api/endpoints/{method}", call_api),
)
"""What is served under `/v2/console`."""

"""The endpoints that the console's explorer shows: operations, RPC functions, messages.

The fields come from the table of messages, so that a new operation is here with its route.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import frozen

from mock_server.console.page.paging import PageQuery, choice
from mock_server.console.services import ConsoleServices
from mock_server.http.routing import Auth, Route
from mock_server.wire.messages import CLIENT_MEMBERS, envelope
from mock_server.wire.schema import (
    STRING,
    Enum,
    Field,
    FieldType,
    ListOf,
    MapOf,
    Message,
    Scalar,
    Timestamp,
    Wrapper,
)

KINDS = ("http", "rpc", "frame")
_PAYLOAD = Field(1, "payload", STRING)
_DEEPEST = 4  # messages in messages that an example shows


@frozen
class Parameter:
    """A field of an operation, and where a request has it.

    Attributes:
        field: The field.
        place: `path`, `query` or `body`.
    """

    field: Field
    place: str


@frozen
class ExplorerEndpoint:
    """An operation, an RPC function or a message of a socket.

    Attributes:
        id: `ListFriends`, `rpc:NAME` or `frame:channel_join`.
        kind: One of `KINDS`.
        name: The operation, the RPC function or the envelope's member.
        method: The HTTP method; empty for a frame.
        path: The path, with fields in braces; empty for a frame.
        auth: What the caller must prove.
        parameters: The fields.
        answer: The message that is answered; None where that is open.
    """

    id: str
    kind: str
    name: str
    method: str = ""
    path: str = ""
    auth: Auth = Auth.BEARER
    parameters: tuple[Parameter, ...] = ()
    answer: Message | None = None


class EndpointList:
    """Finds and shows what can be called.

    Args:
        find_services: Returns the routes and RPC functions; a restart makes new ones.
    """

    def __init__(self, find_services: Callable[[], ConsoleServices]) -> None:
        self._find_services = find_services

    def page(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of what can be called, by kind and name; with `id` one with its fields.

        Args:
            query: `kind`, `q` (in name, path or a field's name), `id`, `limit`, `offset`.

        Raises:
            web.HTTPBadRequest: A parameter has no such value.
        """
        wanted = PageQuery.read(query)
        kind = choice(query, "kind", KINDS)
        if wanted.id:
            one = self.find(wanted.id)
            return wanted.page([one] if one else [], _whole)
        found = [
            each
            for each in self._all()
            if kind in ("", each.kind)
            and wanted.finds(each.name, each.path, *(one.field.name for one in each.parameters))
        ]
        return wanted.page(found, _shown)

    def find(self, wanted: str) -> ExplorerEndpoint | None:
        """The endpoint with this id, or None."""
        return next((each for each in self._all() if each.id == wanted), None)

    def _all(self) -> Iterator[ExplorerEndpoint]:
        services = self._find_services()
        routes = {route.name: route for route in reversed(services.api_routes)}
        yield from (_of_route(routes[name]) for name in sorted(routes))
        yield from (_of_rpc(name) for name in sorted(services.rpcs.ids()))
        yield from (_of_member(name) for name in sorted(CLIENT_MEMBERS))


def _of_route(route: Route) -> ExplorerEndpoint:
    in_path = {part[1:-1] for part in route.path.split("/") if part.startswith("{")}
    return ExplorerEndpoint(
        id=route.name,
        kind="http",
        name=route.name,
        method=route.method,
        path=route.path,
        auth=route.auth,
        parameters=tuple(_parameters(route, in_path)),
        answer=route.operation.response,
    )


def _parameters(route: Route, in_path: set[str]) -> Iterator[Parameter]:
    for field in route.message.fields.values():
        if field.name in in_path:
            yield Parameter(field, "path")
        elif field.name == route.body:
            assert isinstance(field.kind, Message)
            yield from (Parameter(inner, "body") for inner in field.kind.fields.values())
        else:
            yield Parameter(field, "body" if route.body == "*" else "query")


def _of_rpc(name: str) -> ExplorerEndpoint:
    return ExplorerEndpoint(
        id=f"rpc:{name}",
        kind="rpc",
        name=name,
        method="POST",
        path=f"/v2/rpc/{name}",
        parameters=(Parameter(_PAYLOAD, "body"),),
    )


def _of_member(name: str) -> ExplorerEndpoint:
    message = envelope().fields[name].kind
    assert isinstance(message, Message)
    return ExplorerEndpoint(
        id=f"frame:{name}",
        kind="frame",
        name=name,
        parameters=tuple(Parameter(field, "body") for field in message.fields.values()),
    )


def _shown(endpoint: ExplorerEndpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "kind": endpoint.kind,
        "name": endpoint.name,
        "method": endpoint.method,
        "path": endpoint.path,
        "auth": endpoint.auth.value,
        "fields": [each.field.name for each in endpoint.parameters],
    }


def _whole(endpoint: ExplorerEndpoint) -> dict[str, Any]:
    answer = endpoint.answer
    return _shown(endpoint) | {
        "fields": [_field(each) for each in endpoint.parameters],
        "answer": None if answer is None else {"name": answer.name, "example": example(answer)},
    }


def _field(parameter: Parameter) -> dict[str, Any]:
    field = parameter.field
    return {
        "name": field.name,
        "in": parameter.place,
        "required": parameter.place == "path",
        "oneof": field.oneof,
        **_type(field.kind),
    }


def _type(kind: FieldType) -> dict[str, Any]:
    """A kind's name, the control that a form has for it, and what that needs."""
    if isinstance(kind, Wrapper):
        return _type(kind.scalar)
    if isinstance(kind, Scalar):
        return {"type": kind.name, "control": "bool" if kind.name == "bool" else "text"}
    if isinstance(kind, Enum):
        return {"type": kind.name, "control": "choice", "choices": list(kind.numbers)}
    if isinstance(kind, Timestamp):
        return {"type": "timestamp", "control": "text"}
    if isinstance(kind, MapOf):
        return {"type": f"map of {kind.value.name}", "control": "json", "example": {}}
    if isinstance(kind, ListOf) and isinstance(kind.item, Scalar):
        return {"type": f"list of {kind.item.name}", "control": "lines"}
    if isinstance(kind, ListOf):
        assert isinstance(kind.item, Message)
        name = f"list of {kind.item.name}"
        return {"type": name, "control": "json", "example": [example(kind.item)]}
    return {"type": kind.name, "control": "json", "example": example(kind)}


def example(kind: FieldType, depth: int = 0) -> Any:
    """A value of a kind, with every field; messages that are too deep are empty."""
    if isinstance(kind, Wrapper):
        return kind.scalar.default
    if isinstance(kind, Scalar):
        return "" if kind.name == "bytes" else kind.default
    if isinstance(kind, Enum):
        return next(iter(kind.numbers), 0)
    if isinstance(kind, Timestamp):
        return "1970-01-01T00:00:00Z"
    if isinstance(kind, MapOf):
        return {}
    if isinstance(kind, ListOf):
        return [example(kind.item, depth + 1)] if depth < _DEEPEST else []
    if depth >= _DEEPEST:
        return {}
    return {name: example(field.kind, depth + 1) for name, field in kind.fields.items()}

"""Routes of the client API, and the route of a request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from enum import Enum
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from attrs import Factory, define, field, frozen

from mock_server.http.operations import unserved
from mock_server.identity import Identity
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.messages import Operation, operation
from mock_server.wire.schema import Message

ANONYMOUS = Identity("", "")


class Auth(Enum):
    """What a route asks of the Authorization header."""

    NONE = "none"
    SERVER_KEY = "server key"
    BEARER = "bearer"


@define
class Call:
    """One request to a route, decoded and authenticated.

    Attributes:
        request: The fields of the route's message; every field is there.
        identity: Who calls; `ANONYMOUS` where the route needs no session.
        client_ip: Where the request came from.
        client_port: The port of that address, as text.
        query: All query parameters, as lists.
        headers: All headers, as lists.
    """

    request: dict[str, Any]
    identity: Identity = ANONYMOUS
    client_ip: str = ""
    client_port: str = ""
    query: Mapping[str, list[str]] = field(factory=dict)
    headers: Mapping[str, list[str]] = field(factory=dict, repr=False)

    def limit(self, *, default: int, maximum: int) -> int:
        """The request's `limit`.

        Raises:
            GrpcError: It is not from 1 to `maximum`.
        """
        limit = self.request["limit"]
        if limit is None:
            return default
        if not 1 <= limit <= maximum:
            raise GrpcError(
                GrpcCode.INVALID_ARGUMENT,
                f"Invalid limit - limit must be between 1 and {maximum}.",
            )
        return int(limit)


Handler = Callable[[Call], dict[str, Any] | Awaitable[dict[str, Any]]]


@frozen
class Route:
    """One operation of the client API.

    Attributes:
        name: The operation's name in Nakama, as `ListNotifications`.
        method: The HTTP method.
        path: As `/v2/group/{group_id}/add`; the names in braces are fields of `message`.
        auth: What the caller must prove.
        handler: Makes the answer, with its keys in the order of Nakama's message.
        body: `*` when the body is the whole message, a field's name when it is that field, None
            when the body is ignored and the query holds the fields.
        operation: What is asked and answered; Nakama's of this name, if left out.
    """

    name: str
    method: str
    path: str
    auth: Auth
    handler: Handler
    body: str | None = None
    operation: Operation = field(
        default=Factory(lambda route: operation(route.name), takes_self=True)
    )

    @property
    def message(self) -> Message:
        """The request's fields."""
        return self.operation.request

    @cached_property
    def query_message(self) -> Message:
        """The fields that the query may set: all but those of the path, as in Nakama."""
        in_path = {part[1:-1] for part in self.path.split("/") if part.startswith("{")}
        return self.message.without(in_path)

    @cached_property
    def reads_query(self) -> bool:
        """Whether Nakama looks at the query: only where it may set a field."""
        return self.body != "*" and bool(self.query_message.fields.keys() - {self.body})


_Pattern = tuple[Route, tuple[str, ...]]
_START = 3  # segments by which routes are found: an empty one, `v2`, `notification`


class RouteTable:
    """Finds routes by method and path.

    Args:
        routes: The routes; of two that fit a path, the first one answers.

    Raises:
        ValueError: A path begins with a variable, as `/v2/{name}`.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = tuple((route, tuple(route.path.split("/"))) for route in routes)
        self._by_start: dict[tuple[str, tuple[str, ...]], list[_Pattern]] = {}
        for route, pattern in self._routes:
            start = pattern[:_START]
            if any(part.startswith("{") for part in start):
                raise ValueError(f"{route.path}: routes are found by their first two segments")
            self._by_start.setdefault((route.method, start), []).append((route, pattern))
        self._unserved = tuple(
            (method, tuple(path.split("/")), name)
            for method, path, name in unserved(route.name for route, _ in self._routes)
        )

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route and the values in its path, where bytes may be surrogate escapes.

        Raises:
            GrpcError: NOT_FOUND for an unknown path, UNIMPLEMENTED for another method and for what
                only the real Nakama serves.
        """
        decoded = unquote(path, errors="surrogateescape")
        segments = tuple(decoded.split("/"))  # as in Nakama, an escaped slash divides, too
        for route, pattern in self._by_start.get((method, segments[:_START]), ()):
            values = _match(pattern, segments)
            if values is not None:
                return route, values
        raise self._refusal(method, path, segments)

    def names(self) -> list[str]:
        """Every route as `GET /v2/notification`."""
        return [f"{route.method} {route.path}" for route, _ in self._routes]

    def _refusal(self, method: str, path: str, segments: tuple[str, ...]) -> GrpcError:
        """Why no route answers."""
        for unserved_method, pattern, name in self._unserved:
            if unserved_method == method and _match(pattern, segments) is not None:
                return GrpcError(
                    GrpcCode.UNIMPLEMENTED,
                    f"{name} ({method} {path}) is not in this mock of Nakama",
                )
        if any(_match(pattern, segments) is not None for _, pattern in self._routes):
            return GrpcError(GrpcCode.UNIMPLEMENTED, "Method Not Allowed")
        return GrpcError(GrpcCode.NOT_FOUND, "Not Found")


def _match(pattern: tuple[str, ...], segments: tuple[str, ...]) -> dict[str, str] | None:
    if len(pattern) != len(segments):
        return None
    values = {}
    for expected, part in zip(pattern, segments, strict=True):
        if expected.startswith("{"):  # also an empty one, as behind `/v2/storage/`
            values[expected[1:-1]] = part
        elif expected != part:
            return None
    return values

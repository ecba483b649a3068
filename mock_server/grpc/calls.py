"""Answers gRPC calls: from the bytes of a request to those of the answer, without I/O.

It knows nothing of grpcio, so that the mock starts without the extra.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Iterable
from typing import Any

from attrs import evolve

from mock_server.grpc.compression import unpack
from mock_server.grpc.metadata import Metadata
from mock_server.grpc.rpc import GrpcRpc
from mock_server.http.routing import Auth, Call, Route
from mock_server.identity import Identity
from mock_server.operations import Operations
from mock_server.runtime.errors import ModuleError
from mock_server.wire import protobuf, protojson
from mock_server.wire.errors import DecodeError, EncodeError, GrpcCode, GrpcError, http_status
from mock_server.wire.messages import Operation, operation, operation_names
from mock_server.wire.schema import Message
from server_kit import Clock, Entry, Faults, Journal, faults
from server_kit.faults import FaultKind, Point
from server_kit.journal import beginning
from server_kit.nearest import nearest

_log = logging.getLogger("mock_server.grpc")

SERVICE = "nakama.api.Nakama"
_RPC = "RpcFunc"

_NO_NESTED_MESSAGE = {
    "AuthenticateEmail": "Email address and password is required.",
    "AuthenticateGameCenter": "GameCenter access credentials are required.",
    "WriteLeaderboardRecord": "Invalid input, record score value is required.",
    "WriteTournamentRecord": "Invalid input, record score value is required.",
}
"""What Nakama answers where a request lacks its nested message, which HTTP always makes."""

_SECRET = ("Authenticate", "Link", "Unlink", "Session", "ImportFacebook", "ImportSteam", "Validate")

# A status that a fault answers over HTTP, as gRPC clients see it.
# https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
_CODES = {
    400: GrpcCode.INTERNAL,
    401: GrpcCode.UNAUTHENTICATED,
    403: GrpcCode.PERMISSION_DENIED,
    404: GrpcCode.UNIMPLEMENTED,
    429: GrpcCode.UNAVAILABLE,
    502: GrpcCode.UNAVAILABLE,
    503: GrpcCode.UNAVAILABLE,
    504: GrpcCode.UNAVAILABLE,
}
_CUT = frozenset({FaultKind.RESET, FaultKind.GARBAGE, FaultKind.TRUNCATED, FaultKind.DROP_REPLY})


class GrpcCalls:
    """The service `nakama.api.Nakama`.

    Args:
        routes: The operations; those that Nakama does not have are left out.
        operations: Calls them.
        rpc: Calls RPC functions.
        limit: How many bytes a request may have.
        faults: What goes wrong on purpose.
        journal: Where calls are written down.
        clock: The server's time.

    Attributes:
        limit: How many bytes a request may have.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        *,
        operations: Operations,
        rpc: GrpcRpc,
        limit: int,
        faults: Faults,
        journal: Journal,
        clock: Clock,
    ) -> None:
        known = frozenset(operation_names())
        self._routes: dict[str, Route] = {}
        for route in routes:
            if route.name in known:
                self._routes.setdefault(route.name, _completed(route))
        self._operations = operations
        self._rpc = rpc
        self._rpc_operation = operation(_RPC)
        self.limit = limit
        self._faults = faults
        self._journal = journal
        self._clock = clock

    async def answer(self, path: str, data: bytes, metadata: Metadata) -> bytes:
        """Answer one call.

        Args:
            path: As `/nakama.api.Nakama/GetAccount`.
            data: The request's bytes as they came, compressed or not.
            metadata: What came with it.

        Raises:
            GrpcError: The call fails with this status.
        """
        entry = Entry(kind="grpc", name=path, time=self._clock.time())
        try:
            name = self._operation(path)
        except GrpcError as error:
            near = nearest(path, [f"/{SERVICE}/{each}" for each in (*self._routes, _RPC)])
            self._write_refusal(evolve(entry, unmatched=near), error)
            raise
        message = self._operation_of(name).request
        try:
            request = self._decode(message, data)
        except GrpcError as error:
            self._write_refusal(entry, error)
            raise
        if not name.startswith(_SECRET):
            body = protojson.encode(message, _without_key(request))
            entry = evolve(entry, body=body)
        entry = evolve(entry, name=self._http_name(name, request))
        return await self._with_faults(entry, name, request, metadata)

    def _write_refusal(self, entry: Entry, refusal: GrpcError) -> None:
        text = f"{refusal.code.name}: {refusal.message}"
        self._journal.write(evolve(entry, status=http_status(refusal.code), answer=text))

    def _operation(self, path: str) -> str:
        """The operation that a path names.

        Raises:
            GrpcError: UNIMPLEMENTED, in the words of grpc-go.
        """
        service, slash, name = path.removeprefix("/").rpartition("/")
        if not slash or not path.startswith("/"):
            raise GrpcError(GrpcCode.UNIMPLEMENTED, f'malformed method name: "{path}"')
        if service != SERVICE:
            raise GrpcError(GrpcCode.UNIMPLEMENTED, f"unknown service {service}")
        if name != _RPC and name not in self._routes:
            text = f"unknown method {name} for service {SERVICE}"
            raise GrpcError(GrpcCode.UNIMPLEMENTED, text)
        return name

    def _http_name(self, name: str, request: dict[str, Any]) -> str:
        """What the same request is called over HTTP, for faults and the journal."""
        if name == _RPC:
            return f"POST /v2/rpc/{request['id']}"
        route = self._routes[name]
        path = route.path
        for field, value in request.items():
            path = path.replace(f"{{{field}}}", str(value))
        return f"{route.method} {path}"

    def _operation_of(self, name: str) -> Operation:
        return self._rpc_operation if name == _RPC else self._routes[name].operation

    def _decode(self, message: Message, data: bytes) -> dict[str, Any]:
        try:
            return protobuf.decode(message, unpack(data, self.limit))
        except DecodeError as error:
            text = f"grpc: error unmarshalling request: {error}"
            raise GrpcError(GrpcCode.INTERNAL, text) from None

    async def _with_faults(
        self, entry: Entry, name: str, request: dict[str, Any], metadata: Metadata
    ) -> bytes:
        decision = self._decide_fault(entry.name, metadata)
        if decision.delay:
            await asyncio.sleep(decision.delay)
        if decision.kind is FaultKind.STATUS and decision.fault is not None:
            fault = decision.fault
            raise GrpcError(_CODES.get(fault.code, GrpcCode.UNKNOWN), fault.body)
        if decision.kind is FaultKind.BLACK_HOLE:
            await asyncio.Event().wait()  # until the client gives up, or the server stops
        if decision.kind in _CUT and decision.kind is not FaultKind.DROP_REPLY:
            raise GrpcError(GrpcCode.UNAVAILABLE, "Connection reset by peer")
        if decision.kind is FaultKind.EXPIRED_TOKEN:
            metadata = evolve(metadata, has_expired_token=True)
        reply = await self._journalled(entry, name, request, metadata)
        if decision.kind is FaultKind.DROP_REPLY:
            raise GrpcError(GrpcCode.UNAVAILABLE, "Connection reset by peer")
        return reply

    def _decide_fault(self, http_name: str, metadata: Metadata) -> faults.FaultDecision:
        if not len(self._faults):
            return faults.NO_FAULT
        try:
            user = self._operations.bearer(metadata.authorization()[:1]).user_id
        except (GrpcError, IndexError):
            user = None
        return self._faults.decide(Point.HTTP, http_name, user)

    async def _journalled(
        self, entry: Entry, name: str, request: dict[str, Any], metadata: Metadata
    ) -> bytes:
        trace = None
        try:
            identity = self._authenticate(name, request, metadata)
            entry = evolve(entry, user_id=identity.user_id or None)
            document = await self._call(name, request, identity, metadata)
            reply = protobuf.encode(self._operation_of(name).response, document)
        except GrpcError as error:
            refusal = error
        except ModuleError as error:
            trace = error.trace or None
            refusal = GrpcError(error.code, error.message)
        except EncodeError as error:
            refusal = GrpcError(GrpcCode.INTERNAL, f"grpc: error while marshaling: {error}")
        except Exception as error:
            trace = traceback.format_exc()
            _log.exception("a handler failed: %s", name)
            text = str(error) if name == _RPC else "Internal error"
            refusal = GrpcError(GrpcCode.INTERNAL, text)
        else:
            answer = "" if name.startswith(_SECRET) else beginning(document)
            self._journal.write(evolve(entry, status=200, answer=answer))
            return reply
        self._write_refusal(evolve(entry, error=trace), refusal)
        raise refusal

    def _authenticate(self, name: str, request: dict[str, Any], metadata: Metadata) -> Identity:
        if name == _RPC:
            return self._rpc.authenticate(request, metadata)
        auth = self._routes[name].auth
        return self._operations.authenticate(
            auth, [] if auth is Auth.NONE else metadata.authorization()
        )

    async def _call(
        self, name: str, request: dict[str, Any], identity: Identity, metadata: Metadata
    ) -> dict[str, Any]:
        if name == _RPC:
            return await self._rpc.call(request, identity, metadata)
        client_ip, client_port = metadata.client_address()
        call = Call(request, identity, client_ip, client_port)
        return await self._operations.call(self._routes[name], call)


def _completed(route: Route) -> Route:
    """A route for requests that may lack the message that HTTP makes of the body."""
    nested = route.body
    if nested is None or nested == "*":
        return route
    kind = route.message.fields[nested].kind
    assert isinstance(kind, Message)
    refusal = _NO_NESTED_MESSAGE.get(route.name)
    defaults = kind.defaults

    def handle(call: Call) -> dict[str, Any] | Awaitable[dict[str, Any]]:
        if call.request[nested] is None:
            if refusal is not None:
                raise GrpcError(GrpcCode.INVALID_ARGUMENT, refusal)
            call.request[nested] = defaults()
        return route.handler(call)

    return evolve(route, handler=handle)


def _without_key(request: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in request.items() if name != "http_key"}

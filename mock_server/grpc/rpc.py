"""RpcFunc over gRPC, whose rules are not those of `/v2/rpc/`: a session token goes before the key.

The payload is plain text, and the answer holds nothing but a payload.
"""

from __future__ import annotations

from typing import Any

from mock_server.grpc.metadata import Metadata
from mock_server.http.authorization import same_secret
from mock_server.http.routing import ANONYMOUS
from mock_server.identity import Identity
from mock_server.operations import Operations
from mock_server.runtime.context import Contexts
from mock_server.runtime.rpc import RpcFunctions
from mock_server.wire.errors import GrpcCode, GrpcError


class GrpcRpc:
    """Calls RPC functions.

    Args:
        http_key: What callers without a session must know.
        operations: Finds the user of a token.
        rpcs: The functions.
        contexts: Makes their contexts.
    """

    def __init__(
        self, *, http_key: str, operations: Operations, rpcs: RpcFunctions, contexts: Contexts
    ) -> None:
        self._http_key = http_key
        self._operations = operations
        self._rpcs = rpcs
        self._contexts = contexts

    def authenticate(self, request: dict[str, Any], metadata: Metadata) -> Identity:
        """Return who calls; `ANONYMOUS` with the http key of the request.

        Raises:
            GrpcError: UNAUTHENTICATED.
        """
        if given := metadata.authorization():
            return self._operations.bearer(given)
        if not request["http_key"]:
            raise GrpcError(GrpcCode.UNAUTHENTICATED, "Auth token or HTTP key required")
        if not same_secret(request["http_key"], self._http_key):
            raise GrpcError(GrpcCode.UNAUTHENTICATED, "HTTP key invalid")
        return ANONYMOUS

    async def call(
        self, request: dict[str, Any], identity: Identity, metadata: Metadata
    ) -> dict[str, Any]:
        """Call a function and return the answer.

        Raises:
            GrpcError: There is no such function.
            ModuleError: It refuses.
        """
        rpc_id = request["id"]
        if not rpc_id:
            raise GrpcError(GrpcCode.INVALID_ARGUMENT, "RPC ID must be set")
        if not self._rpcs.has(rpc_id):
            raise GrpcError(GrpcCode.NOT_FOUND, "RPC function not found")
        client_ip, client_port = metadata.client_address()
        context = self._contexts.of_request(
            "rpc",
            identity,
            client_ip=client_ip,
            client_port=client_port,
            headers=metadata.headers(),
            query_params=metadata.query_params(),
        )
        payload = await self._rpcs.call(rpc_id, context, request["payload"])
        return {"payload": payload} if payload else {}

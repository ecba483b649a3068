"""The gRPC port, served by grpcio's asyncio server; only imported where the extra is installed."""

from __future__ import annotations

import re
import socket
import sys
from typing import Any

import grpc
from attrs import frozen

from mock_server.grpc.calls import GrpcCalls
from mock_server.grpc.compression import is_gzip
from mock_server.grpc.metadata import Metadata
from mock_server.wire.errors import GrpcError

# grpcio refuses messages that are this far above Nakama's limit in words of its own; others come
# through, so that they are refused in Nakama's.
_ABOVE_LIMIT = 4 << 20

_METADATA_SIZE = 16 << 20  # what Go takes; grpcio would refuse 16 KiB

# How grpcio is made to compress an answer: `context.set_compression` does nothing in its asyncio
# server. https://github.com/grpc/grpc/blob/master/include/grpc/impl/compression_types.h
_GZIP_ANSWER = (("grpc-internal-encoding-request", "gzip"),)

_NO_UTF8 = re.compile("[\ud800-\udfff]")
_STATUS = {code.value[0]: code for code in grpc.StatusCode}


@frozen
class GrpcServer:
    """A running gRPC server.

    Attributes:
        port: The port that it listens on.
    """

    port: int
    _server: grpc.aio.Server

    async def stop(self, grace: float) -> None:
        """Close the port, and cut what is still under way after `grace` seconds."""
        await self._server.stop(grace or None)


async def serve(
    calls: GrpcCalls, host: str, port: int, *, tls: tuple[bytes, bytes] | None
) -> GrpcServer:
    """Serve calls, and return the running server.

    Args:
        calls: Answers them.
        host: The address to bind.
        port: The port; 0 takes a free one.
        tls: Private key and certificate in PEM; None for plain text.

    Raises:
        OSError: The port is in use, or may not be bound.
    """
    _require_free(host, port)
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", calls.limit + _ABOVE_LIMIT),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),
            ("grpc.per_message_decompression", 0),
            ("grpc.max_metadata_size", _METADATA_SIZE),
            ("grpc.absolute_max_metadata_size", _METADATA_SIZE),
        ]
    )
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        if tls is None:
            bound = server.add_insecure_port(address)
        else:
            bound = server.add_secure_port(address, grpc.ssl_server_credentials([tls]))
    except RuntimeError as error:
        raise OSError(f"gRPC cannot listen on {host}:{port}: {error}") from None
    server.add_generic_rpc_handlers((_AnyMethod(calls, f"{address.rpartition(':')[0]}:{bound}"),))
    await server.start()
    return GrpcServer(bound, server)


def _require_free(host: str, port: int) -> None:
    """Find out whether a port is taken: grpcio's core would write lines of its own about it.

    Raises:
        OSError: It is, or may not be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        if sys.platform != "win32":  # there it would take what another one listens on
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            text = f"gRPC cannot listen on {host}:{port}: {error.strerror}"
            raise OSError(error.errno, text) from None


class _AnyMethod(grpc.GenericRpcHandler):
    """Takes every path, so that also an unknown one is refused in Nakama's words."""

    def __init__(self, calls: GrpcCalls, address: str) -> None:
        self._calls = calls
        self._address = address

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
        """Return what answers a path: it takes and returns bytes."""
        path = details.method

        async def answer(data: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
            try:
                metadata = _metadata(context, self._address)
                reply = await self._calls.answer(path, data, metadata)
            except GrpcError as error:
                await context.abort(_STATUS[error.code], _valid(error.message))
                raise  # not reached: abort raises
            if is_gzip(data) and reply:
                await context.send_initial_metadata(_GZIP_ANSWER)
            return reply

        return grpc.unary_unary_rpc_method_handler(answer)


def _valid(text: str) -> str:
    """A text in which what is no UTF-8, from a server module, is U+FFFD as in Go."""
    return _NO_UTF8.sub("\N{REPLACEMENT CHARACTER}", text)


def _metadata(context: Any, address: str) -> Metadata:
    return Metadata(tuple(context.invocation_metadata() or ()), context.peer(), address)

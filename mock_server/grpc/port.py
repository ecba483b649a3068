"""Whether gRPC is served, where, and what happens when it cannot be."""

from __future__ import annotations

import importlib.util
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from mock_server.config import SocketConfig
from mock_server.grpc.calls import GrpcCalls

if TYPE_CHECKING:
    from mock_server.grpc.server import GrpcServer

_log = logging.getLogger("mock_server.grpc")

_INSTALL = "pip install 'nakama-client[grpc]'"


class GrpcPort:
    """The gRPC port of one server.

    A port that is asked for by `grpc.port` has to open. The one below `socket.port` is opened
    where it can be: else a line in the log says why not, and the rest of the server starts.

    Args:
        config: The client API's port, address and certificate.
        port: The setting `grpc.port`.
    """

    def __init__(self, config: SocketConfig, port: int) -> None:
        self._config = config
        self._is_required = port >= 0
        self._port = port if self._is_required else config.port - 1
        self._server: GrpcServer | None = None

    @property
    def address(self) -> str | None:
        """Where gRPC is, as `127.0.0.1:7349`; None where it is not served."""
        return None if self._server is None else f"{self._config.address}:{self._server.port}"

    async def open(self, calls: GrpcCalls) -> None:
        """Serve calls; after `close` on the same port again.

        Raises:
            ModuleNotFoundError: `grpc.port` is given, and the extra is not installed.
            OSError: `grpc.port` is given, and it is in use or may not be bound.
        """
        if self._port < 0 or not (self._port or self._is_required):
            return
        try:
            self._server = await self._serve(calls)
        except (ModuleNotFoundError, OSError) as error:
            if self._is_required:
                raise
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            _log.warning("gRPC is not served: %s", reason)
        else:
            self._port = self._server.port

    async def close(self, *, grace: float = 0.0) -> None:
        """Close the port, and cut what is still under way after `grace` seconds."""
        server, self._server = self._server, None
        if server is not None:
            await server.stop(grace)

    async def _serve(self, calls: GrpcCalls) -> GrpcServer:
        if importlib.util.find_spec("grpc") is None:
            raise ModuleNotFoundError(f"gRPC needs grpcio, the extra is not installed: {_INSTALL}")
        from mock_server.grpc.server import serve  # only where the extra is there

        return await serve(calls, self._config.address, self._port, tls=self._tls())

    def _tls(self) -> tuple[bytes, bytes] | None:
        """The private key and the certificate of the client API; None where it has none."""
        if not self._config.ssl_certificate:
            return None
        return (
            Path(self._config.ssl_private_key).read_bytes(),
            Path(self._config.ssl_certificate).read_bytes(),
        )

"""A gRPC client of the mock: documents in, documents out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import grpc

from mock_server import Config, MockServer
from tests.mock_server.wire import oracle
from tests.mock_server.wire.facts import FACTS

SERVICE = "nakama.api.Nakama"
OPERATIONS = {each["name"]: each for each in FACTS["api"]["service"]["operations"]}
SERVER_KEY = ("authorization", aiohttp.encode_basic_auth("defaultkey", ""))


class GrpcClient:
    """One channel to a server."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._channel = channel

    async def call(
        self,
        name: str,
        request: dict[str, Any] | None = None,
        *metadata: tuple[str, str | bytes],
        timeout: float = 30.0,
    ) -> dict[str, Any]:
        """Call an operation and return the answer's JSON form."""
        data = serialize(name, request or {})
        return parse(name, await self.raw(f"/{SERVICE}/{name}", data, metadata, timeout=timeout))

    async def raw(
        self,
        path: str,
        data: bytes,
        metadata: Sequence[tuple[str, str | bytes]] = (),
        *,
        timeout: float = 30.0,
        compression: grpc.Compression | None = None,
    ) -> bytes:
        """Call a path with bytes and return the answer's."""
        call = self._channel.unary_unary(path)
        answer: bytes = await call(
            data, metadata=tuple(metadata), timeout=timeout, compression=compression
        )
        return answer

    async def login(self, name: str) -> tuple[str, str]:
        """The metadata of a new user's session."""
        account = {"id": f"device-of-{name}"}
        answer = await self.call("AuthenticateDevice", {"account": account}, SERVER_KEY)
        return ("authorization", f"Bearer {answer['token']}")


def serialize(name: str, request: dict[str, Any]) -> bytes:
    """The bytes of an operation's request."""
    type_ = OPERATIONS[name]["request"] if name in OPERATIONS else "google.protobuf.Empty"
    if type_ == "google.protobuf.Empty":
        return b""
    return oracle.serialize("api", type_.removeprefix("api."), request)


def parse(name: str, data: bytes) -> dict[str, Any]:
    """The JSON form of an operation's answer."""
    type_ = OPERATIONS[name]["response"]
    if type_ == "google.protobuf.Empty":
        assert data == b""
        return {}
    document = oracle.parse("api", type_.removeprefix("api."), data)
    assert document is not None
    return document


def as_parsed(name: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The JSON form of an answer over HTTP, as `parse` has it of the same one over gRPC."""
    type_ = OPERATIONS[name]["response"]
    if type_ == "google.protobuf.Empty":
        assert answer == {}
        return {}
    return parse(name, oracle.serialize("api", type_.removeprefix("api."), answer))


@asynccontextmanager
async def connected(server: MockServer) -> AsyncIterator[GrpcClient]:
    """A client of a running server."""
    assert server.grpc_address is not None
    options = [("grpc.max_receive_message_length", -1), ("grpc.enable_retries", 0)]
    async with grpc.aio.insecure_channel(server.grpc_address, options=options) as channel:
        yield GrpcClient(channel)


@asynccontextmanager
async def serving(**settings: Any) -> AsyncIterator[tuple[MockServer, GrpcClient]]:
    """A server with a gRPC port, and a client of it."""
    dotted = {name.replace("__", "."): value for name, value in settings.items()}
    config = Config.from_settings({"grpc.port": 0, **dotted})
    async with MockServer(config) as server, connected(server) as client:
        yield server, client

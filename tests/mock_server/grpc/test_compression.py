"""Requests in gzip are answered in gzip, and others never, as by Nakama."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import AsyncIterator, Callable

import grpc
import pytest
import pytest_asyncio

from mock_server import Config, MockServer
from mock_server.runtime.context import Context
from tests.mock_server.grpc.client import SERVICE, GrpcClient, parse, serialize

PATH = f"/{SERVICE}/RpcFunc"
LIMIT = 262_144

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def client() -> AsyncIterator[GrpcClient]:
    """A client that hands out answers as they came, compressed or not."""
    server = MockServer(Config.from_settings({"grpc.port": 0}))

    @server.rpc("echo")
    def echo(context: Context, payload: str) -> str:
        return payload

    options = [("grpc.per_message_decompression", 0)]
    async with server:
        assert server.grpc_address is not None
        async with grpc.aio.insecure_channel(server.grpc_address, options=options) as channel:
            yield GrpcClient(channel)


def echo_of(payload: str) -> bytes:
    request = {"id": "echo", "payload": payload, "http_key": "defaulthttpkey"}
    return serialize("RpcFunc", request)


async def test_request_in_gzip_is_answered_in_gzip(client: GrpcClient) -> None:
    answer = await client.raw(PATH, echo_of("x" * 9000), compression=grpc.Compression.Gzip)
    assert len(answer) < 9000
    assert parse("RpcFunc", gzip.decompress(answer)) == {"payload": "x" * 9000}


async def test_request_without_gzip_is_answered_without(client: GrpcClient) -> None:
    answer = await client.raw(PATH, echo_of("x" * 9000))
    assert parse("RpcFunc", answer) == {"payload": "x" * 9000}


async def test_small_messages_survive_gzip(client: GrpcClient) -> None:
    for payload in ("", "x"):
        answer = await client.raw(PATH, echo_of(payload), compression=grpc.Compression.Gzip)
        assert parse("RpcFunc", answer) == ({"payload": payload} if payload else {})


@pytest.mark.parametrize(
    ("make_data", "code", "text"),
    [
        (
            lambda: gzip.compress(bytes(LIMIT + 1)),
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            f"grpc: received message after decompression larger than max {LIMIT}",
        ),
        pytest.param(
            lambda: gzip.compress(bytes(1 << 27)),
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            f"grpc: received message after decompression larger than max {LIMIT}",
            marks=pytest.mark.slow,
        ),
        (
            lambda: zlib.compress(echo_of("x")),
            grpc.StatusCode.UNIMPLEMENTED,
            'grpc: Decompressor is not installed for grpc-encoding "deflate"',
        ),
        (
            lambda: gzip.compress(echo_of("x"))[:-1],
            grpc.StatusCode.INTERNAL,
            "grpc: failed to decompress the received message: unexpected EOF",
        ),
    ],
    ids=["large", "bomb", "deflate", "cut"],
)
async def test_compressed_request_is_refused(
    make_data: Callable[[], bytes], code: grpc.StatusCode, text: str, client: GrpcClient
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await client.raw(PATH, make_data())
    assert (raised.value.code(), raised.value.details()) == (code, text)


async def test_message_of_field_fifteen_is_not_taken_for_deflate(client: GrpcClient) -> None:
    unknown = b"\x78\x9c\x01"  # field 15, a varint: begins as zlib's output does
    answer = await client.raw(PATH, unknown + echo_of("x"))
    assert parse("RpcFunc", answer) == {"payload": "x"}

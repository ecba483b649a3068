"""RPC and push registration, over HTTP and over the socket."""

import json

import pytest

from mock_server import MockServer
from nakama_client import (
    ArgumentError,
    Client,
    InternalError,
    InvalidJson,
    MessageTooLarge,
    NotFound,
    RpcError,
    RpcNotFound,
    RpcReply,
    Session,
    Unauthenticated,
)

PAYLOADS = ["", "plain text", '{"a":1}', '"quoted"', "ü 😀 \u2028 </script>", "null"]


@pytest.mark.asyncio
@pytest.mark.parametrize("payload", PAYLOADS)
async def test_rpc_sends_a_str_as_it_is(client: Client, alice: Session, payload: str) -> None:
    assert (await client.rpc(alice, "echo", payload)).payload == payload
    assert (await client.rpc_http_key("echo", payload)).payload == payload
    async with client.socket(alice) as socket:
        assert (await socket.rpc("echo", payload)).payload == payload


@pytest.mark.asyncio
@pytest.mark.parametrize("payload", [{}, {"a": [1, {"b": None}]}, [], [1, "two"]])
async def test_rpc_encodes_dicts_and_lists_once(
    client: Client, alice: Session, payload: dict[str, object] | list[object]
) -> None:
    reply = await client.rpc(alice, "echo", payload)
    assert json.loads(reply.payload) == payload
    assert reply.json() == payload
    async with client.socket(alice) as socket:
        assert (await socket.rpc("echo", payload)) == reply


@pytest.mark.asyncio
async def test_rpc_sends_no_payload_for_none(client: Client, alice: Session) -> None:
    assert await client.rpc(alice, "echo") == RpcReply("")
    assert await client.rpc(alice, "nothing", "x") == RpcReply("")
    assert await client.rpc_http_key("echo") == RpcReply("")
    async with client.socket(alice) as socket:
        assert await socket.rpc("echo") == RpcReply("")
    assert RpcReply("").json() is None


@pytest.mark.asyncio
async def test_rpc_quotes_the_id_as_one_path_segment(
    client: Client, server: MockServer, alice: Session
) -> None:
    server.rpc("odd/id ?#%ü")(lambda context, payload: "found")
    assert (await client.rpc(alice, "odd/id ?#%ü")).payload == "found"
    assert (await client.rpc(alice, "ECHO", "x")).payload == "x"


def test_rpc_reply_json_raises_for_other_text() -> None:
    for text in ("{", "text", "[" * 100_000):
        with pytest.raises(InvalidJson) as raised:
            RpcReply(text).json()
        assert raised.value.raw == text


@pytest.mark.asyncio
async def test_rpc_over_http_raises_what_the_function_answers(
    client: Client, alice: Session
) -> None:
    with pytest.raises(NotFound, match="RPC function not found"):
        await client.rpc(alice, "unknown")
    with pytest.raises(InternalError, match="no luck"):
        await client.rpc(alice, "fail")
    with pytest.raises(ArgumentError, match="the RPC id is required"):
        await client.rpc(alice, "")
    with pytest.raises(ArgumentError, match="can't be written as JSON"):
        await client.rpc(alice, "echo", {"a": object()})
    with pytest.raises(ArgumentError, match="more than 0 seconds"):
        await client.rpc(alice, "echo", timeout=0)


@pytest.mark.asyncio
async def test_rpc_over_the_socket_raises_what_the_function_answers(
    client: Client, alice: Session
) -> None:
    async with client.socket(alice) as socket:
        with pytest.raises(RpcNotFound, match="RPC function not found") as not_found:
            await socket.rpc("unknown")
        assert not_found.value.code == 6
        with pytest.raises(RpcError, match="no luck") as failed:
            await socket.rpc("fail")
        assert failed.value.code == 7
        with pytest.raises(ArgumentError, match="the RPC id is required"):
            await socket.rpc("")
        with pytest.raises(ArgumentError, match="can't be written as JSON"):
            await socket.rpc("echo", {"a": object()})
        with pytest.raises(ArgumentError, match="more than 0 seconds"):
            await socket.rpc("echo", timeout=-1)
        with pytest.raises(MessageTooLarge):
            await socket.rpc("echo", "x" * 4096)
        assert (await socket.rpc("echo", "still open")).payload == "still open"


@pytest.mark.asyncio
async def test_rpc_http_key_raises_without_the_right_key(
    server: MockServer, client: Client
) -> None:
    async with Client(server.http_url) as without:
        with pytest.raises(ArgumentError, match="http_key"):
            await without.rpc_http_key("echo")
    async with Client(server.http_url, http_key="wrong") as wrong:
        with pytest.raises(Unauthenticated, match="HTTP key invalid"):
            await wrong.rpc_http_key("echo")
    for entry in server.journal:
        assert entry.query == ()


@pytest.mark.asyncio
async def test_register_push_registers_a_device(
    client: Client, server: MockServer, alice: Session
) -> None:
    received: list[tuple[str | None, str]] = []

    @server.rpc("register_push")
    def register_push(context, payload):
        received.append((context.user_id, payload))

    reply = await client.register_push(alice, device_type=1, identifier="a token")
    assert (reply.player_id, reply.payload) == ("", "")
    assert received == [(alice.user_id, '{"DeviceType":1,"Identifier":"a token"}')]
    with pytest.raises(ArgumentError, match="identifier is required"):
        await client.register_push(alice, device_type=1, identifier="")
    with pytest.raises(ArgumentError, match="device_type must not be negative"):
        await client.register_push(alice, device_type=-1, identifier="x")
    assert len(received) == 1

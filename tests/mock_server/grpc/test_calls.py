"""What a gRPC client of the mock sees: logins, errors, deadlines, many calls, faults, restarts."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import importlib.util
import json
import socket
from pathlib import Path

import grpc
import pytest
import trustme

from mock_server import Config, MockServer
from mock_server.runtime.context import Context
from server_kit.faults import Fault
from tests.mock_server.grpc.client import SERVER_KEY, SERVICE, GrpcClient, connected, serving
from tests.mock_server.runtime.game import lua_rpcs, write


@pytest.mark.asyncio
async def test_player_logs_in_refreshes_and_reads_notifications() -> None:
    async with serving() as (server, client):
        session = await client.call("AuthenticateDevice", {"account": {"id": "d" * 20}}, SERVER_KEY)
        refreshed = await client.call(
            "SessionRefresh", {"token": session["refresh_token"]}, SERVER_KEY
        )
        bearer = ("authorization", f"Bearer {refreshed['token']}")
        user_id = (await client.call("GetAccount", {}, bearer))["user"]["id"]
        for number in range(3):
            await server.notifications.send(user_id, f"n{number}", {"n": number}, code=1)
        first = await client.call("ListNotifications", {"limit": 2}, bearer)
        assert [each["subject"] for each in first["notifications"]] == ["n0", "n1"]
        rest = await client.call(
            "ListNotifications", {"cacheable_cursor": first["cacheable_cursor"]}, bearer
        )
        ids = [each["id"] for each in rest["notifications"]]
        await client.call("DeleteNotifications", {"ids": ids}, bearer)
        left = await client.call("ListNotifications", {"limit": 10}, bearer)
        assert [each["subject"] for each in left["notifications"]] == ["n0", "n1"]


@pytest.mark.asyncio
async def test_friends_and_storage_agree_with_http() -> None:
    async with serving() as (_, client):
        alice, bob = await client.login("alice"), await client.login("bob")
        bob_id = (await client.call("GetAccount", {}, bob))["user"]["id"]
        await client.call("AddFriends", {"ids": [bob_id]}, alice)
        friends = await client.call("ListFriends", {}, alice)
        assert [(each["user"]["id"], each["state"]) for each in friends["friends"]] == [(bob_id, 1)]
        written = {"collection": "saves", "key": "one", "value": '{"level":3}'}
        await client.call("WriteStorageObjects", {"objects": [written]}, alice)
        owner = (await client.call("GetAccount", {}, alice))["user"]["id"]
        asked = {"collection": "saves", "key": "one", "user_id": owner}
        read = await client.call("ReadStorageObjects", {"object_ids": [asked]}, alice)
        assert read["objects"][0]["value"] == '{"level": 3}'


@pytest.mark.asyncio
async def test_rpc_sees_metadata_as_headers_and_query_parameters() -> None:
    server = MockServer(Config.from_settings({"grpc.port": 0}))

    @server.rpc("where")
    def where(context: Context, payload: str) -> str:
        assert context.headers[":authority"] == [server.grpc_address]
        return f"{payload} {context.headers['x-game']} {dict(context.query_params)}"

    async with server, connected(server) as client:
        request = {"id": "WHERE", "payload": "hi", "http_key": "defaulthttpkey"}
        answer = await client.call("RpcFunc", request, ("x-game", "chess"), ("q_a", "1"))
        assert answer == {"payload": "hi ['chess'] {'a': ['1']}"}
        with pytest.raises(grpc.aio.AioRpcError, match="Auth token invalid"):
            await client.call("RpcFunc", request, ("authorization", "Bearer wrong"))


@pytest.mark.asyncio
async def test_call_past_its_deadline_is_cancelled() -> None:
    server = MockServer(Config.from_settings({"grpc.port": 0}))
    cancelled = asyncio.Event()

    @server.rpc("endless")
    async def endless(context: Context, payload: str) -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return ""

    async with server, connected(server) as client:
        request = {"id": "endless", "http_key": "defaulthttpkey"}
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await client.call("RpcFunc", request, timeout=0.2)
        assert raised.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        await cancelled.wait()


@pytest.mark.asyncio
async def test_call_past_its_deadline_ends_in_lua(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bodies = {"endless": "while true do end", "hi": "return 'hi'"}
    write(tmp_path, {"main.lua": lua_rpcs(bodies)})
    settings = {"runtime.path": str(tmp_path), "runtime.lua_max_count": 1, "grpc.port": 0}
    server = MockServer(Config.from_settings(settings))
    async with server, connected(server) as client:
        request = {"http_key": "defaulthttpkey"}
        with pytest.raises(grpc.aio.AioRpcError, match="DEADLINE_EXCEEDED"):
            await client.call("RpcFunc", {"id": "endless", **request}, timeout=0.2)
        assert await client.call("RpcFunc", {"id": "hi", **request}) == {"payload": "hi"}
    assert "rpc:endless failed: context canceled" in caplog.text


@pytest.mark.asyncio
async def test_what_is_no_utf8_is_refused_in_answers_and_replaced_in_errors(tmp_path: Path) -> None:
    bodies = {"answer": r"return '\255'", "refuse": r"error({ 'no\255x', 9 })"}
    write(tmp_path, {"main.lua": lua_rpcs(bodies)})
    settings = {"runtime.path": str(tmp_path), "grpc.port": 0}
    server = MockServer(Config.from_settings(settings))
    async with server, connected(server) as client:
        outcomes = []
        for name in bodies:
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await client.call("RpcFunc", {"id": name, "http_key": "defaulthttpkey"})
            outcomes.append((raised.value.code(), raised.value.details()))
    text = "grpc: error while marshaling: string field contains invalid UTF-8"
    assert outcomes == [
        (grpc.StatusCode.INTERNAL, text),
        (grpc.StatusCode.FAILED_PRECONDITION, "no\ufffdx"),
    ]


@pytest.mark.asyncio
async def test_two_hundred_calls_at_once_are_answered() -> None:
    async with serving() as (_, client):
        bearer = await client.login("alice")
        answers = await asyncio.gather(*(client.call("GetAccount", {}, bearer) for _ in range(200)))
        assert len({answer["user"]["id"] for answer in answers}) == 1


@pytest.mark.asyncio
async def test_request_over_the_limit_is_refused_in_nakamas_words() -> None:
    async with serving() as (_, client):
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await client.raw(f"/{SERVICE}/GetAccount", bytes(262_145))
        assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        text = "grpc: received message larger than max (262145 vs. 262144)"
        assert raised.value.details() == text


@pytest.mark.asyncio
async def test_faults_and_journal_see_calls_by_their_http_name() -> None:
    async with serving() as (server, client):
        bearer = await client.login("alice")
        server.faults.add(Fault.status(503), "GET /v2/account", times=1)
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await client.call("GetAccount", {}, bearer)
        assert raised.value.code() is grpc.StatusCode.UNAVAILABLE
        server.faults.add(Fault.expired_token(), "GET /v2/account", times=1)
        with pytest.raises(grpc.aio.AioRpcError, match="Auth token invalid"):
            await client.call("GetAccount", {}, bearer)
        await client.call("GetAccount", {}, bearer)
        entries = [entry for entry in server.journal if entry.kind == "grpc"]
        assert [(entry.name, entry.status) for entry in entries] == [
            ("POST /v2/account/authenticate/device", 200),
            ("GET /v2/account", 401),
            ("GET /v2/account", 200),
        ]
        assert "device-of-alice" not in "".join(entry.body for entry in entries)
        login, refused, answered = (entry.answer for entry in entries)
        assert (login, refused) == ("", "UNAUTHENTICATED: Auth token invalid")
        assert json.loads(answered)["devices"] == [{"id": "device-of-alice"}]


@pytest.mark.asyncio
async def test_restarted_server_answers_on_the_same_port() -> None:
    async with serving() as (server, client):
        address = server.grpc_address
        bearer = await client.login("alice")
        await server.restart()
        assert server.grpc_address == address
        async with connected(server) as again:
            assert "user" in await again.call("GetAccount", {}, bearer)


def test_server_in_a_thread_answers() -> None:
    with MockServer(Config.from_settings({"grpc.port": 0})) as server:

        async def main() -> None:
            async with connected(server) as client:
                await client.call("Healthcheck")

        asyncio.run(main())


@pytest.mark.asyncio
async def test_taken_port_raises_when_it_was_asked_for() -> None:
    async with serving() as (server, _):
        assert server.grpc_address is not None
        port = int(server.grpc_address.rpartition(":")[2])
        with pytest.raises(OSError, match=f"gRPC cannot listen on 127.0.0.1:{port}"):
            async with MockServer(Config.from_settings({"grpc.port": port})):
                pass


@pytest.mark.asyncio
async def test_server_without_a_given_port_serves_no_grpc() -> None:
    async with MockServer() as server:
        assert server.grpc_address is None


@pytest.mark.asyncio
async def test_authorization_is_checked_before_the_request() -> None:
    async with serving() as (_, client):
        wrong = base64.b64encode(b"wrong:").decode()
        for metadata, text in (
            ((), "Server key required"),
            ((("authorization", f"Basic {wrong}"),), "Server key invalid"),
            ((SERVER_KEY, SERVER_KEY), "Server key required"),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as raised:
                await client.call("AuthenticateDevice", {}, *metadata)
            assert raised.value.details() == text


@pytest.mark.asyncio
async def test_port_speaks_tls_where_the_client_api_does(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    settings = {"socket.ssl_certificate": str(certificate), "socket.ssl_private_key": str(key)}
    async with MockServer(Config.from_settings({"grpc.port": 0, **settings})) as server:
        assert server.grpc_address is not None
        port = server.grpc_address.rpartition(":")[2]
        trusted = grpc.ssl_channel_credentials(authority.cert_pem.bytes())
        async with grpc.aio.secure_channel(f"localhost:{port}", trusted) as channel:
            assert await GrpcClient(channel).call("Healthcheck") == {}


def _free_pair() -> int:
    """A port whose lower neighbour is free, too."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            with contextlib.suppress(OSError):
                second.bind(("127.0.0.1", port - 1))
                return port


@pytest.mark.asyncio
async def test_given_socket_port_opens_grpc_on_the_port_below() -> None:
    port = _free_pair()
    async with MockServer(Config.from_settings({"socket.port": port})) as server:
        assert server.grpc_address == f"127.0.0.1:{port - 1}"
        async with connected(server) as client:
            assert await client.call("Healthcheck") == {}


@pytest.mark.asyncio
async def test_taken_port_below_is_one_line_and_the_rest_starts(
    caplog: pytest.LogCaptureFixture,
) -> None:
    port = _free_pair()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port - 1))
        taken.listen()
        async with MockServer(Config.from_settings({"socket.port": port})) as server:
            assert server.grpc_address is None
    (line,) = [each.message for each in caplog.records if each.name == "mock_server.grpc"]
    assert line.startswith(f"gRPC is not served: gRPC cannot listen on 127.0.0.1:{port - 1}")


@pytest.mark.asyncio
async def test_missing_extra_is_one_line_and_the_rest_starts(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    async with MockServer(Config.from_settings({"socket.port": _free_pair()})) as server:
        assert server.grpc_address is None
    (line,) = [each.message for each in caplog.records if each.name == "mock_server.grpc"]
    assert line.endswith("pip install 'nakama-client[grpc]'")
    with pytest.raises(ModuleNotFoundError, match="the extra is not installed"):
        async with MockServer(Config.from_settings({"grpc.port": 0})):
            pass


@pytest.mark.asyncio
async def test_stop_lets_calls_end_within_the_grace_period() -> None:
    settings = {"grpc.port": 0, "shutdown_grace_sec": 30}
    server = MockServer(Config.from_settings(settings))
    asked, may_answer = asyncio.Event(), asyncio.Event()

    @server.rpc("slow")
    async def slow(context: Context, payload: str) -> str:
        asked.set()
        await may_answer.wait()
        return "done"

    await server.start()
    async with connected(server) as client:
        request = {"id": "slow", "http_key": "defaulthttpkey"}
        call = asyncio.create_task(client.call("RpcFunc", request))
        await asked.wait()
        stopping = asyncio.create_task(server.stop())
        may_answer.set()
        assert await call == {"payload": "done"}
        await stopping


@pytest.mark.asyncio
async def test_refused_calls_are_in_the_journal() -> None:
    async with serving() as (server, client):
        bearer = await client.login("alice")
        for path, data in (
            (f"/{SERVICE}/GetAcount", b""),
            (f"/{SERVICE}/ListFriends", b"\0"),
            (f"/{SERVICE}/JoinGroup", b""),
        ):
            with pytest.raises(grpc.aio.AioRpcError):
                await client.raw(path, data, [bearer])
        unknown, broken, refused = list(server.journal)[-3:]
        assert (unknown.name, unknown.status) == (f"/{SERVICE}/GetAcount", 501)
        assert unknown.unmatched == f"/{SERVICE}/GetAccount"
        assert (broken.name, broken.status) == (f"/{SERVICE}/ListFriends", 500)
        assert (refused.name, refused.status) == ("POST /v2/group//join", 400)
        assert refused.answer == "INVALID_ARGUMENT: Group ID must be set."


@pytest.mark.asyncio
async def test_journal_keeps_answers_but_no_tokens() -> None:
    async with serving() as (server, client):
        bearer = await client.login("alice")
        await client.call("ListNotifications", {}, bearer)
        login, listing = server.journal
        assert login.answer == ""
        assert listing.answer.startswith('{"cacheable_cursor":"')


@pytest.mark.asyncio
async def test_metadata_may_be_as_long_as_nakama_takes_it() -> None:
    async with serving() as (_, client):
        bearer = await client.login("alice")
        long = ("x-long", "x" * 1_000_000)
        assert "user" in await client.call("GetAccount", {}, bearer, long)

"""TLS, proxies, extra headers: for calls and for sockets alike."""

import asyncio
import ssl
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web

from mock_server import Config, MockServer
from nakama_client import ArgumentError, Client, ConnectionFailed, Session
from tests.client.proxy import Proxy
from tests.client.scripted import Peer, ScriptedServer, make_token

DEVICE = "device-of-alice"
AUTHORITY = trustme.CA()


def tls_server(folder: Path) -> MockServer:
    certificate = AUTHORITY.issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(folder / "chain.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    settings = {
        "socket.ssl_certificate": str(folder / "chain.pem"),
        "socket.ssl_private_key": str(folder / "key.pem"),
    }
    return MockServer(Config.from_settings(settings))


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


async def use(client: Client) -> str:
    session = await client.authenticate_device(DEVICE, username="alice")
    async with client.socket(session) as socket:
        await socket.update_status("here")
    return (await client.get_account(session)).user.username


@pytest.mark.asyncio
async def test_calls_and_sockets_trust_an_authority_of_ones_own(tmp_path: Path) -> None:
    async with tls_server(tmp_path) as server:
        assert server.http_url.startswith("https://")
        assert server.socket_url.startswith("wss://")
        async with Client(server.http_url, ssl=trusting()) as client:
            assert await use(client) == "alice"
        await server.restart()
        async with Client(server.http_url, ssl=trusting()) as client:
            assert await use(client) == "alice"


@pytest.mark.asyncio
async def test_calls_and_sockets_refuse_an_unknown_authority(tmp_path: Path) -> None:
    async with tls_server(tmp_path) as server, Client(server.http_url, retry=None) as client:
        for call in (use(client), client.socket(Session(make_token())).connect()):
            with pytest.raises(
                ConnectionFailed, match=r"certificate verify failed.*: for an authority of your own"
            ):
                await call


@pytest.mark.asyncio
async def test_calls_and_sockets_show_a_client_certificate() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"user": {"username": "alice"}})

    async def script(peer: Peer) -> None:
        pass

    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(server_side)
    AUTHORITY.configure_trust(server_side)
    server_side.verify_mode = ssl.CERT_REQUIRED
    known = trusting()
    AUTHORITY.issue_cert("player@example.com").configure_cert(known)
    session = Session(make_token())
    async with ScriptedServer(answer=answer, script=script, tls=server_side) as server:
        async with Client(server.url, ssl=known) as client:
            assert (await client.get_account(session)).user.username == "alice"
            async with client.socket(session) as socket:
                assert socket.is_connected
        async with Client(server.url, ssl=trusting(), retry=None) as client:
            for call in (client.get_account(session), client.socket(session).connect()):
                with pytest.raises(ConnectionFailed):
                    await call


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("user:password", "user:password"),
        ("us%20er:p%40s%2Fs%25", "us er:p@s/s%"),
        ("user", "user:"),
    ],
)
async def test_calls_and_sockets_go_through_the_proxy(
    server: MockServer, written: str, meant: str
) -> None:
    async with Proxy() as proxy:
        address = proxy.url.replace("http://", f"http://{written}@")
        async with Client(server.http_url, proxy=address) as client:
            assert await use(client) == "alice"
        host = server.http_url.removeprefix("http://")
        assert any(line.startswith(f"POST {server.http_url}/v2") for line in proxy.requests)
        assert f"CONNECT {host} HTTP/1.1" in proxy.requests
        expected = "Basic " + b64encode(meant.encode()).decode()
        assert set(proxy.authorizations) == {expected}


@pytest.mark.asyncio
async def test_calls_and_sockets_go_through_the_proxy_to_a_tls_server(tmp_path: Path) -> None:
    async with Proxy() as proxy, tls_server(tmp_path) as server:
        async with Client(server.http_url, proxy=proxy.url, ssl=trusting()) as client:
            assert await use(client) == "alice"
        assert {line.split(" ")[0] for line in proxy.requests} == {"CONNECT"}


@pytest.mark.asyncio
async def test_the_environments_proxy_is_used_only_when_trusted(
    server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    async with Proxy() as proxy:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with Client(server.http_url) as client:
            await use(client)
        assert proxy.requests == []
        async with Client(server.http_url, trust_env=True) as client:
            await use(client)
        assert any(line.startswith("CONNECT") for line in proxy.requests)
        assert any(line.startswith("POST") for line in proxy.requests)
        proxy.requests.clear()
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        async with Client(server.http_url, trust_env=True) as client:
            await use(client)
        assert proxy.requests == []


@pytest.mark.asyncio
async def test_a_proxy_that_is_away_is_a_failed_connection(server: MockServer) -> None:
    async with Proxy() as proxy:
        url = proxy.url
    async with Client(server.http_url, proxy=url, retry=None) as client:
        for call in (use(client), client.socket(Session(make_token())).connect()):
            with pytest.raises(ConnectionFailed):
                await call


@pytest.mark.asyncio
async def test_extra_headers_go_with_calls_and_handshakes() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({})

    async def script(peer: Peer) -> None:
        pass

    session = Session(make_token())
    headers = {"X-Gateway": "key", "user-agent": "my game"}
    async with (
        ScriptedServer(answer=answer, script=script) as server,
        Client(server.url, headers=headers) as client,
        client.socket(session),
    ):
        await client.get_account(session)
        sent = [request.headers for request in server.requests]
    assert len(sent) == 2
    for each in sent:
        assert (each.getall("X-Gateway"), each.getall("User-Agent")) == (["key"], ["my game"])
        assert each["Authorization"] == f"Bearer {session.token}"


@pytest.mark.parametrize(
    "arguments",
    [
        {"ssl": True},
        {"ssl": trusting()},
        {"proxy": "socks5://127.0.0.1:1"},
        {"proxy": 5},
        {"proxy": "127.0.0.1:3128"},
        {"proxy": "http://user:p%C3%A4ss@127.0.0.1:3128"},
        {"headers": {"Host": "x"}},
        {"headers": {"sec-websocket-key": "x"}},
        {"headers": {"a b": "x"}},
        {"headers": {"X": "a\r\nb"}},
        {"headers": {"X": 5}},
        {"headers": 5},
        {"max_receive_bytes": 0},
        {"max_receive_bytes": "1"},
    ],
    ids=lambda arguments: ", ".join(arguments),
)
def test_client_raises_argument_error_for_bad_transport_options(arguments: Any) -> None:
    with pytest.raises(ArgumentError):
        Client("http://127.0.0.1:1", **arguments)


def test_half_of_a_certificate_is_refused_as_in_nakama() -> None:
    for name in ("socket.ssl_certificate", "socket.ssl_private_key"):
        with pytest.raises(ValueError, match=r"both socket\.ssl_certificate and socket\.ssl_priv"):
            Config.from_settings({name: "file.pem"})


@pytest.mark.asyncio
async def test_a_certificate_that_can_not_be_loaded_is_named(tmp_path: Path) -> None:
    settings = {"socket.ssl_certificate": "nowhere.pem", "socket.ssl_private_key": "nowhere.pem"}
    with pytest.raises(OSError, match=r"socket\.ssl_certificate"):
        await MockServer(Config.from_settings(settings)).start()
    assert asyncio.all_tasks() == {asyncio.current_task()}

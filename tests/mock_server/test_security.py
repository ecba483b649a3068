"""What must not be possible, and what must not be seen."""

import base64
import hashlib
import hmac
import json
import logging
import secrets
import socket
import time
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from mock_server import Config, ConsoleConfig, MockServer, SessionConfig, SocketConfig
from tests.mock_server.players import SERVER_KEY, Player, open_tcp, sign_up

NOBODY = "00000000-0000-4000-8000-000000000000"
INVALID = (401, {"code": 16, "message": "Auth token invalid"})


# What belongs to another user


@pytest.mark.asyncio
async def test_nobody_deletes_or_lists_the_notifications_of_others(
    server: MockServer, ada: Player, eve: Player
) -> None:
    for subject in ("one", "two", "three"):
        await server.notifications.send(ada.user_id, subject)
    stored = await server.notifications.stored(ada.user_id)
    ids = "&".join(f"ids={each['id']}" for each in stored)
    assert await eve.call("DELETE", f"/v2/notification?{ids}") == (200, {})
    assert await server.notifications.stored(ada.user_id) == stored
    assert await eve.inbox() == []


@pytest.mark.asyncio
async def test_a_cursor_of_another_user_is_only_a_moment(
    server: MockServer, ada: Player, eve: Player
) -> None:
    await server.notifications.send(eve.user_id, "before")
    await server.notifications.send(ada.user_id, "to ada")
    _, page = await ada.call("GET", "/v2/notification?limit=1")
    await server.notifications.send(ada.user_id, "to ada, too")
    await server.notifications.send(eve.user_id, "after")
    cursor = page["cacheable_cursor"]
    _, page = await eve.call("GET", f"/v2/notification?limit=10&cacheable_cursor={cursor}")
    assert [each["subject"] for each in page["notifications"]] == ["after"]


@pytest.mark.asyncio
async def test_nobody_logs_others_out(ada: Player, eve: Player) -> None:
    for body, text in (
        ({"token": ada.token}, "Session token invalid."),
        ({"refresh_token": ada.refresh_token}, "Refresh token invalid."),
        ({"token": eve.token, "refresh_token": ada.refresh_token}, "Refresh token invalid."),
    ):
        status, answer = await eve.call("POST", "/v2/session/logout", body)
        assert (status, answer["message"]) == (400, text)
    for player in (ada, eve):
        assert (await player.call("GET", "/v2/account"))[0] == 200
    assert (await refresh(ada, ada.refresh_token))[0] == 200


@pytest.mark.asyncio
async def test_a_direct_message_is_read_by_the_two_only(
    server: MockServer, http: aiohttp.ClientSession, ada: Player, eve: Player
) -> None:
    bob = await sign_up(http, server, "bob")
    socket = await ada.connect()
    joined = await socket.ask({"channel_join": {"target": bob.user_id, "type": 2}})
    channel = quote(joined["channel"]["id"])
    assert (await bob.call("GET", f"/v2/channel/{channel}"))[0] == 200
    status, answer = await eve.call("GET", f"/v2/channel/{channel}")
    assert (status, answer["message"]) == (400, "Channel not found.")
    await socket.close()


@pytest.mark.asyncio
async def test_each_token_is_for_its_own_purpose(server: MockServer, ada: Player) -> None:
    async with ada.http.post(
        f"{server.console_url}/v2/console/authenticate",
        json={"username": "admin", "password": "password"},
    ) as answer:
        console_token = (await answer.json())["token"]
    for token in (ada.refresh_token, console_token):
        assert await call_with(ada, token) == INVALID
    for token in (ada.token, console_token):
        status, refused = await refresh(ada, token)
        assert (status, refused["message"]) == (401, "Refresh token invalid or expired.")


async def refresh(player: Player, token: str) -> tuple[int, Any]:
    async with player.http.post(
        f"{player.server.http_url}/v2/account/session/refresh",
        json={"token": token},
        headers=SERVER_KEY,
    ) as answer:
        return answer.status, await answer.json()


async def call_with(player: Player, token: str) -> tuple[int, Any]:
    async with player.http.get(
        f"{player.server.http_url}/v2/account", headers={"Authorization": f"Bearer {token}"}
    ) as answer:
        return answer.status, await answer.json()


# Signatures and keys


def forge(claims: dict[str, Any], algorithm: str, key: str = "defaultencryptionkey") -> str:
    """A token as somebody would make it by hand."""
    both = [json.dumps(each).encode() for each in ({"alg": algorithm, "typ": "JWT"}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in both)
    digests = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
    made = hmac.digest(key.encode(), signed, digests[algorithm]) if algorithm in digests else b""
    return (signed + b"." + base64.urlsafe_b64encode(made).rstrip(b"=")).decode()


def claims_of(player: Player) -> dict[str, Any]:
    return {
        "tid": NOBODY,
        "uid": player.user_id,
        "usn": "ada",
        "exp": int(time.time()) + 3600,
        "iat": int(time.time()),
    }


@pytest.mark.asyncio
@pytest.mark.parametrize("part", range(2))
async def test_a_token_of_deeply_nested_json_is_refused(ada: Player, part: int) -> None:
    pieces = [*ada.token.split(".")]
    pieces[part] = base64.urlsafe_b64encode(b"[" * 2000).rstrip(b"=").decode()
    status, _ = await call_with(ada, ".".join(pieces))
    assert status == 401


@pytest.mark.asyncio
async def test_the_forger_forges_well(ada: Player) -> None:
    assert (await call_with(ada, forge(claims_of(ada), "HS256")))[0] == 200


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "nOnE", "", "HS384", "HS512", "RS256"]
)
async def test_a_token_signed_with_another_algorithm_is_refused(
    ada: Player, algorithm: str
) -> None:
    token = forge(claims_of(ada), algorithm)
    assert await call_with(ada, token) == INVALID
    with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
        await ada.http.ws_connect(f"{ada.server.socket_url}?token={token}")
    assert (await refresh(ada, token))[0] == 401


@pytest.mark.asyncio
@pytest.mark.parametrize("key", ["", "defaultkey", "defaultrefreshencryptionkey", "x" * 64])
async def test_a_token_signed_with_another_key_is_refused(ada: Player, key: str) -> None:
    assert await call_with(ada, forge(claims_of(ada), "HS256", key)) == INVALID


@pytest.mark.asyncio
async def test_a_token_is_whole_and_unchanged(ada: Player, eve: Player) -> None:
    head, claims, signature = ada.token.split(".")
    eves = eve.token.split(".")
    for token in (
        f"{head}.{eves[1]}.{signature}",
        f"{head}.{claims}.{eves[2]}",
        f"{head}.{claims}.",
        f"{head}.{claims}",
        f"{head}..{signature}",
        f"{head}.{claims}.{signature}.{signature}",
        f"{ada.token}x",
        "..",
        "a.b.c",
    ):
        assert await call_with(ada, token) == INVALID


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "change", [{"exp": None}, {"exp": 0}, {"exp": "9999999999"}, {"exp": 1e300}, {"uid": 1}]
)
async def test_claims_of_a_wrong_kind_are_refused(ada: Player, change: dict[str, Any]) -> None:
    assert await call_with(ada, forge(claims_of(ada) | change, "HS256")) == INVALID


@pytest.mark.asyncio
async def test_keys_are_compared_in_constant_time(
    server: MockServer, ada: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[bytes] = []
    compare = secrets.compare_digest

    def spy(given: bytes, expected: bytes) -> bool:
        compared.append(expected)
        return compare(given, expected)

    monkeypatch.setattr(secrets, "compare_digest", spy)
    wrong = {"Authorization": aiohttp.encode_basic_auth("wrong", "")}
    post = ada.http.post
    url = server.http_url
    async with post(f"{url}/v2/account/authenticate/device", json={}, headers=wrong) as answer:
        assert (await answer.json())["message"] == "Server key invalid"
    async with post(f"{url}/v2/rpc/any?http_key=wrong") as answer:
        assert (await answer.json())["message"] == "HTTP key invalid"
    async with post(f"{url}/v2/rpc/any", headers=wrong) as answer:
        assert (await answer.json())["message"] == "HTTP key invalid"
    console = f"{server.console_url}/v2/console/authenticate"
    async with post(console, json={"username": "root", "password": "wrong"}) as answer:
        assert answer.status == 401
    keys = [b"defaultkey", b"defaulthttpkey", b"defaulthttpkey"]
    assert compared == [*keys, b"admin", b"admin", b"password"]  # locked out, and logging in


# What is written down


@pytest.mark.asyncio
async def test_no_secret_is_logged_journalled_or_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    config = Config(
        session=SessionConfig(encryption_key="the-session-key", refresh_encryption_key="the-other"),
        socket=SocketConfig(server_key="the-server-key"),
        console=ConsoleConfig(password="the-console-password", signing_key="the-console-key"),
    )
    async with MockServer(config) as server, aiohttp.ClientSession() as http:
        shown = [repr(server), repr(config)]
        server.rpc("fail")(lambda context, payload: 1 // 0)  # type: ignore[arg-type,return-value]
        key = {"Authorization": aiohttp.encode_basic_auth("the-server-key", "")}
        async with http.post(
            f"{server.http_url}/v2/account/authenticate/email?username=ada",
            json={"email": "ada@example.com", "password": "the-users-password"},
            headers=key,
        ) as answer:
            tokens = await answer.json()
        ada = Player(http, server, "", tokens["token"], tokens["refresh_token"])
        given = [
            ("GET", "/v2/account", None),
            ("GET", f"/v2/nowhere?token={ada.token}", None),
            ("POST", "/v2/rpc/fail", ""),
            ("POST", "/v2/rpc/fail?http_key=the-http-key", ""),
            ("POST", "/v2/session/logout", {"token": ada.token + "x"}),
            ("POST", "/v2/account/link/email", {"email": "x", "password": "the-users-password"}),
            ("POST", "/v2/account/authenticate/apple", {"token": "the-apple-token"}),
            ("POST", "/v2/friend/facebook", {"token": "the-facebook-token"}),
            ("POST", "/v2/iap/purchase/google", {"purchase": "the-receipt"}),
            ("POST", "/v2/account/session/refresh", {"token": ada.refresh_token + "x"}),
        ]
        for method, path, body in given:
            shown.append(repr(await ada.call(method, path, body)))
        shown.append(repr(await refresh(ada, ada.refresh_token[:-1])))
        socket = await ada.connect()
        shown.append(repr(server.sockets()))
        await socket.send({"rpc": {"id": "fail"}})
        await socket.receive()
        await socket.connection.send_str("malformed")
        await socket.end()
        for broken in (b"Authorization\x00: Bearer ", b"\x00Authorization: Bearer "):
            line, writer = await open_tcp(server, b"GET /v2/account HTTP/1.1\r\nHost: mock\r\n")
            writer.write(broken + ada.token.encode() + b"\r\n\r\n")
            assert (await line.readline()).split()[1] == b"400"
            writer.close()
        console = f"{server.console_url}/v2/console/authenticate"
        for password in ("the-console-password", "the-console-passwort"):
            async with http.post(
                console, json={"username": "admin", "password": password}
            ) as answer:
                console_token = (await answer.json()).get("token") or "the-console-token"
        async with http.get(f"{server.console_url}/_control/requests") as answer:
            shown.append(await answer.text())
        shown += [repr(entry) + entry.body + str(entry.error) for entry in server.journal]
        await server.restart()
    secrets_of_it = [
        ada.token, ada.refresh_token, console_token, "the-session-key", "the-other",
        "the-server-key", base64.b64encode(b"the-server-key:").decode(), "the-console-passw",
        "the-console-key", "the-users-password", "the-http-key", "the-apple-token",
        "the-facebook-token", "the-receipt",
    ]  # fmt: skip
    text = "\n".join(shown) + caplog.text
    assert "ZeroDivisionError" in text  # there was something to tell
    assert [secret for secret in secrets_of_it if secret in text] == []


# Who can reach it


def outer_address() -> str | None:
    """An address of this machine that others reach it by; None where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if address.startswith("127.") else address


def is_open(address: str, url: str) -> bool:
    """Whether something speaks HTTP at the port of a URL, at another address."""
    connection = HTTPConnection(address, int(url.rpartition(":")[2]), timeout=5)
    try:
        connection.request("GET", "/healthcheck", headers={"Connection": "close"})
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def test_the_server_binds_to_loopback_unless_an_address_is_set() -> None:
    address = outer_address()
    if address is None:
        pytest.skip("this machine has only loopback")
    with MockServer() as server:
        assert server.http_url.startswith("http://127.0.0.1:")
        assert server.console_url.startswith("http://127.0.0.1:")
        assert is_open("127.0.0.1", server.http_url)
        assert not is_open(address, server.http_url)
        assert not is_open(address, server.console_url)
    with MockServer(Config(socket=SocketConfig(address="0.0.0.0"))) as server:
        assert is_open(address, server.http_url)
        assert not is_open(address, server.console_url)

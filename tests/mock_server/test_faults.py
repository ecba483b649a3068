"""Faults on the mock: what a client meets over HTTP, and the rules of faults."""

import contextlib
import re

import aiohttp
import pytest

from mock_server import MockServer
from server_kit import Fault
from tests.mock_server.players import Player, open_tcp, sign_up

LIST = "GET /v2/notification"


async def send(ada: Player, *subjects: str) -> None:
    for subject in subjects:
        await ada.server.notifications.send(ada.user_id, subject)


@pytest.mark.asyncio
async def test_a_script_reads_like_a_sentence(server: MockServer, ada: Player) -> None:
    busy = Fault.status(429, headers={"Retry-After": "1"}, body={"code": 8, "message": "slow"})
    server.faults.add(busy, LIST, user=ada.user_id, times=2)
    server.faults.add(Fault.status(502, body="<html>Bad Gateway</html>"), LIST, after=1, times=1)
    statuses = []
    for _ in range(5):
        async with ada.http.get(
            f"{server.http_url}/v2/notification", headers=ada.headers
        ) as answer:
            statuses.append(answer.status)
    assert statuses == [429, 429, 200, 502, 200]


@pytest.mark.asyncio
async def test_a_fault_is_for_one_user(server: MockServer, ada: Player, bob: Player) -> None:
    server.faults.add(Fault.status(503), user=ada.user_id)
    assert (await bob.call("GET", "/v2/notification"))[0] == 200
    async with ada.http.get(f"{server.http_url}/v2/account", headers=ada.headers) as answer:
        assert answer.status == 503
    with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
        await ada.connect()
    with pytest.raises(aiohttp.WSServerHandshakeError, match="503"):
        await ada.http.ws_connect(f"{server.socket_url}?token={ada.token}")
    await (await bob.connect()).close()


@pytest.mark.asyncio
async def test_an_expired_token_is_refused_as_nakama_does(server: MockServer, ada: Player) -> None:
    server.faults.add(Fault.expired_token(), times=3)
    async with ada.http.get(f"{server.http_url}/v2/account", headers=ada.headers) as answer:
        assert answer.headers["WWW-Authenticate"] == "Auth token invalid"
        assert await answer.json() == {"code": 16, "message": "Auth token invalid"}
    assert (await ada.call("POST", "/v2/rpc/any", ""))[1]["message"] == "Auth token invalid"
    async with ada.http.get(f"{server.http_url}/ws?token={ada.token}") as answer:
        assert (answer.status, await answer.text()) == (401, "Missing or invalid token\n")
    assert (await ada.call("GET", "/v2/account"))[0] == 200


@pytest.mark.asyncio
async def test_expired_token_passes_requests_without_a_token(
    server: MockServer, ada: Player, http: aiohttp.ClientSession
) -> None:
    rule = server.faults.add(Fault.expired_token())
    await sign_up_again(http, server)
    async with http.get(f"{server.http_url}/healthcheck") as answer:
        assert answer.status == 200
    assert rule.hits == 0


async def sign_up_again(http: aiohttp.ClientSession, server: MockServer) -> None:
    async with http.post(
        f"{server.http_url}/v2/account/authenticate/device",
        json={"id": "device-of-ada"},
        headers={"Authorization": aiohttp.encode_basic_auth("defaultkey", "")},
    ) as answer:
        assert answer.status == 200


@pytest.mark.asyncio
async def test_a_delete_may_be_worked_and_its_reply_lost(server: MockServer, ada: Player) -> None:
    await send(ada, "one")
    (stored,) = await server.notifications.stored(ada.user_id)
    server.faults.add(Fault.drop_reply(), "DELETE /v2/notification")
    reader, writer = await open_tcp(
        server,
        f"DELETE /v2/notification?ids={stored['id']} HTTP/1.1\r\nHost: mock\r\n"
        f"Authorization: Bearer {ada.token}\r\n\r\n".encode(),
    )
    assert await reader.read() == b""
    writer.close()
    assert await server.notifications.stored(ada.user_id) == []


@pytest.mark.asyncio
async def test_a_request_with_a_fault_changes_nothing(server: MockServer, ada: Player) -> None:
    await send(ada, "one")
    (stored,) = await server.notifications.stored(ada.user_id)
    for fault in (Fault.status(503), Fault.reset(), Fault.garbage()):
        server.faults.add(fault, "DELETE /v2/notification", times=1)
    for _ in range(3):
        reader, writer = await open_tcp(
            server,
            f"DELETE /v2/notification?ids={stored['id']} HTTP/1.1\r\nHost: mock\r\n"
            f"Connection: close\r\nAuthorization: Bearer {ada.token}\r\n\r\n".encode(),
        )
        with contextlib.suppress(ConnectionResetError):
            assert b"200 OK" not in await reader.read()
        writer.close()
    assert await server.notifications.stored(ada.user_id) == [stored]


@pytest.mark.asyncio
async def test_reset_ends_all_faults(server: MockServer, ada: Player) -> None:
    server.faults.add(Fault.reset())
    await server.reset()
    assert len(server.faults) == 0


@pytest.mark.asyncio
async def test_faults_are_set_and_lifted_over_http(server: MockServer, ada: Player) -> None:
    url = f"{server.console_url}/_control/faults"
    rule = {"fault": "status", "code": 503, "route": LIST, "user": ada.user_id}
    async with ada.http.post(url, json=rule) as answer:
        number = (await answer.json())["id"]
    async with ada.http.get(f"{server.http_url}/v2/notification", headers=ada.headers) as answer:
        assert answer.status == 503
    async with ada.http.get(url) as answer:
        (listed,) = (await answer.json())["faults"]
        assert (listed["id"], listed["hits"]) == (number, 1)
    async with ada.http.delete(f"{url}/{number}") as answer:
        assert answer.status == 200
    assert (await ada.call("GET", "/v2/notification"))[0] == 200


@pytest.mark.asyncio
async def test_the_same_seed_chooses_the_same_faults() -> None:
    async def run() -> list[int]:
        async with MockServer() as server, aiohttp.ClientSession() as http:
            ada = await sign_up(http, server)
            server.faults.add(Fault.status(503, body={}), LIST, probability=0.5)
            server.faults.seed(7)
            return [(await ada.call("GET", "/v2/notification"))[0] for _ in range(20)]

    first = await run()
    assert first == await run()
    assert set(first) == {200, 503}


@pytest.mark.asyncio
async def test_faults_reach_a_server_in_a_thread() -> None:
    with MockServer() as server:
        async with aiohttp.ClientSession() as http:
            ada = await sign_up(http, server)
            rule = server.faults.add(Fault.close(1011), "out notifications")
            socket = await ada.connect()
            await send(ada, "one")
            await rule.wait_for_hits()
            assert await socket.end() == (1011, "")


@pytest.mark.parametrize(
    ("route", "near"),
    [
        ("GET /v2/acount", "GET /v2/account"),
        ("PATCH /v2/account", "PUT /v2/account"),
        ("/v2/notifications", "GET /v2/notification"),
        ("GET /v2/group/{id}/user/more", "GET /v2/group/{group_id}/user"),
        ("out notification", "out notifications"),
        ("in rcp", "in rpc"),
        ("in notifications", "in "),
    ],
)
def test_rule_for_what_the_server_does_not_have_is_refused(route: str, near: str) -> None:
    server = MockServer()
    with pytest.raises(ValueError, match=f"the nearest is `{re.escape(near)}"):
        server.faults.add(Fault.latency(0.1), route)
    assert not len(server.faults)


@pytest.mark.parametrize(
    "route",
    [
        "GET /v2/group/4c2ae592-b2a7-445e-98ec-697694478b1c/user",
        "/v2/group/{id}/*",
        "/v2/*",
        "*",
        "POST /v2/rpc/mine",
        "GET /ws",
        "POST /v2/account/authenticate/d*",
        "out *",
    ],
)
def test_rule_for_what_the_server_has_is_taken(route: str) -> None:
    assert MockServer().faults.add(Fault.latency(0.1), route).route == route


def test_rule_for_a_user_name_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`user` is the id of a user, as .*; got 'ada'"):
        MockServer().faults.add(Fault.latency(0.1), user="ada")

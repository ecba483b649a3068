"""`/_control`: what a harness in another process asks of the mock."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from attrs import frozen

from mock_server import MockServer
from mock_server.control import lifecycle
from tests.mock_server.players import sign_up


@frozen
class Harness:
    http: aiohttp.ClientSession
    server: MockServer

    async def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) else None
        async with self.http.request(
            method,
            f"{self.server.console_url}/_control{path}",
            data=data,
            json=None if data is not None else body,
            headers={"Content-Type": "application/json"} if data is not None else None,
        ) as answer:
            return answer.status, await answer.json()


@pytest_asyncio.fixture
async def harness() -> AsyncIterator[Harness]:
    async with MockServer() as server, aiohttp.ClientSession() as http:
        yield Harness(http, server)


@pytest.mark.asyncio
async def test_state_lists_users_and_sockets(harness: Harness) -> None:
    server = harness.server
    server.rpc("give")(lambda context, payload: payload)
    ada = await sign_up(harness.http, server)
    socket = await ada.connect()
    status, state = await harness.call("GET", "/state")
    assert status == 200
    assert state["http_url"] == server.http_url
    assert state["socket_url"] == server.socket_url
    assert state["console_url"] == server.console_url
    assert state["users"] == 1
    assert [each["user_id"] for each in state["sockets"]] == [ada.user_id]
    assert "give" in state["rpcs"]
    await socket.close()


@pytest.mark.asyncio
async def test_reset_removes_everything(harness: Harness) -> None:
    await sign_up(harness.http, harness.server)
    assert await harness.call("POST", "/reset") == (200, {})
    assert await harness.server.users() == []
    assert (await harness.call("GET", "/requests"))[1] == {"requests": [], "dropped": 0}


@pytest.mark.asyncio
async def test_requests_lists_what_came_in(harness: Harness) -> None:
    ada = await sign_up(harness.http, harness.server)
    bob = await sign_up(harness.http, harness.server, "bob")
    await ada.call("GET", "/v2/notification?limit=5&cursor=x")
    await bob.call("GET", "/v2/nothing")
    _, found = await harness.call("GET", f"/requests?name=notification&user_id={ada.user_id}")
    (entry,) = found["requests"]
    assert entry["name"] == "GET /v2/notification"
    assert entry["query"] == [["limit", "5"], ["cursor", "x"]]
    assert entry["ignored"] == ["query: cursor"]
    _, found = await harness.call("GET", "/requests?name=nothing")
    assert [each["unmatched"] is not None for each in found["requests"]] == [True]
    _, found = await harness.call("GET", "/requests?problems")
    assert [each["name"] for each in found["requests"]] == ["GET /v2/nothing"]


@pytest.mark.asyncio
async def test_advancing_the_clock_expires_tokens(harness: Harness) -> None:
    ada = await sign_up(harness.http, harness.server)
    before = harness.server.clock.time()
    status, answer = await harness.call("POST", "/clock", {"advance": 61.5})
    assert status == 200
    assert answer["time"] >= before + 61.5
    assert (await ada.call("GET", "/v2/account"))[1]["message"] == "Auth token invalid"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "body", [{}, {"advance": -1}, {"advance": "60"}, {"advance": True}, {"advance": 1e300},
             {"advance": 1, "seconds": 1}, b"{", b"[]", b"\xff", b"NaN", b'{"advance":NaN}']
)  # fmt: skip
async def test_a_bad_move_of_the_clock_is_refused(harness: Harness, body: object) -> None:
    before = harness.server.clock.time()
    status, answer = await harness.call("POST", "/clock", body)
    assert (status, list(answer)) == (400, ["error"])
    assert harness.server.clock.time() < before + 60


@pytest.mark.asyncio
async def test_restore_brings_a_snapshot_back(harness: Harness) -> None:
    server = harness.server
    ada = await sign_up(harness.http, server)
    await server.notifications.send(ada.user_id, "kept")
    assert await harness.call("POST", "/snapshots/one") == (200, {})
    await server.notifications.send(ada.user_id, "lost")
    assert await harness.call("POST", "/snapshots/one/restore") == (200, {})
    assert await ada.inbox() == ["kept"]
    status, answer = await harness.call("POST", "/snapshots/two/restore")
    assert (status, answer) == (404, {"error": "no snapshot named 'two'; there are: one"})


@pytest.mark.asyncio
async def test_too_many_too_large_or_misnamed_snapshots_are_refused(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "MOST_SNAPSHOTS", 2)
    for name in ("one", "two", "two"):
        assert await harness.call("POST", f"/snapshots/{name}") == (200, {})
    status, answer = await harness.call("POST", "/snapshots/three")
    assert (status, "DELETE /_control/snapshots/NAME" in answer["error"]) == (400, True)
    assert await harness.call("DELETE", "/snapshots/one") == (200, {})
    assert (await harness.call("DELETE", "/snapshots/one"))[0] == 404
    assert (await harness.call("POST", f"/snapshots/{'x' * 201}"))[0] == 400
    monkeypatch.setattr(lifecycle, "MOST_SNAPSHOT_BYTES", len(await harness.server.snapshot()) + 1)
    status, answer = await harness.call("POST", "/snapshots/three")
    assert (status, "bytes together" in answer["error"]) == (400, True)
    status, answer = await harness.call("POST", "/snapshots/three/restore")
    assert (status, answer) == (404, {"error": "no snapshot named 'three'; there are: two"})


@pytest.mark.asyncio
async def test_disconnect_ends_sockets(harness: Harness) -> None:
    ada = await sign_up(harness.http, harness.server)
    bob = await sign_up(harness.http, harness.server, "bob")
    first, second, third = await ada.connect(), await bob.connect(), await bob.connect()
    closing = {"user_id": ada.user_id, "reason": "go", "code": 4000}
    assert await harness.call("POST", "/sockets/close", closing) == (200, {"closed": 1})
    assert await first.end() == (4000, "go")
    assert await second.ask({"ping": {}}) == {"pong": {}}
    await second.close()
    assert await harness.call("POST", "/sockets/close", {"abort": True}) == (200, {"closed": 1})
    assert await third.end() == (1006, "")
    fourth = await ada.connect()
    assert await harness.call("POST", "/sockets/close") == (200, {"closed": 1})
    assert await fourth.end() == (1000, "server-side session disconnect")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "body", [b"{", {"user": "ada"}, {"user_id": 1}, {"abort": "yes"}, {"code": 1006},
             {"code": "1000"}, {"reason": "x" * 124}]
)  # fmt: skip
async def test_a_bad_request_ends_no_socket(harness: Harness, body: object) -> None:
    ada = await sign_up(harness.http, harness.server)
    socket = await ada.connect()
    status, answer = await harness.call("POST", "/sockets/close", body)
    assert (status, list(answer)) == (400, ["error"])
    assert await socket.ask({"ping": {}}) == {"pong": {}}
    await socket.close()


@pytest.mark.asyncio
@pytest.mark.parametrize("body", [b"{", {"keep_data": "no"}, {"keep": True}, b"null"])
async def test_a_bad_request_restarts_nothing(harness: Harness, body: object) -> None:
    ada = await sign_up(harness.http, harness.server)
    socket = await ada.connect()
    status, answer = await harness.call("POST", "/restart", body)
    assert (status, list(answer)) == (400, ["error"])
    assert await socket.ask({"ping": {}}) == {"pong": {}}
    await socket.close()


@pytest.mark.asyncio
async def test_the_client_api_has_no_control(harness: Harness) -> None:
    for path in ("/_control/state", "/_control/reset", "/v2/console/authenticate"):
        for method in ("GET", "POST"):
            async with harness.http.request(method, harness.server.http_url + path) as answer:
                assert answer.status == 404

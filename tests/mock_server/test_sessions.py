"""Tokens that no login of this server made: their claims are all that counts."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from mock_server import MockServer
from mock_server.features.sessions import cache
from mock_server.identity import SYSTEM_USER
from mock_server.jws import sign, verify
from server_kit import Clock
from tests.mock_server.players import SERVER_KEY, Player, sign_up

NOW = 1_800_000_000
KEY, REFRESH_KEY = "defaultencryptionkey", "defaultrefreshencryptionkey"


@pytest_asyncio.fixture
async def ada() -> AsyncIterator[Player]:
    async with (
        MockServer(clock=Clock(stopped_at=NOW)) as server,
        aiohttp.ClientSession() as http,
    ):
        yield await sign_up(http, server)


@pytest.mark.asyncio
async def test_a_logout_with_a_token_that_has_no_id_ends_all_sessions(ada: Player) -> None:
    claims = {"uid": ada.user_id, "usn": "ada", "exp": NOW + 60}
    ada.server.clock.advance(1)
    body = {"token": sign(claims, KEY), "refresh_token": sign(claims, REFRESH_KEY)}
    assert await ada.call("POST", "/v2/session/logout", body) == (200, {})
    assert (await ada.call("GET", "/v2/account"))[0] == 401


@pytest.mark.asyncio
async def test_a_logout_with_one_bad_token_ends_nothing(ada: Player) -> None:
    for body, message in (
        ({"token": ada.token, "refresh_token": "x"}, "Refresh token invalid."),
        ({"token": ada.refresh_token}, "Session token invalid."),
        ({"refresh_token": ada.token}, "Refresh token invalid."),
    ):
        status, answer = await ada.call("POST", "/v2/session/logout", body)
        assert (status, answer["message"]) == (400, message)
    assert (await ada.call("GET", "/v2/account"))[0] == 200


@pytest.mark.asyncio
async def test_claims_without_a_value_are_left_out(ada: Player) -> None:
    async with ada.http.post(
        f"{ada.server.http_url}/v2/account/session/refresh",
        json={"token": sign({"exp": NOW + 60, "tid": "t", "iat": 7}, REFRESH_KEY)},
        headers=SERVER_KEY,
    ) as answer:
        claims = verify((await answer.json())["token"], KEY)
    assert claims == {"uid": SYSTEM_USER, "exp": NOW + 60}


@pytest.mark.asyncio
async def test_the_oldest_logouts_are_forgotten(
    ada: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_MOST", 2)
    sessions = [await sign_up(ada.http, ada.server, "ada") for _ in range(3)]
    for session in sessions:
        body = {"token": session.token, "refresh_token": session.refresh_token}
        assert await session.call("POST", "/v2/session/logout", body) == (200, {})
    statuses = [(await session.call("GET", "/v2/account"))[0] for session in sessions]
    assert statuses == [200, 200, 401]


@pytest.mark.asyncio
@pytest.mark.parametrize("end", ["=", "==", "\n", "!", ".x", "é"])
async def test_a_token_with_something_behind_it_is_no_token(ada: Player, end: str) -> None:
    refresh = sign({"uid": ada.user_id, "exp": NOW + 60}, REFRESH_KEY) + end
    async with ada.http.post(
        f"{ada.server.http_url}/v2/account/session/refresh",
        json={"token": refresh},
        headers=SERVER_KEY,
    ) as answer:
        assert answer.status == 401


@pytest.mark.asyncio
@pytest.mark.parametrize("variables", [[], "", 0, False, {"a": 1}])
async def test_a_token_whose_vars_are_no_texts_is_no_token(ada: Player, variables: object) -> None:
    token = sign({"uid": ada.user_id, "exp": NOW + 60, "vrs": variables}, KEY)
    headers = {"Authorization": f"Bearer {token}"}
    async with ada.http.get(f"{ada.server.http_url}/v2/account", headers=headers) as answer:
        assert answer.status == 401

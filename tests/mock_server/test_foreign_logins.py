"""Apple, Google, Game Center and Facebook Instant Games, by proofs that only the mock takes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from mock_server import Config, MockServer
from mock_server.runtime.errors import ModuleError
from tests.mock_server.players import SERVER_KEY, Player, sign_up

pytestmark = pytest.mark.asyncio

GAME_CENTER = {
    "player_id": "p1",
    "bundle_id": "app",
    "timestamp_seconds": 1,
    "salt": "salt",
    "signature": "gamecenter:p1",
    "public_key_url": "https://example.com",
}
PROOFS: dict[str, tuple[dict[str, Any], str, str]] = {
    "apple": ({"token": "apple:a1"}, "apple_id", "a1"),
    "google": ({"token": "google:g1"}, "google_id", "g1"),
    "gamecenter": (GAME_CENTER, "gamecenter_id", "p1"),
    "facebookinstantgame": (
        {"signed_player_info": "fbinstant:f1"},
        "facebook_instant_game_id",
        "f1",
    ),
}


@pytest_asyncio.fixture
async def apple_server() -> AsyncIterator[MockServer]:
    async with MockServer(Config.from_settings({"social.apple.bundle_id": "app"})) as server:
        yield server


@pytest_asyncio.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as client:
        yield client


@pytest_asyncio.fixture
async def player(apple_server: MockServer, client: aiohttp.ClientSession) -> Player:
    return await sign_up(client, apple_server, "ada")


async def log_in(
    client: aiohttp.ClientSession, server: MockServer, provider: str, proof: dict[str, Any]
) -> tuple[int, dict[str, Any]]:
    url = f"{server.http_url}/v2/account/authenticate/{provider}"
    async with client.post(url, json=proof, headers=SERVER_KEY) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize("provider", PROOFS)
async def test_authenticate_finds_the_account_again(
    provider: str, apple_server: MockServer, client: aiohttp.ClientSession
) -> None:
    proof, column, identifier = PROOFS[provider]
    _, first = await log_in(client, apple_server, provider, proof)
    _, second = await log_in(client, apple_server, provider, proof)
    assert first["created"] is True
    assert "created" not in second
    (user,) = await apple_server.users()
    assert user[column] == identifier


@pytest.mark.parametrize("provider", PROOFS)
async def test_link_adds_the_providers_id_and_unlink_removes_it(
    provider: str, player: Player
) -> None:
    proof, column, identifier = PROOFS[provider]
    assert (await player.call("POST", f"/v2/account/link/{provider}", proof))[0] == 200
    _, account = await player.call("GET", "/v2/account")
    assert account["user"][column] == identifier
    assert (await player.call("POST", f"/v2/account/unlink/{provider}", proof))[0] == 200
    _, account = await player.call("GET", "/v2/account")
    assert column not in account["user"]


@pytest.mark.parametrize("provider", PROOFS)
async def test_link_refuses_what_another_account_has(
    provider: str, apple_server: MockServer, client: aiohttp.ClientSession, player: Player
) -> None:
    proof, column, _ = PROOFS[provider]
    await log_in(client, apple_server, provider, proof)
    status, answer = await player.call("POST", f"/v2/account/link/{provider}", proof)
    assert (status, answer["code"]) == (409, 6)
    assert column not in (await player.call("GET", "/v2/account"))[1]["user"]


async def test_authenticate_google_takes_the_display_name(
    apple_server: MockServer, client: aiohttp.ClientSession
) -> None:
    await log_in(client, apple_server, "google", {"token": "google:g1:Ada Lovelace"})
    (user,) = await apple_server.users()
    assert user["display_name"] == "Ada Lovelace"


@pytest.mark.parametrize(
    ("provider", "proof", "status"),
    [
        ("apple", {"token": "google:g1"}, 401),
        ("google", {"token": "g1"}, 401),
        ("gamecenter", {**GAME_CENTER, "signature": "gamecenter:p2"}, 401),
        ("facebookinstantgame", {"signed_player_info": "f1"}, 500),
    ],
)
async def test_authenticate_refuses_an_unknown_proof_and_makes_no_account(
    provider: str,
    proof: dict[str, Any],
    status: int,
    apple_server: MockServer,
    client: aiohttp.ClientSession,
) -> None:
    assert (await log_in(client, apple_server, provider, proof))[0] == status
    assert await apple_server.users() == []


async def test_modules_authenticate_link_and_unlink(apple_server: MockServer) -> None:
    nk = apple_server.nk
    user_id, name, created = nk.authenticate_apple("apple:a1", "ada")
    assert (name, created) == ("ada", True)
    nk.link_google(user_id, "google:g1")
    nk.link_gamecenter(user_id, *GAME_CENTER.values())
    nk.link_facebook_instant_game(user_id, "fbinstant:f1")
    account = nk.account_get_id(user_id)
    assert {name: account[name] for _, name, _ in PROOFS.values()} == {
        name: identifier for _, name, identifier in PROOFS.values()
    }
    nk.unlink_apple(user_id, "apple:a1")
    nk.unlink_google(user_id)
    nk.unlink_facebook_instant_game(user_id)
    with pytest.raises(ModuleError, match="Cannot unlink last account identifier"):
        nk.unlink_gamecenter(user_id)

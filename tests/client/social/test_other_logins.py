"""Apple, Google, Game Center and Facebook Instant: what is sent, and what is refused."""

import json
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest
import pytest_asyncio
from aiohttp import web

from mock_server import Config, MockServer
from nakama_client import (
    AlreadyExists,
    ApiError,
    ArgumentError,
    Client,
    GameCenterCredentials,
    NotFound,
    Session,
)
from tests.client.scripted import ScriptedServer, make_token

GAME_CENTER = GameCenterCredentials(
    player_id="G:1",
    bundle_id="com.example.game",
    timestamp_seconds=1_700_000_000,
    salt="c2FsdA==",
    signature="c2lnbmF0dXJl",
    public_key_url="https://static.gc.apple.com/public-key/gc-prod-10.cer",
)
GAME_CENTER_BODY = {
    "player_id": "G:1",
    "bundle_id": "com.example.game",
    "timestamp_seconds": "1700000000",
    "salt": "c2FsdA==",
    "signature": "c2lnbmF0dXJl",
    "public_key_url": "https://static.gc.apple.com/public-key/gc-prod-10.cer",
}


@pytest.mark.asyncio
async def test_authenticate_and_link_send_the_credentials() -> None:
    asked: list[tuple[str, Any]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.path_qs, json.loads(await request.read())))
        tokens = {"token": make_token(), "refresh_token": make_token()}
        return web.json_response(tokens if "authenticate" in request.path else {})

    async with ScriptedServer(answer=answer) as server, Client(server.url) as client:
        session = await client.authenticate_apple("t", username="ada", vars={"v": "1"})
        await client.authenticate_google("t", create=False)
        await client.authenticate_facebook_instant_game("info")
        await client.authenticate_game_center(GAME_CENTER)
        for action in ("link", "unlink"):
            await getattr(client, f"{action}_apple")(session, "t")
            await getattr(client, f"{action}_google")(session, "t")
            await getattr(client, f"{action}_facebook_instant_game")(session, "info")
            await getattr(client, f"{action}_game_center")(session, GAME_CENTER)
    bodies = {
        "apple": {"token": "t"},
        "google": {"token": "t"},
        "facebookinstantgame": {"signed_player_info": "info"},
        "gamecenter": GAME_CENTER_BODY,
    }
    assert asked[:4] == [
        (
            "/v2/account/authenticate/apple?create=true&username=ada",
            {"token": "t", "vars": {"v": "1"}},
        ),
        ("/v2/account/authenticate/google?create=false", bodies["google"]),
        ("/v2/account/authenticate/facebookinstantgame?create=true", bodies["facebookinstantgame"]),
        ("/v2/account/authenticate/gamecenter?create=true", GAME_CENTER_BODY),
    ]
    assert asked[4:] == [
        (f"/v2/account/{action}/{kind}", body)
        for action in ("link", "unlink")
        for kind, body in bodies.items()
    ]


@pytest.mark.asyncio
async def test_other_logins_raise_what_the_server_refuses(client: Client, alice: Session) -> None:
    for call in (
        client.authenticate_apple("no such token"),
        client.authenticate_google("no such token"),
        client.authenticate_facebook_instant_game("no such info"),
        client.authenticate_game_center(GAME_CENTER),
        client.link_apple(alice, "no such token"),
        client.link_google(alice, "no such token"),
        client.link_facebook_instant_game(alice, "no such info"),
        client.link_game_center(alice, GAME_CENTER),
    ):
        with pytest.raises(ApiError):
            await call


@pytest.mark.asyncio
async def test_other_logins_raise_before_the_wire(
    client: Client, server: MockServer, alice: Session
) -> None:
    before = len(server.journal)
    for call in (
        client.authenticate_apple(""),
        client.authenticate_google(""),
        client.authenticate_facebook_instant_game(""),
        client.link_apple(alice, ""),
        client.unlink_google(alice, ""),
        client.link_facebook_instant_game(alice, ""),
        client.get_users(alice, facebook_ids=[""]),
    ):
        with pytest.raises(ArgumentError):
            await call
    for field in attrs.asdict(GAME_CENTER):
        empty = 0 if field == "timestamp_seconds" else ""
        wrong = attrs.evolve(GAME_CENTER, **{field: empty})
        with pytest.raises(ArgumentError, match=field):
            await client.authenticate_game_center(wrong)
    assert len(server.journal) == before


def test_the_credentials_show_no_signature() -> None:
    assert "c2lnbmF0dXJl" not in repr(GAME_CENTER)
    assert "c2FsdA" not in repr(GAME_CENTER)


@pytest.mark.asyncio
async def test_get_users_finds_linked_facebook_users(client: Client, alice: Session) -> None:
    await client.link_facebook(alice, "fb:ada1815:")
    (found,) = await client.get_users(alice, facebook_ids=["ada1815", "nobody"])
    assert (found.id, found.facebook_id) == (alice.user_id, "ada1815")


@pytest_asyncio.fixture
async def apple_client() -> AsyncIterator[Client]:
    config = Config.from_settings({"social.apple.bundle_id": "com.example.game"})
    async with MockServer(config) as server, Client(server.http_url) as client:
        yield client


@pytest.mark.asyncio
async def test_other_logins_log_in_to_the_account_that_they_were_linked_to(
    apple_client: Client,
) -> None:
    client = apple_client
    proof = attrs.evolve(GAME_CENTER, signature="gamecenter:G:1")
    ada = await client.authenticate_device("device-of-ada", username="ada")
    await client.link_apple(ada, "apple:a1")
    await client.link_google(ada, "google:g1")
    await client.link_facebook_instant_game(ada, "fbinstant:f1")
    await client.link_game_center(ada, proof)
    user = (await client.get_account(ada)).user
    linked = (user.apple_id, user.google_id, user.facebook_instant_game_id, user.gamecenter_id)
    assert linked == ("a1", "g1", "f1", "G:1")
    for session in (
        await client.authenticate_apple("apple:a1", create=False),
        await client.authenticate_google("google:g1", create=False),
        await client.authenticate_facebook_instant_game("fbinstant:f1", create=False),
        await client.authenticate_game_center(proof, create=False),
    ):
        assert (session.user_id, session.created) == (ada.user_id, False)
    await client.unlink_apple(ada, "apple:a1")
    await client.unlink_google(ada, "google:g1")
    await client.unlink_facebook_instant_game(ada, "fbinstant:f1")
    await client.unlink_game_center(ada, proof)
    with pytest.raises(NotFound):
        await client.authenticate_apple("apple:a1", create=False)
    eve = await client.authenticate_google("google:g1", username="eve")
    assert (eve.created, eve.username) == (True, "eve")
    with pytest.raises(AlreadyExists):
        await client.link_google(ada, "google:g1")

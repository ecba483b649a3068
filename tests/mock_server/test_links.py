"""Link and unlink, and the providers that a test server cannot ask."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from mock_server import MockServer
from server_kit import Clock
from tests.mock_server.players import SERVER_KEY, Player

GAME_CENTER = {
    "bundle_id": "b",
    "player_id": "p",
    "public_key_url": "u",
    "salt": "s",
    "signature": "s",
    "timestamp_seconds": "1",
}
LAST_WAY = "Cannot unlink last account identifier. Check profile exists and is not last link."
UNREADABLE = (
    500,
    "Error extracting the Facebook Instant Game player ID or validating the signature",
)
REFUSALS = [
    ("apple", {"token": "x"}, 400, "Apple authentication is not configured."),
    ("apple", {}, 400, "Apple authentication is not configured."),
    ("google", {}, 400, "Google access token is required."),
    ("google", {"token": "x"}, 401, "Could not authenticate Google profile."),
    ("gamecenter", {}, 400, "GameCenter bundle ID is required."),
    ("gamecenter", {"bundle_id": "b"}, 400, "GameCenter player ID is required."),
    ("gamecenter", GAME_CENTER | {"salt": ""}, 400, "GameCenter salt is required."),
    (
        "gamecenter",
        GAME_CENTER | {"timestamp_seconds": 0},
        400,
        "GameCenter timestamp is required.",
    ),
    ("gamecenter", GAME_CENTER, 401, "Could not authenticate GameCenter profile."),
    (
        "facebookinstantgame",
        {},
        400,
        "Signed Player Info for a Facebook Instant Game is required.",
    ),
    (
        "facebookinstantgame",
        {"signed_player_info": "x"},
        401,
        "Could not authenticate Facebook Instant Game profile.",
    ),
]


@pytest_asyncio.fixture
async def server() -> AsyncIterator[MockServer]:
    async with MockServer(clock=Clock(stopped_at=1_800_000_000)) as server:
        yield server


async def _update_time(player: Player) -> str:
    _, account = await player.call("GET", "/v2/account")
    return str(account["user"]["update_time"])


@pytest.mark.asyncio
@pytest.mark.parametrize(("provider", "account", "status", "message"), REFUSALS)
async def test_a_provider_that_cannot_be_asked_refuses_in_nakamas_words(
    ada: Player, provider: str, account: dict[str, object], status: int, message: str
) -> None:
    given, answer = await ada.call("POST", f"/v2/account/link/{provider}", account)
    assert (given, answer["message"]) == (status, message)
    url = f"{ada.server.http_url}/v2/account/authenticate/{provider}"
    if provider == "facebookinstantgame" and account:
        status, message = UNREADABLE  # Nakama's logins say it in other words
    async with ada.http.post(url, json=account, headers=SERVER_KEY) as refused:
        assert (refused.status, (await refused.json())["message"]) == (status, message)


@pytest.mark.asyncio
async def test_the_user_name_is_checked_before_the_provider_is_asked(ada: Player) -> None:
    url = f"{ada.server.http_url}/v2/account/authenticate/google?username=a%0Ab"
    async with ada.http.post(url, json={"token": "x"}, headers=SERVER_KEY) as refused:
        message = (await refused.json())["message"]
    assert message == "Username invalid, no spaces or control characters allowed."


@pytest.mark.asyncio
@pytest.mark.parametrize("provider", ["apple", "google", "gamecenter", "facebookinstantgame"])
async def test_unlinking_what_was_never_linked_is_no_error(ada: Player, provider: str) -> None:
    before = await _update_time(ada)
    ada.server.clock.advance(5)
    assert await ada.call("POST", f"/v2/account/unlink/{provider}", {}) == (200, {})
    assert await _update_time(ada) > before


@pytest.mark.asyncio
async def test_unlinking_with_a_proof_asks_the_provider(ada: Player) -> None:
    assert (await ada.call("POST", "/v2/account/unlink/apple", {"token": "x"}))[0] == 401
    assert (await ada.call("POST", "/v2/account/unlink/gamecenter", GAME_CENTER))[0] == 401
    partly = {"bundle_id": "b", "player_id": "p"}
    assert await ada.call("POST", "/v2/account/unlink/gamecenter", partly) == (200, {})


@pytest.mark.asyncio
async def test_linking_the_own_device_again_is_an_update(ada: Player) -> None:
    before = await _update_time(ada)
    ada.server.clock.advance(5)
    assert await ada.call("POST", "/v2/account/link/device", {"id": "device-of-ada"}) == (200, {})
    assert await _update_time(ada) > before


@pytest.mark.asyncio
async def test_a_linked_password_of_more_than_72_bytes_logs_nobody_in(ada: Player) -> None:
    account = {"email": "ada@example.com", "password": "p" * 73}
    assert await ada.call("POST", "/v2/account/link/email", account) == (200, {})
    url = f"{ada.server.http_url}/v2/account/authenticate/email"
    async with ada.http.post(url, json=account, headers=SERVER_KEY) as refused:
        assert (refused.status, (await refused.json())["message"]) == (401, "Invalid credentials.")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("what", "account", "status", "message"),
    [
        ("link/device", {"id": "another-device"}, 500, "Error linking Device ID."),
        ("link/custom", {"id": "custom-id"}, 409, "Custom ID is already in use."),
        (
            "link/email",
            {"email": "ada@example.com", "password": "12345678"},
            409,
            "Email is already in use.",
        ),
        ("unlink/device", {"id": "another-device"}, 403, LAST_WAY),
        ("unlink/custom", {}, 403, LAST_WAY),
        ("unlink/google", {}, 403, LAST_WAY),
    ],
)
async def test_a_token_without_an_account_links_nothing(
    ada: Player, what: str, account: dict[str, str], status: int, message: str
) -> None:
    await ada.call("DELETE", "/v2/account")  # in its own second, the token survives
    given, answer = await ada.call("POST", f"/v2/account/{what}", account)
    assert (given, answer["message"]) == (status, message)


@pytest.mark.asyncio
async def test_the_devices_of_an_account_come_in_the_order_of_their_ids(ada: Player) -> None:
    for device in ("zzzzzzzzzz", "aaaaaaaaaa", "Zzzzzzzzzz"):
        assert await ada.call("POST", "/v2/account/link/device", {"id": device}) == (200, {})
    _, account = await ada.call("GET", "/v2/account")
    devices = [each["id"] for each in account["devices"]]
    assert devices == ["Zzzzzzzzzz", "aaaaaaaaaa", "device-of-ada", "zzzzzzzzzz"]

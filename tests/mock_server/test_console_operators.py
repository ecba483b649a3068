"""Who may use the console, and what operators do to logins of players."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from mock_server import Config, MockServer
from mock_server.jws import sign
from tests.mock_server.players import Player

pytestmark = pytest.mark.asyncio

ADMIN = {"username": "admin", "password": "password"}
WRONG = {"username": "admin", "password": "guess"}
LOCKED = (429, {"code": 8, "message": "Try again later.", "details": []})
INVALID = (401, {"code": 16, "message": "Invalid credentials.", "details": []})
LATE = 9_999_999_999
NOBODY = "8d98ee3f-1a5c-4b5a-9a51-1b8a7b2f0c11"


async def ask(
    server: MockServer,
    http: aiohttp.ClientSession,
    method: str,
    path: str,
    body: object = None,
    *,
    user: str = "admin",
    password: str = "password",
    token: str = "",
) -> tuple[int, Any]:
    """The console's answer to user and password, or to a token."""
    key = f"Bearer {token}" if token else aiohttp.encode_basic_auth(user, password)
    data = None if body is None else json.dumps(body)
    url = f"{server.console_url}/v2/console{path}"
    async with http.request(method, url, data=data, headers={"Authorization": key}) as answer:
        return answer.status, await answer.json()


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as http:
        yield http


async def test_five_wrong_passwords_lock_the_console_for_a_minute(
    http: aiohttp.ClientSession,
) -> None:
    async with MockServer() as server:

        async def log_in(given: dict[str, str]) -> tuple[int, Any]:
            return await ask(server, http, "POST", "/authenticate", given)

        for _ in range(4):
            assert await log_in(WRONG) == INVALID
        assert (await log_in(ADMIN))[0] == 200, "a success resets the count"
        for _ in range(5):
            assert await log_in(WRONG) == INVALID
        assert await log_in(ADMIN) == LOCKED
        assert await log_in({"username": "Admin"}) == INVALID, "another name"
        status, answer = await ask(server, http, "GET", "/status")
        assert (status, answer["message"]) == (401, "Console authentication invalid.")
        server.clock.advance(61)
        assert (await log_in(ADMIN))[0] == 200


async def test_wrong_basic_logins_count_and_only_those_of_a_minute(
    http: aiohttp.ClientSession,
) -> None:
    async with MockServer() as server:
        for wait in (0, 0, 0, 0, 61):
            server.clock.advance(wait)
            status, _ = await ask(server, http, "GET", "/status", password="guess")
            assert status == 401
        assert (await ask(server, http, "GET", "/status"))[0] == 200
        for _ in range(4):
            await ask(server, http, "GET", "/status", password="guess")
        assert (await ask(server, http, "POST", "/authenticate", ADMIN)) == LOCKED
        await server.reset()
        assert (await ask(server, http, "POST", "/authenticate", ADMIN))[0] == 200


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"exp": "x"},
        {"exp": None},
        {"exp": 1},
        {"exp": LATE, "cki": []},
        {"exp": LATE, "usn": {}},
    ],
)
async def test_a_token_with_other_claims_is_invalid(
    http: aiohttp.ClientSession, claims: dict[str, Any]
) -> None:
    async with MockServer() as server:
        token = sign({"usn": "admin", "cki": "id", **claims}, server.config.console.signing_key)
        for _ in range(2):
            status, answer = await ask(server, http, "GET", "/status", token=token)
            assert (status, answer["message"]) == (401, "Token invalid.")
            log_out = await ask(server, http, "POST", "/authenticate/logout", {"token": token})
            assert log_out == (200, {})


@pytest.mark.parametrize("acl", ["9" * 5000, "[" * 20_000 + "]" * 20_000])
async def test_permissions_that_can_not_be_read_are_refused(
    http: aiohttp.ClientSession, acl: str
) -> None:
    body = f'{{"username": "carl", "email": "carl@example.com", "acl": {acl}}}'
    async with (
        MockServer() as server,
        http.post(
            f"{server.console_url}/v2/console/user",
            data=body,
            headers={"Authorization": aiohttp.encode_basic_auth("admin", "password")},
        ) as answer,
    ):
        assert (answer.status, (await answer.json())["code"]) == (400, 3)


@pytest.mark.parametrize(
    ("given", "status", "message"),
    [
        ({"username": "admin"}, 400, "Cannot change own configuration"),
        ({}, 400, "Username is required"),
        ({"username": "ab"}, 400, "Username must be 3-20 long sequence of alphanumeric"),
        ({"username": "_abc"}, 400, "Username must be 3-20 long sequence of alphanumeric"),
        ({"username": "ADMIN"}, 400, "Username cannot be the console configured username"),
        ({"username": "carl"}, 400, "Email is required"),
        ({"username": "carl", "email": "x"}, 400, "Not a valid email address"),
        (
            {"username": "carl", "email": "carl@example.com"},
            400,
            "User must have at least some permissions.",
        ),
        (
            {"username": "carl", "email": "carl@example.com", "acl": {"USER": {"read": True}}},
            501,
            "This mock of Nakama has one operator, the one of console.username.",
        ),
    ],
)
async def test_operators_are_not_added(
    server: MockServer,
    http: aiohttp.ClientSession,
    given: dict[str, Any],
    status: int,
    message: str,
) -> None:
    got, answer = await ask(server, http, "POST", "/user", given)
    assert got == status
    assert answer["message"].startswith(message)


async def test_operators_are_neither_listed_nor_deleted(
    server: MockServer, http: aiohttp.ClientSession
) -> None:
    _, session = await ask(server, http, "POST", "/authenticate", ADMIN)
    token = session["token"]
    assert await ask(server, http, "GET", "/user", token=token) == (200, {"users": []})
    assert (await ask(server, http, "GET", "/user/admin", token=token))[0] == 404
    for name, message in (("admin", "Cannot delete own user"), ("carl", "User not found")):
        _, answer = await ask(server, http, "DELETE", f"/user?username={name}", token=token)
        assert answer["message"] == message


async def test_unlink_takes_a_login_but_never_the_last_one(
    server: MockServer, http: aiohttp.ClientSession, ada: Player
) -> None:
    async def unlink(what: str, body: object = None) -> tuple[int, Any]:
        return await ask(server, http, "POST", f"/account/{ada.user_id}/unlink/{what}", body)

    def refused(title: str) -> tuple[int, Any]:
        message = f"Cannot unlink {title} when there are no other identifiers."
        return 403, {"code": 7, "message": message, "details": []}

    titles = {
        "apple": "Apple ID",
        "custom": "custom ID",
        "email": "email address",
        "facebook": "Facebook ID",
        "facebookinstantgame": "Facebook ID",
        "gamecenter": "Game Center ID",
        "google": "Google ID",
        "steam": "Steam ID",
    }
    for name, title in titles.items():
        assert await unlink(name) == refused(title), "not linked"
    device = {"device_id": "device-of-ada"}
    assert await unlink("device", device) == refused("device ID")
    assert (await unlink("device", {}))[1]["message"] == "Requires a valid device ID."
    assert (await unlink("device"))[1]["message"] == "Requires a valid device ID."
    server.nk.link_custom(ada.user_id, "custom-of-ada")
    server.nk.link_email(ada.user_id, "ada@example.com", "password")
    assert await unlink("device", {"device_id": "device-of-bob"}) == refused("device ID")
    assert await unlink("device", device) == (200, {})
    assert await unlink("email") == (200, {})
    assert await unlink("custom") == refused("custom ID")
    _, account = await ada.call("GET", "/v2/account")
    assert account["custom_id"] == "custom-of-ada"
    assert not {"devices", "email"} & set(account)
    for user, status in (("nope", 400), (NOBODY, 403)):
        path = f"/account/{user}/unlink/apple"
        assert (await ask(server, http, "POST", path))[0] == status


async def test_delete_accounts_leaves_the_system_user(
    server: MockServer, http: aiohttp.ClientSession, ada: Player, bob: Player
) -> None:
    assert await ask(server, http, "DELETE", "/account") == (200, {})
    assert await server.users() == []
    _, page = await ask(server, http, "GET", "/account")
    assert [each["username"] for each in page["users"]] == [""]


async def test_purchases_and_subscriptions_are_read_by_transaction(
    http: aiohttp.ClientSession,
) -> None:
    config = Config.from_settings({"purchases.accept": ("apple",)})
    async with MockServer(config) as server:
        ada, *_ = server.nk.authenticate_device("device-of-ada", "ada")
        server.nk.purchase_validate_apple(ada, "apple:sword:t-1")
        server.nk.subscription_validate_apple(ada, "apple:pass:t-2:expires=4102444800")
        _, bought = await ask(server, http, "GET", "/iap/purchase/t-1")
        assert (bought["product_id"], bought["transaction_id"]) == ("sword", "t-1")
        _, bought = await ask(server, http, "GET", "/iap/subscription/t-2")
        assert (bought["product_id"], bought["active"]) == ("pass", True)
        for path, message in (
            ("/iap/purchase/t-2", "Purchase not found"),
            ("/iap/subscription/t-1", "subscription not found"),
        ):
            status, answer = await ask(server, http, "GET", path)
            assert (status, answer["message"]) == (404, message)

"""The account: what an update changes, what the owner gets to see, and its end."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from mock_server import MockServer
from mock_server.jws import sign
from server_kit import Clock
from tests.mock_server.players import Player

NOW = 1_800_000_000


@pytest_asyncio.fixture
async def server() -> AsyncIterator[MockServer]:
    async with MockServer(clock=Clock(stopped_at=NOW)) as server:
        yield server


async def _user(player: Player) -> dict[str, Any]:
    _, account = await player.call("GET", "/v2/account")
    user: dict[str, Any] = account["user"]
    return user


@pytest.mark.asyncio
async def test_an_update_that_changes_nothing_keeps_the_update_time(ada: Player) -> None:
    await ada.call("PUT", "/v2/account", {"location": "Berlin"})
    before = await _user(ada)
    ada.server.clock.advance(5)
    for same in ({"location": "Berlin"}, {"display_name": ""}, {"username": "ada"}):
        assert await ada.call("PUT", "/v2/account", same) == (200, {})
    assert await _user(ada) == before
    await ada.call("PUT", "/v2/account", {"location": "Berlin", "timezone": "UTC"})
    assert (await _user(ada))["update_time"] > before["update_time"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"username": "a\tb"}, 400, "Username invalid, no spaces or control characters allowed."),
        ({"display_name": "a\0b"}, 500, "Error while trying to update account."),
        ({"location": "x" * 256}, 500, "Error while trying to update account."),
        ({"lang_tag": "x" * 19}, 500, "Error while trying to update account."),
    ],
)
async def test_a_value_that_does_not_fit_changes_nothing(
    ada: Player, changes: dict[str, str], status: int, message: str
) -> None:
    before = await _user(ada)
    given, answer = await ada.call("PUT", "/v2/account", {"timezone": "UTC"} | changes)
    assert (given, answer["message"]) == (status, message)
    assert await _user(ada) == before


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "query", ["usernames=%00", "usernames=ada&usernames=a%00", "facebook_ids=%00"]
)
async def test_no_name_holds_a_nul_character(ada: Player, query: str) -> None:
    status, answer = await ada.call("GET", f"/v2/user?{query}")
    assert (status, answer["message"]) == (500, "Error retrieving user accounts.")


@pytest.mark.asyncio
async def test_ban_group_users_does_not_notify_the_banned(ada: Player) -> None:
    ada.server.nk.users_ban_id([ada.user_id])  # a token of the ban's own second survives it
    _, account = await ada.call("GET", "/v2/account")
    assert list(account) == ["user", "wallet", "devices"]


@pytest.mark.asyncio
async def test_a_deleted_account_leaves_nothing_to_update_or_delete(ada: Player) -> None:
    assert await ada.call("DELETE", "/v2/account") == (200, {})
    assert await ada.call("PUT", "/v2/account", {"username": "bob"}) == (200, {})
    assert await ada.call("DELETE", "/v2/account") == (200, {})
    assert await ada.server.users() == []


@pytest.mark.asyncio
async def test_deleting_a_deleted_account_leaves_its_token_valid(ada: Player) -> None:
    ghost = _with_token(ada, uid="00000000-0000-4000-8000-000000000000", exp=NOW + 7000)
    ada.server.clock.advance(60)
    assert await ghost.call("DELETE", "/v2/account") == (200, {})
    ada.server.clock.advance(60)
    assert (await ghost.call("GET", "/v2/notification"))[0] == 200


@pytest.mark.asyncio
async def test_the_system_user_cannot_be_deleted(ada: Player) -> None:
    system = _with_token(ada, exp=NOW + 60)
    status, answer = await system.call("DELETE", "/v2/account")
    assert (status, answer["message"]) == (500, "Error deleting user account.")


def _with_token(player: Player, **claims: object) -> Player:
    token = sign(claims, "defaultencryptionkey")
    return Player(player.http, player.server, "", token, "")

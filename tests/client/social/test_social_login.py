"""Facebook and Steam: logging in, linking, importing friends.

The mock stands in for both: a Facebook token is `fb:<id>:<friend,ids>`, a Steam ticket
`<id>:<friend,ids>`.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from mock_server import Config, MockServer
from nakama_client import (
    AlreadyExists,
    Client,
    FailedPrecondition,
    FriendState,
    NotificationCode,
    PermissionDenied,
    Session,
    Unauthenticated,
)
from tests.client.conftest import Login


def facebook(user: str, *friends: str) -> str:
    return f"fb:{user}:{','.join(friends)}"


def steam(user: str, *friends: str) -> str:
    return f"{user}:{','.join(friends)}"


@pytest_asyncio.fixture
async def steam_client() -> AsyncIterator[Client]:
    config = Config.from_settings({"social.steam.publisher_key": "key", "social.steam.app_id": 1})
    async with MockServer(config) as server, Client(server.http_url) as client:
        yield client


async def friends_of(client: Client, session: Session) -> dict[str, int]:
    return {each.user.username: each.state async for each in client.iter_friends(session)}


async def codes(client: Client, session: Session) -> list[int]:
    return [each.code async for each in client.iter_notifications(session)]


@pytest.mark.asyncio
async def test_authenticate_facebook_creates_and_finds_accounts(client: Client) -> None:
    alice = await client.authenticate_facebook(
        facebook("A"), username="alice", vars={"from": "web"}
    )
    assert (alice.username, alice.created, alice.vars) == ("alice", True, {"from": "web"})
    again = await client.authenticate_facebook(facebook("A"), create=False)
    assert (again.user_id, again.created) == (alice.user_id, False)
    assert (await client.get_account(alice)).user.facebook_id == "A"
    with pytest.raises(Unauthenticated, match="Could not authenticate Facebook profile"):
        await client.authenticate_facebook("garbage")


@pytest.mark.asyncio
async def test_authenticate_facebook_imports_friends_when_sync_is_true(client: Client) -> None:
    alice = await client.authenticate_facebook(facebook("A"), username="alice")
    bob = await client.authenticate_facebook(facebook("B", "A", "Z"), username="bob", sync=True)
    assert await friends_of(client, alice) == {"bob": FriendState.FRIEND}
    assert await codes(client, alice) == [NotificationCode.FRIEND_JOIN_GAME]
    assert await codes(client, bob) == []
    carol = await client.authenticate_facebook(facebook("C", "A"), username="carol")
    assert await friends_of(client, carol) == {}
    await client.import_facebook_friends(carol, facebook("C", "A"))
    assert await friends_of(client, carol) == {"alice": FriendState.FRIEND}
    await client.import_facebook_friends(carol, facebook("C", "A", "B"), reset=True)
    assert await friends_of(client, carol) == {"alice": 0, "bob": 0}
    with pytest.raises(Unauthenticated, match="Could not authenticate Facebook profile"):
        await client.import_facebook_friends(carol, "garbage")


@pytest.mark.asyncio
async def test_link_facebook_and_unlink_facebook_change_the_account(
    client: Client, login: Login
) -> None:
    await client.authenticate_facebook(facebook("A"), username="alice")
    bob, carol = await login("bob"), await login("carol")
    await client.link_facebook(bob, facebook("B", "A"), sync=False)
    assert await friends_of(client, bob) == {}
    await client.link_facebook(carol, facebook("C", "A"))
    assert await friends_of(client, carol) == {"alice": FriendState.FRIEND}
    same = await client.authenticate_facebook(facebook("B"), create=False)
    assert same.user_id == bob.user_id
    await client.unlink_facebook(bob, facebook("B"))
    assert (await client.get_account(bob)).user.facebook_id == ""
    with pytest.raises(AlreadyExists, match="Facebook ID is already in use"):
        await client.link_facebook(bob, facebook("A"))
    with pytest.raises(Unauthenticated, match="Could not authenticate Facebook profile"):
        await client.link_facebook(bob, "garbage")


@pytest.mark.asyncio
async def test_unlink_facebook_raises_for_the_last_login(client: Client) -> None:
    alice = await client.authenticate_facebook(facebook("A"), username="alice")
    with pytest.raises(PermissionDenied, match="Cannot unlink last account identifier"):
        await client.unlink_facebook(alice, facebook("A"))


@pytest.mark.asyncio
async def test_authenticate_steam_logs_in_and_imports_friends(steam_client: Client) -> None:
    client = steam_client
    alice = await client.authenticate_steam(steam("1"), username="alice")
    bob = await client.authenticate_steam(steam("2", "1", "9"), username="bob", sync=True)
    assert (await client.get_account(alice)).user.steam_id == "1"
    assert await friends_of(client, bob) == {"alice": FriendState.FRIEND}
    assert await codes(client, alice) == [NotificationCode.FRIEND_JOIN_GAME]
    carol = await client.authenticate_device("device-of-carol", username="carol")
    await client.link_steam(carol, steam("3", "1"), sync=False)
    assert await friends_of(client, carol) == {}
    await client.import_steam_friends(carol, steam("3", "1", "2"))
    assert await friends_of(client, carol) == {"alice": 0, "bob": 0}
    await client.unlink_steam(carol, steam("3"))
    await client.link_steam(carol, steam("3", "1"))
    with pytest.raises(AlreadyExists, match="Steam ID is already in use"):
        await client.link_steam(carol, steam("1"))


@pytest.mark.asyncio
async def test_authenticate_steam_raises_when_steam_is_not_configured(
    client: Client, alice: Session
) -> None:
    for call in (
        client.authenticate_steam(steam("1")),
        client.link_steam(alice, steam("1")),
        client.import_steam_friends(alice, steam("1")),
    ):
        with pytest.raises(FailedPrecondition, match="Steam authentication is not configured"):
            await call

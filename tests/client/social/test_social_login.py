"""Facebook and Steam: logging in, linking, importing friends.

The mock stands in for both: a Facebook token is `fb:<id>:<friend,ids>`, a Steam ticket
`<id>:<friend,ids>`.
"""

import pytest

from nakama_client import Client, FriendState, NotificationCode, Session, Unauthenticated
from tests.client.conftest import Login


def facebook(user: str, *friends: str) -> str:
    return f"fb:{user}:{','.join(friends)}"


def steam(user: str, *friends: str) -> str:
    return f"{user}:{','.join(friends)}"


async def friends_of(client: Client, session: Session) -> dict[str, int]:
    return {each.user.username: each.state async for each in client.iter_friends(session)}


async def codes(client: Client, session: Session) -> list[int]:
    return [each.code async for each in client.iter_notifications(session)]


@pytest.mark.asyncio
async def test_logging_in_with_facebook(client: Client) -> None:
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
async def test_friends_come_along_when_asked_to(client: Client) -> None:
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
async def test_linking_facebook(client: Client, login: Login) -> None:
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

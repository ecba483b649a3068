"""Friends over HTTP: who is what to whom, paging, and what the server refuses."""

import asyncio
import uuid

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server import MockServer
from nakama_client import Client, FriendState, InvalidArgument, Session
from tests.client.conftest import Login
from tests.inner_loop import examples

ADD = "POST /v2/friend"


@pytest_asyncio.fixture
async def bob(login: Login) -> Session:
    return await login("bob")


@pytest_asyncio.fixture
async def carol(login: Login) -> Session:
    return await login("carol")


async def states(client: Client, session: Session) -> dict[str, int]:
    return {each.user.username: each.state async for each in client.iter_friends(session)}


async def befriend(client: Client, one: Session, other: Session) -> None:
    await client.add_friends(one, [other.user_id])
    await client.add_friends(other, [one.user_id])


@pytest.mark.asyncio
async def test_add_friends_invites_and_accepts_and_delete_friends_ends_it(
    client: Client, alice: Session, bob: Session
) -> None:
    assert await states(client, alice) == {}
    await client.add_friends(alice, usernames=["bob"])
    assert await states(client, alice) == {"bob": FriendState.INVITE_SENT}
    assert await states(client, bob) == {"alice": FriendState.INVITE_RECEIVED}
    await client.add_friends(bob, [alice.user_id])
    assert await states(client, alice) == {"bob": FriendState.FRIEND}
    (friend,) = (await client.list_friends(bob)).friends
    assert (friend.user.id, friend.state, friend.metadata) == (alice.user_id, 0, {})
    assert friend.update_time is not None
    await client.delete_friends(alice, usernames=["bob"])
    assert await states(client, alice) == await states(client, bob) == {}


@pytest.mark.asyncio
async def test_block_friends_blocks_and_delete_friends_unblocks(
    client: Client, alice: Session, bob: Session
) -> None:
    await befriend(client, alice, bob)
    await client.block_friends(alice, [bob.user_id])
    await client.add_friends(bob, [alice.user_id])
    await client.delete_friends(bob, [alice.user_id])
    assert await states(client, alice) == {"bob": FriendState.BLOCKED}
    assert await states(client, bob) == {}
    await client.delete_friends(alice, usernames=["bob"])
    assert await states(client, alice) == {}


@pytest.mark.asyncio
async def test_add_friends_keeps_metadata_for_the_caller_only(
    client: Client, alice: Session, bob: Session
) -> None:
    await client.add_friends(alice, [bob.user_id], metadata={"met": "at the inn", "n": [1]})
    (sent,) = (await client.list_friends(alice)).friends
    (received,) = (await client.list_friends(bob)).friends
    assert (sent.metadata, received.metadata) == ({"met": "at the inn", "n": [1]}, {})


@pytest.mark.asyncio
async def test_list_friends_filters_by_state(
    client: Client, alice: Session, bob: Session, carol: Session
) -> None:
    await befriend(client, alice, bob)
    await client.add_friends(alice, [carol.user_id])
    page = await client.list_friends(alice, state=FriendState.FRIEND)
    assert [each.user.username for each in page.friends] == ["bob"]
    found = client.iter_friends(alice, state=1, page_size=1)
    assert [each.user.username async for each in found] == ["carol"]
    assert (await client.list_friends(alice, state=FriendState.BLOCKED)).friends == ()


@pytest.mark.asyncio
async def test_add_friends_changes_nothing_when_refused(
    client: Client, alice: Session, bob: Session
) -> None:
    await client.add_friends(alice, [bob.user_id])
    before = await states(client, alice)
    for call in (client.add_friends, client.block_friends):
        with pytest.raises(InvalidArgument, match="No valid ID or username was provided"):
            await call(alice, usernames=["nobody"])
    for cursor in ("garbage", "x"):
        with pytest.raises(InvalidArgument, match="Cursor is invalid"):
            await client.list_friends(alice, cursor=cursor)
        with pytest.raises(InvalidArgument, match="Cursor is invalid"):
            await client.list_friends_of_friends(alice, cursor=cursor)
    await client.add_friends(alice, [str(uuid.uuid4())])
    await client.delete_friends(alice, usernames=["nobody"])
    assert await states(client, alice) == before


@pytest.mark.asyncio
async def test_list_friends_of_friends_lists_referrers(
    client: Client, alice: Session, bob: Session, carol: Session, login: Login
) -> None:
    await befriend(client, alice, bob)
    assert (await client.list_friends_of_friends(alice)).friends_of_friends == ()
    others = [carol] + [await login(f"other{number}") for number in range(4)]
    for other in others:
        await befriend(client, bob, other)
    for page_size in (1, 3, 100):
        found = client.iter_friends_of_friends(alice, page_size=page_size)
        listed = [(each.referrer, each.user.id) async for each in found]
        assert sorted(listed) == sorted((bob.user_id, other.user_id) for other in others)


@pytest.mark.asyncio
async def test_add_friends_splits_what_does_not_fit_in_one_request(
    client: Client, server: MockServer
) -> None:
    alice = await client.authenticate_device("device-of-alice", vars={"v": "x" * 2000})
    await client.authenticate_device("device-of-first", username="first")
    last = await client.authenticate_device("device-of-last", username="last")
    strangers = [str(uuid.uuid4()) for _ in range(400)]
    await client.add_friends(
        alice, ids=[*strangers, last.user_id], usernames=["first"], metadata={"t": "ü" * 200}
    )
    requests = server.journal.find(ADD)
    assert len(requests) > 1
    asked = [value for entry in requests for name, value in entry.query if name == "ids"]
    assert asked == [*strangers, last.user_id]
    assert all(("metadata", '{"t":"' + "ü" * 200 + '"}') in entry.query for entry in requests)
    listed = [each async for each in client.iter_friends(alice)]
    assert {each.user.username for each in listed} == {"first", "last"}
    assert all(each.metadata == {"t": "ü" * 200} for each in listed)
    await client.delete_friends(alice, [last.user_id, *strangers], usernames=["first"])
    assert await states(client, alice) == {}


@settings(max_examples=examples(15), deadline=None)
@given(
    relations=st.lists(st.sampled_from(["friend", "sent", "received", "blocked"]), max_size=7),
    page_size=st.integers(1, 4),
)
def test_iter_friends_yields_each_friend_once(relations: list[str], page_size: int) -> None:
    asyncio.run(_page(relations, page_size))


async def _page(relations: list[str], page_size: int) -> None:
    async with MockServer() as server, Client(server.http_url) as client:
        alice = await client.authenticate_device("device-of-alice")
        wanted = {}
        for number, relation in enumerate(relations):
            other = await client.authenticate_device(f"device-of-{number:03}")
            if relation in {"friend", "sent"}:
                await client.add_friends(alice, [other.user_id])
            if relation in {"friend", "received"}:
                await client.add_friends(other, [alice.user_id])
            if relation == "blocked":
                await client.block_friends(alice, [other.user_id])
            wanted[other.user_id] = ["friend", "sent", "received", "blocked"].index(relation)
        listed = [each async for each in client.iter_friends(alice, page_size=page_size)]
        assert len(listed) == len(wanted)
        assert {each.user.id: each.state for each in listed} == wanted
        assert [each.state for each in listed] == sorted(wanted.values())
        first = await client.list_friends(alice, limit=page_size)
        rest = client.iter_friends(alice, cursor=first.cursor, page_size=page_size)
        if first.cursor:
            assert [*first.friends] + [each async for each in rest] == listed
        else:
            assert len(listed) <= page_size

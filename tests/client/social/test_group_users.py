"""Who is in a group: adding, removing, promoting, and who may do it."""

import uuid

import pytest
import pytest_asyncio

from mock_server import MockServer
from nakama_client import Client, Group, GroupUserState, InvalidArgument, NotFound, Session
from tests.client.conftest import Login


@pytest_asyncio.fixture
async def bob(login: Login) -> Session:
    return await login("bob")


@pytest_asyncio.fixture
async def carol(login: Login) -> Session:
    return await login("carol")


@pytest_asyncio.fixture
async def group(client: Client, alice: Session) -> Group:
    return await client.create_group(alice, "Dragons")


async def members(client: Client, session: Session, group: Group) -> dict[str, int]:
    found = client.iter_group_users(session, group.id)
    return {each.user.username: each.state async for each in found}


@pytest.mark.asyncio
async def test_admins_add_promote_demote_kick_and_ban(
    client: Client, alice: Session, bob: Session, carol: Session, group: Group
) -> None:
    await client.join_group(bob, group.id)
    await client.add_group_users(alice, group.id, [bob.user_id, carol.user_id])
    assert await members(client, alice, group) == {"alice": 0, "bob": 2, "carol": 2}
    await client.promote_group_users(alice, group.id, [bob.user_id, bob.user_id])
    assert (await members(client, alice, group))["bob"] == GroupUserState.ADMIN
    await client.demote_group_users(alice, group.id, [bob.user_id])
    assert (await members(client, alice, group))["bob"] == GroupUserState.MEMBER
    await client.kick_group_users(alice, group.id, [bob.user_id])
    assert await members(client, alice, group) == {"alice": 0, "carol": 2}
    await client.ban_group_users(alice, group.id, [carol.user_id])
    assert await members(client, alice, group) == {"alice": 0}
    banned = await client.list_group_users(alice, group.id, state=GroupUserState.BANNED)
    assert [(each.user.id, each.state) for each in banned.group_users] == [(carol.user_id, 4)]
    await client.join_group(carol, group.id)
    assert (await client.list_user_groups(carol, carol.user_id)).user_groups == ()


@pytest.mark.asyncio
async def test_group_user_calls_raise_for_users_without_rights(
    client: Client, alice: Session, bob: Session, carol: Session, group: Group
) -> None:
    await client.add_group_users(alice, group.id, [bob.user_id, carol.user_id])
    for call in (
        client.add_group_users,
        client.kick_group_users,
        client.ban_group_users,
        client.promote_group_users,
        client.demote_group_users,
    ):
        with pytest.raises(NotFound, match="Group not found or permission denied"):
            await call(bob, group.id, [carol.user_id])
        with pytest.raises(NotFound, match="Group not found or permission denied"):
            await call(alice, str(uuid.uuid4()), [carol.user_id])
    assert await members(client, alice, group) == {"alice": 0, "bob": 2, "carol": 2}


@pytest.mark.asyncio
async def test_add_group_users_raises_for_full_groups_and_unknown_users(
    client: Client, alice: Session, bob: Session, carol: Session
) -> None:
    group = await client.create_group(alice, "Dragons", max_count=2)
    with pytest.raises(InvalidArgument, match="One or more users not found"):
        await client.add_group_users(alice, group.id, [str(uuid.uuid4())])
    await client.add_group_users(alice, group.id, [bob.user_id])
    with pytest.raises(InvalidArgument, match="Group is full"):
        await client.add_group_users(alice, group.id, [carol.user_id])
    assert await members(client, alice, group) == {"alice": 0, "bob": 2}


@pytest.mark.asyncio
async def test_list_group_users_filters_by_state_and_pages(
    client: Client, alice: Session, bob: Session, carol: Session, group: Group
) -> None:
    await client.join_group(bob, group.id)
    await client.add_group_users(alice, group.id, [carol.user_id])
    waiting = await client.list_group_users(alice, group.id, state=3)
    assert [each.user.username for each in waiting.group_users] == ["bob"]
    asked = await client.list_user_groups(bob, bob.user_id, state=GroupUserState.JOIN_REQUEST)
    assert [each.group.name for each in asked.user_groups] == ["Dragons"]
    assert (await client.list_user_groups(bob, bob.user_id, state=2)).user_groups == ()
    for page_size in (1, 2, 3):
        found = client.iter_group_users(alice, group.id, page_size=page_size)
        assert [each.user.username async for each in found] == ["alice", "carol", "bob"]
    for call in (client.list_group_users, client.list_user_groups):
        with pytest.raises(InvalidArgument, match="Cursor is invalid"):
            await call(alice, group.id, cursor="garbage")
    unknown = await client.list_group_users(alice, str(uuid.uuid4()))
    assert (unknown.group_users, unknown.cursor) == ((), "")


@pytest.mark.asyncio
async def test_add_group_users_splits_what_does_not_fit_in_one_request(
    client: Client, server: MockServer, alice: Session, bob: Session, group: Group
) -> None:
    strangers = [str(uuid.uuid4()) for _ in range(400)]
    await client.add_group_users(alice, group.id, [bob.user_id])
    await client.kick_group_users(alice, group.id, [*strangers, bob.user_id])
    assert await members(client, alice, group) == {"alice": 0}
    requests = server.journal.find(f"POST /v2/group/{group.id}/kick")
    asked = [value for entry in requests for _, value in entry.query]
    # The journal keeps only the first parameters of each request.
    assert asked == [each for each in [*strangers, bob.user_id] if each in set(asked)]
    assert len(requests) > 1
    assert len(requests) > 1
    some = strangers[:140]
    await client.add_group_users(alice, group.id, [bob.user_id])
    await client.promote_group_users(alice, group.id, [*some, bob.user_id])
    assert await members(client, alice, group) == {"alice": 0, "bob": 1}

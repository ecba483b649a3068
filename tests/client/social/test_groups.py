"""Groups over HTTP: making, changing, finding, joining, leaving."""

import asyncio
import uuid

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server import MockServer
from nakama_client import (
    AlreadyExists,
    Client,
    GroupUserState,
    InternalError,
    InvalidArgument,
    NotFound,
    Session,
)
from tests.client.conftest import Login
from tests.inner_loop import examples


@pytest_asyncio.fixture
async def bob(login: Login) -> Session:
    return await login("bob")


async def members(client: Client, session: Session, group_id: str) -> dict[str, int]:
    found = client.iter_group_users(session, group_id)
    return {each.user.username: each.state async for each in found}


@pytest.mark.asyncio
async def test_create_group_returns_the_group(client: Client, alice: Session) -> None:
    group = await client.create_group(
        alice,
        "Dragons",
        description="We breathe fire",
        avatar_url="http://pics/dragon.png",
        lang_tag="de",
        open=True,
        max_count=3,
    )
    assert group.creator_id == alice.user_id
    assert (group.name, group.description, group.lang_tag) == ("Dragons", "We breathe fire", "de")
    assert (group.avatar_url, group.open) == ("http://pics/dragon.png", True)
    assert (group.edge_count, group.max_count, group.metadata) == (1, 3, {})
    assert group.create_time is not None
    assert await members(client, alice, group.id) == {"alice": GroupUserState.SUPERADMIN}
    ((mine, state),) = [
        (each.group, each.state) async for each in client.iter_user_groups(alice, alice.user_id)
    ]
    assert (mine, state) == (group, GroupUserState.SUPERADMIN)


@pytest.mark.asyncio
async def test_create_group_defaults_to_closed_and_100_members(
    client: Client, alice: Session
) -> None:
    group = await client.create_group(alice, "Dragons")
    assert (group.open, group.max_count, group.lang_tag) == (False, 100, "en")


@pytest.mark.asyncio
async def test_update_group_changes_the_given_fields(
    client: Client, alice: Session, bob: Session
) -> None:
    group = await client.create_group(alice, "Dragons", description="old")
    await client.create_group(alice, "Knights")
    await client.update_group(alice, group.id, name="Wyverns", description="", open=True)
    (changed,) = (await client.list_groups(alice, name="wyverns")).groups
    assert (changed.id, changed.description, changed.open) == (group.id, "", True)
    with pytest.raises(InvalidArgument, match="Group name is in use"):
        await client.update_group(alice, group.id, name="Knights")
    for stranger, target in ((bob, group.id), (alice, str(uuid.uuid4()))):
        with pytest.raises(NotFound, match="not allowed to update"):
            await client.update_group(stranger, target, name="Mine")
    assert (await client.list_groups(alice, name="wyverns")).groups == (changed,)


@pytest.mark.asyncio
async def test_create_group_raises_when_the_name_is_taken(
    client: Client, alice: Session, bob: Session
) -> None:
    await client.create_group(alice, "Dragons")
    with pytest.raises(AlreadyExists, match="Group name is in use"):
        await client.create_group(bob, "Dragons")
    assert len((await client.list_groups(bob)).groups) == 1


@pytest.mark.asyncio
async def test_join_group_and_leave_group_change_the_members(
    client: Client, alice: Session, bob: Session
) -> None:
    group = await client.create_group(alice, "Dragons", open=True)
    await client.join_group(bob, group.id)
    await client.join_group(bob, group.id)
    assert await members(client, alice, group.id) == {"alice": 0, "bob": GroupUserState.MEMBER}
    with pytest.raises(NotFound, match="Group not found"):
        await client.join_group(bob, str(uuid.uuid4()))
    with pytest.raises(InvalidArgument, match="last superadmin"):
        await client.leave_group(alice, group.id)
    assert await members(client, alice, group.id) == {"alice": 0, "bob": 2}
    await client.leave_group(bob, group.id)
    await client.leave_group(bob, group.id)
    await client.leave_group(alice, group.id)
    assert (await client.list_groups(alice)).groups == ()
    assert await members(client, alice, group.id) == {}


@pytest.mark.asyncio
async def test_join_group_raises_when_the_group_is_full(
    client: Client, alice: Session, bob: Session
) -> None:
    group = await client.create_group(alice, "Dragons", open=True, max_count=1)
    with pytest.raises(InvalidArgument, match="Group is full"):
        await client.join_group(bob, group.id)
    assert await members(client, alice, group.id) == {"alice": 0}


@pytest.mark.asyncio
async def test_join_group_asks_the_admins_of_a_closed_group(
    client: Client, alice: Session, bob: Session
) -> None:
    group = await client.create_group(alice, "Dragons")
    await client.join_group(bob, group.id)
    assert await members(client, bob, group.id) == {
        "alice": GroupUserState.SUPERADMIN,
        "bob": GroupUserState.JOIN_REQUEST,
    }
    await client.leave_group(bob, group.id)
    assert await members(client, bob, group.id) == {"alice": 0}


@pytest.mark.asyncio
async def test_delete_group_needs_a_superadmin(
    client: Client, alice: Session, bob: Session
) -> None:
    group = await client.create_group(alice, "Dragons", open=True)
    await client.join_group(bob, group.id)
    with pytest.raises(InvalidArgument, match="not allowed to delete"):
        await client.delete_group(bob, group.id)
    assert len((await client.list_groups(bob)).groups) == 1
    await client.delete_group(alice, group.id)
    assert (await client.list_groups(bob)).groups == ()
    with pytest.raises(InvalidArgument, match="not allowed to delete"):
        await client.delete_group(alice, group.id)


@pytest.mark.asyncio
async def test_list_groups_filters(client: Client, alice: Session, bob: Session) -> None:
    red = await client.create_group(alice, "Red Dragons", open=True)
    blue = await client.create_group(alice, "Red Knights", lang_tag="de")
    green = await client.create_group(alice, "Elves", open=True, lang_tag="de")
    await client.join_group(bob, red.id)

    async def ids(**filters: object) -> set[str]:
        return {each.id async for each in client.iter_groups(bob, **filters)}  # type: ignore[arg-type]

    assert await ids() == {red.id, blue.id, green.id}
    assert await ids(name="red%") == {red.id, blue.id}
    assert await ids(name="elves") == {green.id}
    assert await ids(open=True) == {red.id, green.id}
    assert await ids(open=False) == {blue.id}
    assert await ids(lang_tag="de") == {blue.id, green.id}
    assert await ids(lang_tag="de", open=True) == {green.id}
    assert await ids(members=1) == {blue.id, green.id}
    assert await ids(members=2) == {red.id, blue.id, green.id}
    with pytest.raises(InternalError, match="Error while trying to list groups"):
        await client.list_groups(alice, cursor="garbage")


@settings(max_examples=examples(10), deadline=None)
@given(count=st.integers(0, 7), page_size=st.integers(1, 4))
def test_iter_groups_yields_each_group_once(count: int, page_size: int) -> None:
    asyncio.run(_page(count, page_size))


async def _page(count: int, page_size: int) -> None:
    async with MockServer() as server, Client(server.http_url) as client:
        alice = await client.authenticate_device("device-of-alice")
        made = [await client.create_group(alice, f"group {each}") for each in range(count)]
        ids = sorted(group.id for group in made)
        everywhere = client.iter_groups(alice, page_size=page_size)
        named = client.iter_groups(alice, name="group%", page_size=page_size)
        mine = client.iter_user_groups(alice, alice.user_id, page_size=page_size)
        assert sorted([each.id async for each in everywhere]) == ids
        assert sorted([each.id async for each in named]) == ids
        assert sorted([each.group.id async for each in mine]) == ids

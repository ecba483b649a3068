"""The history of channels: pages in both directions, and who may read."""

import asyncio
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server import MockServer
from nakama_client import ChannelType, Client, InvalidArgument, Session
from tests.client.conftest import Login
from tests.inner_loop import examples


async def talk(client: Client, session: Session, name: str, numbers: range) -> str:
    async with client.socket(session) as socket:
        room = await socket.join_channel(name)
        for number in numbers:
            await socket.send_message(room.id, {"n": number})
    return room.id


@pytest.mark.asyncio
async def test_list_channel_messages_pages_forward_and_backward(
    client: Client, alice: Session
) -> None:
    room = await talk(client, alice, "the inn", range(5))
    first = await client.list_channel_messages(alice, room, limit=2)
    assert [each.content["n"] for each in first.messages] == [0, 1]
    assert (first.prev_cursor, bool(first.cursor)) == ("", True)
    second = await client.list_channel_messages(alice, room, limit=2, cursor=first.cursor)
    assert [each.content["n"] for each in second.messages] == [2, 3]
    before = await client.list_channel_messages(alice, room, limit=2, cursor=second.prev_cursor)
    assert before.messages == first.messages
    last = await client.list_channel_messages(alice, room, limit=2, cursor=second.cursor)
    assert [each.content["n"] for each in last.messages] == [4]
    assert last.cursor == ""
    end = await client.list_channel_messages(alice, room, cursor=last.cacheable_cursor)
    assert (end.messages, end.cacheable_cursor) == ((), last.cacheable_cursor)
    await talk(client, alice, "the inn", range(5, 7))
    new = await client.list_channel_messages(alice, room, cursor=last.cacheable_cursor)
    assert [each.content["n"] for each in new.messages] == [5, 6]


@pytest.mark.asyncio
async def test_list_channel_messages_lists_newest_first_when_not_forward(
    client: Client, alice: Session
) -> None:
    room = await talk(client, alice, "the inn", range(5))
    for page_size in (1, 2, 5, 100):
        found = client.iter_channel_messages(alice, room, forward=False, page_size=page_size)
        assert [each.content["n"] async for each in found] == [4, 3, 2, 1, 0]
    newest = await client.list_channel_messages(alice, room, forward=False, limit=2)
    with pytest.raises(InvalidArgument, match="Cursor is invalid or expired"):
        await client.list_channel_messages(alice, room, cursor=newest.cursor)
    rest = client.iter_channel_messages(alice, room, forward=False, cursor=newest.cursor)
    assert [each.content["n"] async for each in rest] == [2, 1, 0]


@pytest.mark.asyncio
async def test_iter_channel_messages_resumes_from_its_cursor(
    client: Client, alice: Session
) -> None:
    room = await talk(client, alice, "the inn", range(3))
    found = client.iter_channel_messages(alice, room, page_size=2)
    assert [each.content["n"] async for each in found] == [0, 1, 2]
    await talk(client, alice, "the inn", range(3, 5))
    later = client.iter_channel_messages(alice, room, cursor=found.cursor)
    assert [each.content["n"] async for each in later] == [3, 4]


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["the inn", "50% off", "ärger im\\wald", "a?b&c=d#e", "😀"])
async def test_list_channel_messages_accepts_any_room_name(
    client: Client, alice: Session, name: str
) -> None:
    room = await talk(client, alice, name, range(1))
    (message,) = (await client.list_channel_messages(alice, room)).messages
    assert (message.room_name, message.content, message.channel_id) == (name, {"n": 0}, room)


@pytest.mark.asyncio
async def test_list_channel_messages_raises_for_users_who_may_not_read(
    client: Client, alice: Session, login: Login
) -> None:
    bob, carol = await login("bob"), await login("carol")
    group = await client.create_group(alice, "Dragons", open=True)
    async with client.socket(alice) as socket:
        group_channel = await socket.join_channel(group.id, ChannelType.GROUP)
        direct = await socket.join_channel(bob.user_id, ChannelType.DIRECT)
        await socket.send_message(group_channel.id, {"text": "members only"})
        await socket.send_message(direct.id, {"text": "between us"})
    assert len((await client.list_channel_messages(bob, direct.id)).messages) == 1
    for channel_id in (group_channel.id, direct.id, f"3.{uuid.uuid4()}..", "nonsense"):
        with pytest.raises(InvalidArgument, match=r"not found|Invalid channel ID"):
            await client.list_channel_messages(carol, channel_id)
    await client.join_group(carol, group.id)
    found = await client.list_channel_messages(carol, group_channel.id)
    assert [each.code for each in found.messages if each.code == 0] == [0]
    nobody_spoke = await client.list_channel_messages(carol, "2...empty")
    assert (nobody_spoke.messages, nobody_spoke.cacheable_cursor) == ((), "")


@settings(max_examples=examples(10), deadline=None)
@given(count=st.integers(0, 7), page_size=st.integers(1, 4), forward=st.booleans())
def test_iter_channel_messages_yields_each_message_once(
    count: int, page_size: int, forward: bool
) -> None:
    asyncio.run(_page(count, page_size, forward))


async def _page(count: int, page_size: int, forward: bool) -> None:
    async with MockServer() as server, Client(server.http_url) as client:
        alice = await client.authenticate_device("device-of-alice")
        room = await talk(client, alice, "the inn", range(count))
        found = client.iter_channel_messages(alice, room, forward=forward, page_size=page_size)
        listed = [each.content["n"] async for each in found]
        assert listed == sorted(range(count), reverse=not forward)

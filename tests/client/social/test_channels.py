"""Chat over the socket: joining, presences, sending, changing, removing, leaving."""

import asyncio
import uuid

import pytest
import pytest_asyncio

from nakama_client import (
    ChannelMessage,
    ChannelMessageCode,
    ChannelPresenceEvent,
    ChannelType,
    Client,
    RequestRefused,
    Session,
    Socket,
)
from tests.client.conftest import Login


class SocketEvents:
    """The events of one socket about its channels."""

    def __init__(self, socket: Socket) -> None:
        self.messages: asyncio.Queue[ChannelMessage] = asyncio.Queue()
        self.presences: asyncio.Queue[ChannelPresenceEvent] = asyncio.Queue()
        socket.on_channel_message(self.messages.put_nowait)
        socket.on_channel_presence(self.presences.put_nowait)


@pytest_asyncio.fixture
async def bob(login: Login) -> Session:
    return await login("bob")


@pytest.mark.asyncio
async def test_join_channel_opens_a_room_with_presences(
    client: Client, alice: Session, bob: Session
) -> None:
    async with client.socket(alice) as alice_socket, client.socket(bob) as bob_socket:
        alice_events = SocketEvents(alice_socket)
        room = await alice_socket.join_channel("the inn")
        assert (room.id, room.room_name, room.presences) == ("2...the inn", "the inn", ())
        assert (room.own_presence.user_id, room.own_presence.persistence) == (alice.user_id, True)
        assert (await alice_events.presences.get()).joins == (room.own_presence,)

        joined = await bob_socket.join_channel("the inn")
        assert joined.presences == (room.own_presence,)
        event = await alice_events.presences.get()
        assert (event.channel_id, event.room_name) == (room.id, "the inn")
        assert (event.joins, event.leaves) == ((joined.own_presence,), ())

        ack = await bob_socket.send_message(room.id, {"text": "héllo", "n": [1, None]})
        message = await alice_events.messages.get()
        assert message.content == {"text": "héllo", "n": [1, None]}
        assert (message.sender_id, message.username) == (bob.user_id, "bob")
        assert (message.message_id, message.code) == (ack.message_id, ChannelMessageCode.CHAT)
        assert (message.room_name, message.persistent) == ("the inn", True)
        assert message.create_time == ack.create_time is not None
        assert message.create_time.tzinfo is not None

        await bob_socket.leave_channel(room.id)
        await bob_socket.leave_channel(room.id)
        assert (await alice_events.presences.get()).leaves == (joined.own_presence,)


@pytest.mark.asyncio
async def test_send_message_reaches_the_sender_too(client: Client, alice: Session) -> None:
    async with client.socket(alice) as socket:
        events = SocketEvents(socket)
        room = await socket.join_channel("the inn", ChannelType.ROOM)
        ack = await socket.send_message(room.id, {})
        received = await events.messages.get()
        assert (received.message_id, received.content) == (ack.message_id, {})


@pytest.mark.asyncio
async def test_update_message_and_remove_message_reach_the_channel(
    client: Client, alice: Session, bob: Session
) -> None:
    async with client.socket(alice) as alice_socket, client.socket(bob) as bob_socket:
        events = SocketEvents(bob_socket)
        room = await alice_socket.join_channel("the inn")
        await bob_socket.join_channel("the inn")
        sent = await alice_socket.send_message(room.id, {"text": "helo"})
        changed = await alice_socket.update_message(
            room.id, sent.message_id, content={"text": "hello"}
        )
        removed = await alice_socket.remove_message(room.id, sent.message_id)
        assert [changed.code, removed.code] == [
            ChannelMessageCode.CHAT_UPDATE,
            ChannelMessageCode.CHAT_REMOVE,
        ]
        received = [await events.messages.get() for _ in range(3)]
        assert [(each.code, each.content) for each in received] == [
            (0, {"text": "helo"}),
            (1, {"text": "hello"}),
            (2, {}),
        ]
        assert {each.message_id for each in received} == {sent.message_id}
        with pytest.raises(RequestRefused, match="Could not find message to remove"):
            await alice_socket.remove_message(room.id, sent.message_id)
        mine = await alice_socket.send_message(room.id, {"text": "mine"})
        with pytest.raises(RequestRefused, match="Could not find message to update") as raised:
            await bob_socket.update_message(room.id, mine.message_id, content={})
        assert raised.value.code == 3
    stored = await client.list_channel_messages(bob, room.id)
    assert [each.content for each in stored.messages] == [{"text": "mine"}]


@pytest.mark.asyncio
async def test_join_channel_gives_both_users_the_same_direct_channel(
    client: Client, alice: Session, bob: Session
) -> None:
    async with client.socket(alice) as alice_socket, client.socket(bob) as bob_socket:
        events = SocketEvents(alice_socket)
        alices_channel = await alice_socket.join_channel(bob.user_id.upper(), ChannelType.DIRECT)
        bobs_channel = await bob_socket.join_channel(alice.user_id, ChannelType.DIRECT)
        assert alices_channel.id == bobs_channel.id
        one, two = sorted([alice.user_id, bob.user_id])
        assert (alices_channel.user_id_one, alices_channel.user_id_two) == (one, two)
        await bob_socket.send_message(bobs_channel.id, {"text": "hi"})
        message = await events.messages.get()
        assert (message.user_id_one, message.user_id_two) == (one, two)


@pytest.mark.asyncio
async def test_group_channel_gets_messages_about_member_changes(
    client: Client, alice: Session, bob: Session, login: Login
) -> None:
    carol = await login("carol")
    group = await client.create_group(alice, "Dragons", open=True)
    async with client.socket(alice) as alice_socket, client.socket(bob) as bob_socket:
        events = SocketEvents(alice_socket)
        channel = await alice_socket.join_channel(group.id, ChannelType.GROUP)
        assert channel.group_id == group.id
        with pytest.raises(RequestRefused, match="Group not found"):
            await bob_socket.join_channel(group.id, ChannelType.GROUP)
        bobs, carols = [bob.user_id], [carol.user_id]
        await client.join_group(bob, group.id)
        await client.promote_group_users(alice, group.id, bobs)
        await client.demote_group_users(alice, group.id, bobs)
        await client.add_group_users(alice, group.id, carols)
        await client.kick_group_users(alice, group.id, carols)
        await client.leave_group(bob, group.id)
        await client.join_group(bob, group.id)
        await client.ban_group_users(alice, group.id, bobs)
        received = [await events.messages.get() for _ in range(8)]
    codes = ChannelMessageCode
    assert [(each.code, each.username) for each in received] == [
        (codes.GROUP_JOIN, "bob"),
        (codes.GROUP_PROMOTED, "bob"),
        (codes.GROUP_DEMOTE, "bob"),
        (codes.GROUP_ADD, "carol"),
        (codes.GROUP_KICK, "carol"),
        (codes.GROUP_LEAVE, "bob"),
        (codes.GROUP_JOIN, "bob"),
        (codes.GROUP_BAN, "bob"),
    ]
    assert all(each.content == {} and each.group_id == group.id for each in received)


@pytest.mark.asyncio
async def test_channel_calls_raise_what_the_server_refuses(
    client: Client, alice: Session, bob: Session
) -> None:
    stranger = str(uuid.uuid4())
    async with client.socket(alice) as socket:
        for target, kind, words in (
            (stranger, ChannelType.DIRECT, "User ID not found"),
            (str(uuid.UUID(int=0)), ChannelType.DIRECT, "Invalid user ID in direct message join"),
            (stranger, ChannelType.GROUP, "Group not found"),
        ):
            with pytest.raises(RequestRefused, match=words):
                await socket.join_channel(target, kind)
        with pytest.raises(RequestRefused, match="Must join channel before sending messages"):
            await socket.send_message("2...elsewhere", {"text": "hi"})
        with pytest.raises(RequestRefused, match="Invalid channel identifier"):
            await socket.leave_channel("nonsense")
        await client.block_friends(bob, [alice.user_id])
        with pytest.raises(RequestRefused, match="User ID not found"):
            await socket.join_channel(bob.user_id, ChannelType.DIRECT)
        assert socket.is_connected


@pytest.mark.asyncio
async def test_join_channel_hidden_without_persistence(
    client: Client, alice: Session, bob: Session
) -> None:
    async with client.socket(alice) as alice_socket, client.socket(bob) as bob_socket:
        events = SocketEvents(bob_socket)
        room = await alice_socket.join_channel("the inn", persistence=False, hidden=True)
        assert room.own_presence.persistence is False
        joined = await bob_socket.join_channel("the inn")
        assert joined.presences == ()
        await alice_socket.send_message(room.id, {"text": "who is there?"})
        assert (await events.messages.get()).persistent is False
        assert (await events.presences.get()).joins == (joined.own_presence,)
    assert (await client.list_channel_messages(bob, room.id)).messages == ()


@pytest.mark.asyncio
async def test_lost_connection_leaves_the_channel(
    client: Client, alice: Session, bob: Session
) -> None:
    async with client.socket(alice) as alice_socket:
        socket_events = SocketEvents(alice_socket)
        await alice_socket.join_channel("the inn")
        async with client.socket(bob) as bob_socket:
            bobs_presence = (await bob_socket.join_channel("the inn")).own_presence
        events = [await socket_events.presences.get() for _ in range(3)]
        assert events[-1].leaves == (bobs_presence,)

"""Messages in groups and rooms are pushed to the members who are not there."""

from contextlib import AsyncExitStack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server import Config, MockServer, PushOutcome
from nakama_client import ChannelType, Client, Session, Socket
from onesignal_stub import OneSignalStub
from tests.inner_loop import examples
from tests.mock_server.push.conftest import Start, client_of, login
from tests.mock_server.push.test_own_events import ended, phone

RULES = [
    {"event": event, "contents": {"en": "$subject: $sender: $text"}}
    for event in ("group_message", "room_message")
]
ALSO_ONLINE = [{**rule, "also_online": True} for rule in RULES]


async def login_with_phone(client: Client, *names: str) -> tuple[list[Session], dict[str, str]]:
    """Users, and the names of them by the player id of each one's phone."""
    sessions = [await login(client, name) for name in names]
    return sessions, {
        await phone(client, session, f"phone of {name}"): name
        for session, name in zip(sessions, names, strict=True)
    }


async def write(socket: Socket, channel_id: str, text: str = "hello") -> None:
    await socket.send_message(channel_id, {"text": text})


def pushed(onesignal: OneSignalStub, phones: dict[str, str]) -> list[tuple[str, str]]:
    return sorted((phones[push.player_id or ""], str(push.contents)) for push in onesignal.pushes)


@pytest.mark.asyncio
async def test_a_group_message_reaches_members_who_are_offline_and_nobody_else(
    start: Start, onesignal: OneSignalStub
) -> None:
    async with start(push__on_event=RULES) as server, client_of(server) as client:
        names = ("ada", "bob", "carl", "dora", "eve", "fay", "gus")
        sessions, phones = await login_with_phone(client, *names)
        ada, bob, carl, dora, eve, fay, _ = sessions
        group = await client.create_group(ada, "Guild", open=False)
        for other in (bob, carl, dora):
            await client.add_group_users(ada, group.id, [other.user_id])
        await client.join_group(eve, group.id)  # asks, and is not let in
        await client.add_group_users(ada, group.id, [fay.user_id])
        await client.ban_group_users(ada, group.id, [fay.user_id])
        async with client.socket(ada) as adas, client.socket(bob) as bobs, client.socket(carl):
            channel = await adas.join_channel(group.id, ChannelType.GROUP)
            await bobs.join_channel(group.id, ChannelType.GROUP)
            await write(adas, channel.id)
            records = await ended(server, 2)
    by_user = {record.user_id: record for record in records}
    assert by_user.keys() == {carl.user_id, dora.user_id}
    assert by_user[carl.user_id].reason == "the user is online"
    assert by_user[dora.user_id].outcome == PushOutcome.SENT
    assert pushed(onesignal, phones) == [("dora", "Guild: ada: hello")]
    (push,) = onesignal.pushes
    assert push.data["event"] == "group_message"
    assert (push.data["channel_id"], push.data["sender_id"]) == (channel.id, ada.user_id)


@pytest.mark.asyncio
async def test_a_rule_may_push_to_who_is_online_and_not_in_the_channel(
    start: Start, onesignal: OneSignalStub
) -> None:
    async with start(push__on_event=ALSO_ONLINE) as server, client_of(server) as client:
        (ada, bob, carl), phones = await login_with_phone(client, "ada", "bob", "carl")
        group = await client.create_group(ada, "Guild", open=True)
        for other in (bob, carl):
            await client.join_group(other, group.id)
        async with client.socket(ada) as adas, client.socket(bob) as bobs, client.socket(carl):
            channel = await adas.join_channel(group.id, ChannelType.GROUP)
            await bobs.join_channel(group.id, ChannelType.GROUP, hidden=True)
            await write(adas, channel.id)
            await ended(server, 1)
        assert pushed(onesignal, phones) == [("carl", "Guild: ada: hello")]
        assert len(server.pushes) == 1


@pytest.mark.asyncio
async def test_a_module_writes_to_all_members_and_a_group_of_nobody_is_no_error(
    start: Start, onesignal: OneSignalStub
) -> None:
    async with start(push__on_event=RULES) as server, client_of(server) as client:
        (ada, bob), phones = await login_with_phone(client, "ada", "bob")
        group = await client.create_group(ada, "Guild", open=True)
        await client.join_group(bob, group.id)
        server.nk.channel_message_send(f"3.{group.id}..", {"text": "news"}, None, "system")
        server.nk.channel_message_send("2...nowhere", {"text": "news"}, None, "system")
        server.nk.channel_message_send(
            "3.11111111-1111-4111-8111-111111111111..", {"text": "news"}, None, "system"
        )
        await ended(server, 2)
        assert pushed(onesignal, phones) == [
            ("ada", "Guild: system: news"),
            ("bob", "Guild: system: news"),
        ]


@pytest.mark.asyncio
async def test_a_room_message_reaches_who_joined_it_and_went_and_not_who_left(
    start: Start, onesignal: OneSignalStub
) -> None:
    async with start(push__on_event=RULES) as server, client_of(server) as client:
        names = ("ada", "bob", "carl", "dora", "eve")
        (ada, bob, carl, dora, eve), phones = await login_with_phone(client, *names)
        for visitor in (bob, carl, dora):
            async with client.socket(visitor) as socket:
                room = await socket.join_channel("lobby", ChannelType.ROOM)
                if visitor is carl:
                    await socket.leave_channel(room.id)
        async with client.socket(eve) as socket:
            await socket.join_channel("another room", ChannelType.ROOM)
        async with client.socket(dora) as doras, client.socket(ada) as adas:
            await doras.join_channel("lobby", ChannelType.ROOM)
            room = await adas.join_channel("lobby", ChannelType.ROOM)
            await write(adas, room.id)
            await ended(server, 1)
            await client.delete_account(bob)
            await write(adas, room.id, "and again")
            await write(adas, room.id, "and again")
        assert pushed(onesignal, phones) == [("bob", "lobby: ada: hello")]
        assert len(server.pushes) == 1


@pytest.mark.asyncio
async def test_members_of_a_room_are_known_after_a_restart_and_forgotten_by_a_reset(
    start: Start, onesignal: OneSignalStub
) -> None:
    async with start(push__on_event=RULES) as server:

        async def write_to_room(name: str) -> None:
            async with client_of(server) as client, client.socket(await login(client, name)) as bob:
                room = await bob.join_channel("lobby", ChannelType.ROOM)
                await write(bob, room.id, f"from {name}")

        async with client_of(server) as client:
            (ada,), phones = await login_with_phone(client, "ada")
            async with client.socket(ada) as socket:
                await socket.join_channel("lobby", ChannelType.ROOM)
        await server.restart()
        await write_to_room("bob")
        await ended(server, 1)
        assert pushed(onesignal, phones) == [("ada", "lobby: bob: from bob")]
        await server.reset()
        await write_to_room("carl")
        assert len(server.pushes) == 0


@pytest.mark.asyncio
async def test_one_of_two_sockets_that_leaves_a_room_does_not_take_the_user_from_it(
    start: Start, onesignal: OneSignalStub
) -> None:
    async with start(push__on_event=RULES) as server, client_of(server) as client:
        (ada, bob), phones = await login_with_phone(client, "ada", "bob")
        async with client.socket(bob) as one, client.socket(bob) as two:
            room = await one.join_channel("lobby", ChannelType.ROOM)
            await two.join_channel("lobby", ChannelType.ROOM)
            await one.leave_channel(room.id)
        async with client.socket(ada) as adas:
            await adas.join_channel("lobby", ChannelType.ROOM)
            await write(adas, room.id)
        await ended(server, 1)
        assert pushed(onesignal, phones) == [("bob", "lobby: ada: hello")]


@pytest.mark.slow
@pytest.mark.asyncio
async def test_a_message_to_a_large_group_is_pushed_to_a_thousand_members(start: Start) -> None:
    def members(server: MockServer, number: int) -> list[str]:
        made = (
            server.nk.authenticate_custom(f"custom-id-{number}", f"user{number}", True)
            for number in range(number)
        )
        return [user[0] for user in made]

    async with start(push__on_event=RULES) as server, client_of(server) as client:
        ada = await login(client, "ada")
        many = members(server, 1010)
        group = server.nk.group_create(ada.user_id, "Guild", None, None, None, None, True, {}, 2000)
        server.nk.group_users_add(group["id"], many)
        async with client.socket(ada) as socket:
            channel = await socket.join_channel(group["id"], ChannelType.GROUP)
            await write(socket, channel.id)
        records = list(server.pushes)
        assert len(records) == 1001
        assert {record.user_id for record in records} == {*many[:1000], ""}
        assert "'Guild' has more than 1000 members who are not there" in records[-1].reason
        assert records[-1].outcome == PushOutcome.SKIPPED


@pytest.mark.asyncio
async def test_a_user_is_a_member_of_the_hundred_rooms_joined_last(start: Start) -> None:
    async with start(push__on_event=RULES) as server, client_of(server) as client:
        ada = await login(client, "ada")
        async with client.socket(ada) as socket:
            for number in range(101):
                await socket.join_channel(f"room {number}", ChannelType.ROOM)
        for number in (0, 1, 100):
            server.nk.channel_message_send(f"2...room {number}", {"text": "x"}, None, "system")
        assert len(server.pushes) == 2


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["ada", "bob", "carl"]),
        st.sampled_from(["connect", "disconnect", "join", "leave", "write"]),
    ),
    max_size=25,
)


@settings(max_examples=examples(15), deadline=None)
@given(actions=ACTIONS)
@pytest.mark.asyncio
async def test_any_order_of_joins_and_leaves_pushes_to_the_members_who_are_offline(
    actions: list[tuple[str, str]],
) -> None:
    members, expected = set[str](), list[tuple[str, str]]()
    sockets: dict[str, Socket] = {}
    rooms: dict[str, str] = {}  # of those who are in it
    async with OneSignalStub() as onesignal, AsyncExitStack() as stack:
        config = Config.from_settings({"onesignal.url": onesignal.url, "push.on_event": RULES})
        server = await stack.enter_async_context(MockServer(config))
        client = await stack.enter_async_context(Client(server.http_url))
        users, phones = await login_with_phone(client, "ada", "bob", "carl")
        sessions = dict(zip(("ada", "bob", "carl"), users, strict=True))
        for number, (name, action) in enumerate(actions):
            if action == "connect" and name not in sockets:
                sockets[name] = await stack.enter_async_context(client.socket(sessions[name]))
            elif name not in sockets:
                continue
            elif action == "disconnect":
                await sockets.pop(name).close()
                rooms.pop(name, None)
            elif action == "join":
                rooms[name] = (await sockets[name].join_channel("lobby", ChannelType.ROOM)).id
                members.add(name)
            elif action == "leave" and name in rooms:
                await sockets[name].leave_channel(rooms.pop(name))
                members.discard(name)
            elif action == "write" and name in rooms:
                await write(sockets[name], rooms[name], str(number))
                offline = members - sockets.keys()
                expected += [(each, f"lobby: {name}: {number}") for each in offline]
        if len(server.pushes):
            await ended(server, len(server.pushes))
        assert pushed(onesignal, phones) == sorted(expected)

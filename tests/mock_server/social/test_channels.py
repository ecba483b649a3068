import json
import re
from typing import Any

import pytest

from mock_server import ModuleError
from tests.mock_server.social.chat import (
    DIRECT,
    GROUP,
    ROOM,
    error,
    group_of,
    join,
    say,
    text_of,
    texts,
)
from tests.mock_server.social.game import OK, Player, open_game

STRANGER = "7c2f5a56-31f5-4c1a-8f2c-0b5d5f2b7a11"
NOBODY = "00000000-0000-0000-0000-000000000000"
NANOSECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")


def shown(player: Player, **fields: Any) -> dict[str, Any]:
    presence = {"user_id": player.id, "session_id": player.session_id, "username": player.name}
    return {**presence, "persistence": True, **fields}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("target", "kind", "message"),
    [
        ("", ROOM, "Invalid channel target"),
        ("a" * 65, ROOM, "Channel name is required and must be 1-64 chars: Invalid channel target"),
        ("é" * 33, ROOM, "Channel name is required and must be 1-64 chars: Invalid channel target"),
        ("a\x07", ROOM, "Channel name must not contain control chars: Invalid channel target"),
        ("bob", DIRECT, "Invalid user ID in direct message join: Invalid channel target"),
        (NOBODY, DIRECT, "Invalid user ID in direct message join: Invalid channel target"),
        (STRANGER, DIRECT, "User ID not found: Invalid channel target"),
        ("dragons", GROUP, "Invalid group ID in group channel join: Invalid channel target"),
        (STRANGER, GROUP, "Group not found: Invalid channel target"),
        ("lobby", 4, "Invalid channel type"),
        ("lobby", -1, "Invalid channel type"),
    ],
)
async def test_channels_that_cannot_be_joined(target: str, kind: int, message: str) -> None:
    async with open_game() as game:
        (ada,) = await game.players("ada")
        assert await join(ada, target, kind) == error(message)


@pytest.mark.asyncio
async def test_a_room_reports_joins_and_leaves() -> None:
    async with open_game() as game:
        ada, bob, cleo = await game.players("ada", "bob", "cleo")
        room = {"room_name": "lobby"}
        assert await join(ada, "lobby", 0) == {"id": "2...lobby", "self": shown(ada), **room}
        assert await join(bob, "lobby") == {
            "id": "2...lobby",
            "presences": [shown(ada)],
            "self": shown(bob),
            **room,
        }
        unkept = {key: value for key, value in shown(cleo).items() if key != "persistence"}
        assert (await join(cleo, "lobby", persistence=False))["self"] == unkept
        await cleo.disconnect()
        assert await bob.ask(channel_leave={"channel_id": "2...lobby"}) == {}
        events = [frame["channel_presence_event"] for frame in await ada.received()]
        place = {"channel_id": "2...lobby", **room}
        assert sorted(events, key=lambda event: json.dumps(event)) == sorted(
            [
                {**place, "joins": [shown(ada)]},
                {**place, "joins": [shown(bob)]},
                {**place, "joins": [unkept]},
                {**place, "leaves": [unkept]},
                {**place, "leaves": [shown(bob)]},
            ],
            key=lambda event: json.dumps(event),
        )


@pytest.mark.asyncio
async def test_a_hidden_member_reads_and_writes_without_a_presence() -> None:
    async with open_game() as game:
        ada, bob = await game.players("ada", "bob")
        await join(ada, "lobby")
        answer = await join(bob, "lobby", hidden=True)
        assert answer["presences"] == [shown(ada)]
        assert "presences" not in await join(ada, "other")
        await ada.received()
        await say(bob, "2...lobby", "boo")
        await say(ada, "2...lobby", "who?")
        await bob.ask(channel_leave={"channel_id": "2...lobby"})
        received_by_ada = [frame["channel_message"]["username"] for frame in await ada.received()]
        received_by_bob = [frame["channel_message"]["username"] for frame in await bob.received()]
        assert received_by_ada == received_by_bob == ["bob", "ada"]


@pytest.mark.asyncio
async def test_joining_again_sends_no_event_and_keeps_the_first_choice() -> None:
    async with open_game() as game:
        ada, bob = await game.players("ada", "bob")
        await join(ada, "lobby")
        await join(bob, "lobby")
        await ada.received()
        await bob.received()
        again = await join(bob, "lobby", persistence=False)
        assert [each["username"] for each in again["presences"]] == ["ada", "bob"]
        assert (await say(bob, "2...lobby", "kept"))["persistent"] is True
        assert [list(frame) for frame in await ada.received()] == [["channel_message"]]


@pytest.mark.asyncio
async def test_a_message_has_nanoseconds_on_the_socket_and_microseconds_in_the_list() -> None:
    async with open_game() as game:
        (ada,) = await game.players("ada")
        await join(ada, "lobby")
        await ada.received()
        ack = await say(ada, "2...lobby", "hi")
        (frame,) = await ada.received()
        live = frame["channel_message"]
        assert list(ack) == [
            "channel_id",
            "message_id",
            "code",
            "username",
            "create_time",
            "update_time",
            "persistent",
            "room_name",
        ]
        assert NANOSECONDS.fullmatch(ack["create_time"])
        assert {**live, **ack} == live
        assert (live["sender_id"], live["content"]) == (ada.id, '{"text": "hi"}')
        (listed,) = (await ada.get("/v2/channel/2...lobby"))["messages"]
        cut = re.sub(r"(\.\d{6})\d*Z", r"\1", live["create_time"])
        assert listed["create_time"].rstrip("Z0") == cut.rstrip("Z0")
        assert {**listed, "create_time": "", "update_time": ""} == {
            **live,
            "create_time": "",
            "update_time": "",
        }


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"channel_id": "lobby", "content": "{}"}, "Invalid channel identifier"),
        ({"channel_id": "2...other", "content": "{}"}, "Must join channel before sending messages"),
        (
            {"channel_id": "2...lobby", "content": "[]"},
            "Message content must be a valid JSON object",
        ),
        ({"channel_id": "2...lobby"}, "Message content must be a valid JSON object"),
        ({"channel_id": "2...other"}, "Message content must be a valid JSON object"),
    ],
)
async def test_messages_that_are_not_sent(request_: dict[str, str], message: str) -> None:
    async with open_game() as game:
        (ada,) = await game.players("ada")
        await join(ada, "lobby")
        await ada.received()
        assert await ada.ask(channel_message_send=request_) == error(message)
        assert await ada.received() == []
        assert await texts(ada, "2...lobby") == []


@pytest.mark.asyncio
async def test_what_the_database_cannot_hold_is_not_sent() -> None:
    async with open_game() as game:
        (ada,) = await game.players("ada")
        await join(ada, "lobby")
        await ada.received()
        bad = {"channel_id": "2...lobby", "content": r'{"text": "\u0000"}'}
        assert await ada.ask(channel_message_send=bad) == {
            "error": {"message": "Could not persist message to channel history"}
        }
        assert await ada.received() == []


@pytest.mark.asyncio
async def test_only_its_author_changes_or_removes_a_message() -> None:
    async with open_game() as game:
        ada, bob = await game.players("ada", "bob")
        for player in (ada, bob):
            await join(player, "lobby")
        sent = await say(ada, "2...lobby", "first")
        mine = {"channel_id": "2...lobby", "message_id": sent["message_id"]}
        content = {"content": '{"text": "second"}'}
        assert await bob.ask(channel_message_update={**mine, **content}) == error(
            "Could not find message to update in channel history"
        )
        assert await bob.ask(channel_message_remove=mine) == error(
            "Could not find message to remove in channel history"
        )
        changed = await ada.ask(channel_message_update={**mine, **content})
        assert changed["channel_message_ack"]["code"] == 1
        (listed,) = (await bob.get("/v2/channel/2...lobby"))["messages"]
        assert (listed["code"], text_of(listed)) == (0, "second")
        assert listed["create_time"] < listed["update_time"]
        await bob.received()
        removed = await ada.ask(channel_message_remove=mine)
        assert removed["channel_message_ack"]["code"] == 2
        (frame,) = await bob.received()
        assert frame["channel_message"]["content"] == "{}"
        assert await texts(bob, "2...lobby") == []


@pytest.mark.asyncio
async def test_a_change_names_its_message_as_the_client_does() -> None:
    async with open_game() as game:
        (ada,) = await game.players("ada")
        await join(ada, "lobby")
        sent = await say(ada, "2...lobby", "first")
        await ada.received()
        spelled = {"channel_id": "2...lobby", "message_id": sent["message_id"].upper()}
        changed = await ada.ask(channel_message_update={**spelled, "content": "{}"})
        removed = await ada.ask(channel_message_remove=spelled)
        received = [frame["channel_message"] for frame in await ada.received()]
        acks = [changed["channel_message_ack"], removed["channel_message_ack"]]
        assert {each["message_id"] for each in received + acks} == {spelled["message_id"]}
        assert await texts(ada, "2...lobby") == []


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("change", "doing", "content"),
    [
        ("channel_message_update", "updating", {"content": '{"text": "second"}'}),
        ("channel_message_remove", "removing", {}),
    ],
)
async def test_changes_that_are_refused(change: str, doing: str, content: dict[str, str]) -> None:
    async with open_game() as game:
        (ada,) = await game.players("ada")
        await join(ada, "lobby")
        sent = await say(ada, "2...lobby", "first")
        good = {"channel_id": "2...lobby", "message_id": sent["message_id"], **content}
        for bad, message in [
            ({"message_id": "first"}, "Invalid message identifier"),
            ({"channel_id": "lobby"}, "Invalid channel identifier"),
            ({"channel_id": "2...other"}, f"Must join channel before {doing} messages"),
        ]:
            assert await ada.ask(**{change: {**good, **bad}}) == error(message)
        assert await texts(ada, "2...lobby") == ["first"]


@pytest.mark.asyncio
async def test_a_message_that_is_not_persistent_arrives_but_is_not_listed() -> None:
    async with open_game() as game:
        ada, bob = await game.players("ada", "bob")
        await join(ada, "lobby", persistence=False)
        await join(bob, "lobby")
        await bob.received()
        sent = await say(ada, "2...lobby", "psst")
        assert sent["persistent"] is False
        unseen = {"channel_id": "2...lobby", "message_id": STRANGER, "content": "{}"}
        assert "channel_message_ack" in await ada.ask(channel_message_update=unseen)
        codes = [frame["channel_message"]["code"] for frame in await bob.received()]
        assert codes == [0, 1]
        assert await texts(bob, "2...lobby") == []


@pytest.mark.asyncio
async def test_a_block_ends_the_direct_chat_of_two() -> None:
    async with open_game() as game:
        ada, bob = await game.players("ada", "bob")
        direct = (await join(ada, bob.id, DIRECT))["id"]
        await join(bob, ada.id, DIRECT)
        await ada.received()
        await bob.received()
        assert await ada.post("/v2/friend/block", ids=bob.id) == OK
        assert await ada.received() == await bob.received() == []
        for player in (ada, bob):
            assert await say(player, direct, "hi") == error(
                "Must join channel before sending messages"
            )
        assert await join(bob, ada.id, DIRECT) == error("User ID not found: Invalid channel target")
        assert (await join(ada, bob.id, DIRECT))["id"] == direct


@pytest.mark.asyncio
async def test_changes_of_group_users_send_messages_to_the_groups_channel() -> None:
    async with open_game() as game:
        ada, bob, cleo = await game.players("ada", "bob", "cleo")
        group = await group_of(ada)
        channel = (await join(ada, group, GROUP))["id"]
        await ada.received()
        await bob.post(f"/v2/group/{group}/join")
        for verb in ("add", "promote", "demote", "kick", "add", "ban"):
            await ada.post(f"/v2/group/{group}/{verb}", user_ids=cleo.id)
        await bob.post(f"/v2/group/{group}/leave")
        wanted = [
            (3, "bob"),
            (4, "cleo"),
            (7, "cleo"),
            (9, "cleo"),
            (6, "cleo"),
            (4, "cleo"),
            (8, "cleo"),
            (5, "bob"),
        ]
        received = [frame["channel_message"] for frame in await ada.received()]
        assert [(each["code"], each["username"]) for each in received] == wanted
        assert {each["content"] for each in received} == {"{}"}
        assert {each["persistent"] for each in received} == {True}
        listed = (await ada.get(f"/v2/channel/{channel}", limit=100))["messages"]
        assert sorted((each["code"], each["username"]) for each in listed) == sorted(wanted)
        assert {"." in each["create_time"] for each in listed} == {False}


@pytest.mark.asyncio
@pytest.mark.parametrize("verb", ["kick", "ban", "leave"])
async def test_who_is_no_longer_in_a_group_leaves_its_channel(verb: str) -> None:
    async with open_game() as game:
        ada, bob = await game.players("ada", "bob")
        group = await group_of(ada, bob)
        channel = (await join(ada, group, GROUP))["id"]
        await join(bob, group, GROUP)
        await ada.received()
        if verb == "leave":
            await bob.post(f"/v2/group/{group}/leave")
        else:
            await ada.post(f"/v2/group/{group}/{verb}", user_ids=bob.id)
        message, event = await ada.received()
        assert message["channel_message"]["username"] == "bob"
        assert event["channel_presence_event"]["leaves"] == [shown(bob)]
        assert await say(bob, channel, "hi") == error("Must join channel before sending messages")
        assert await join(bob, group, GROUP) == error("Group not found: Invalid channel target")


@pytest.mark.asyncio
async def test_a_deleted_group_takes_its_channel_away() -> None:
    async with open_game() as game:
        ada, bob = await game.players("ada", "bob")
        group = await group_of(ada, bob)
        channel = (await join(bob, group, GROUP))["id"]
        await bob.received()
        await ada.delete(f"/v2/group/{group}")
        assert await bob.received() == []
        assert await say(bob, channel, "hi") == error("Must join channel before sending messages")


@pytest.mark.asyncio
async def test_a_deleted_account_takes_its_presences_and_messages_away() -> None:
    async with open_game() as game:
        ada, bob = await game.players("ada", "bob")
        group = await group_of(ada, bob)
        direct = (await join(ada, bob.id, DIRECT))["id"]
        for target, kind in ((ada.id, DIRECT), (group, GROUP)):
            await join(bob, target, kind)
        await say(bob, direct, "bye")
        await ada.received()
        assert await bob.delete("/v2/account") == OK
        (frame,) = await ada.received()
        assert frame["channel_presence_event"]["leaves"] == [shown(bob)]
        assert await texts(ada, direct) == []
        assert await ada.get(f"/v2/channel/3.{group}..") == {}
        assert await join(ada, bob.id, DIRECT) == error("User ID not found: Invalid channel target")


@pytest.mark.asyncio
async def test_a_server_module_writes_to_channels() -> None:
    async with open_game() as game:
        (ada,) = await game.players("ada")
        await join(ada, "lobby")
        await ada.received()
        nk = game.server.nk
        ack = nk.channel_message_send("2...lobby", {"text": "soup"}, None, "kitchen", True)
        nk.channel_message_update("2...lobby", ack["messageId"], {"text": "stew"}, "", "cook", True)
        received = [frame["channel_message"] for frame in await ada.received()]
        assert [(each["code"], each["sender_id"], each["username"]) for each in received] == [
            (0, NOBODY, "kitchen"),
            (1, NOBODY, "cook"),
        ]
        messages, following, previous = nk.channel_messages_list("2...lobby")
        assert [json.loads(each["content"]) for each in messages] == [{"text": "stew"}]
        assert (following, previous) == (None, None)
        nk.channel_message_remove("2...lobby", ack["messageId"], None, None, True)
        assert nk.channel_messages_list("2...lobby")[0] == []
        with pytest.raises(ModuleError, match="channel message not found"):
            nk.channel_message_remove("2...lobby", ack["messageId"], ada.id, "ada", True)
        assert nk.channel_id_build(ada.id, "lobby", ROOM) == "2...lobby"
        with pytest.raises(ModuleError, match="invalid channel type: expects value 1-3"):
            nk.channel_id_build(ada.id, "lobby", 4)

"""Whatever fields a server leaves out or adds, every model reads."""

import json
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nakama_client import (
    ChannelMessage,
    ChannelMessageAck,
    ChannelMessageCode,
    ChannelPresenceEvent,
    Friend,
    FriendOfFriendPage,
    FriendPage,
    FriendState,
    Group,
    GroupPage,
    GroupUser,
    GroupUserPage,
    GroupUserState,
    InvalidJson,
    StatusPresenceEvent,
    StreamData,
    StreamPresenceEvent,
    UserGroupPage,
    UserPresence,
)
from nakama_client.features.channel_messages import _MESSAGE_LIST
from nakama_client.features.channels import _CHANNEL
from nakama_client.protocol.codec import decode

TIME = "2026-11-21T22:20:27Z"
WHERE = {"room_name": "lobby", "group_id": "g", "user_id_one": "a", "user_id_two": "b"}
USER = {"id": "u", "username": "bob", "metadata": '{"level": 3}', "online": True}
FRIEND = {"user": USER, "state": 2, "update_time": TIME, "metadata": '{"note": "x"}'}
GROUP = {
    "id": "g",
    "creator_id": "u",
    "name": "dragons",
    "description": "d",
    "lang_tag": "en",
    "metadata": '{"banner": "red"}',
    "avatar_url": "http://a/b.png",
    "open": True,
    "edge_count": 2,
    "max_count": 100,
    "create_time": TIME,
    "update_time": TIME,
}
PRESENCE = {
    "user_id": "u",
    "session_id": "s",
    "username": "bob",
    "persistence": True,
    "status": "hi",
}
MESSAGE = {
    "channel_id": "2...lobby",
    "message_id": "m",
    "code": 3,
    "sender_id": "u",
    "username": "bob",
    "content": '{"text": "hi"}',
    "create_time": "2026-11-21T22:42:27.629092361Z",
    "update_time": TIME,
    "persistent": True,
    **WHERE,
}
ACK = {name: value for name, value in MESSAGE.items() if name not in {"sender_id", "content"}}
STREAM = {"mode": 123, "subject": "u", "subcontext": "c", "label": "l"}
OWN_NAMES = {"self": "own_presence", "next_cursor": "cursor"}
MOVES = {"joins": [PRESENCE], "leaves": [PRESENCE, PRESENCE]}

MODELS: list[tuple[type, dict[str, Any]]] = [
    (Friend, FRIEND),
    (FriendPage, {"friends": [FRIEND, FRIEND], "cursor": "c"}),
    (
        FriendOfFriendPage,
        {"friends_of_friends": [{"referrer": "r", "user": USER}], "cursor": "c"},
    ),
    (Group, GROUP),
    (GroupPage, {"groups": [GROUP], "cursor": "c"}),
    (GroupUser, {"user": USER, "state": 4}),
    (GroupUserPage, {"group_users": [{"user": USER, "state": 1}], "cursor": "c"}),
    (UserGroupPage, {"user_groups": [{"group": GROUP, "state": 1}], "cursor": "c"}),
    (UserPresence, PRESENCE),
    (ChannelMessage, MESSAGE),
    (ChannelMessageAck, ACK),
    (
        _MESSAGE_LIST,
        {"messages": [MESSAGE], "next_cursor": "n", "prev_cursor": "p", "cacheable_cursor": "c"},
    ),
    (_CHANNEL, {"id": "2...lobby", "presences": [PRESENCE], "self": PRESENCE, **WHERE}),
    (ChannelPresenceEvent, {"channel_id": "2...lobby", **MOVES, **WHERE}),
    (StatusPresenceEvent, MOVES),
    (StreamData, {"stream": STREAM, "sender": PRESENCE, "data": "hello", "reliable": True}),
    (StreamPresenceEvent, {"stream": STREAM, **MOVES}),
]


def read(model: type, value: object) -> Any:
    return decode(json.dumps(value).encode(), model)


def damage(value: Any, random: Random) -> Any:
    """Drop fields and add unknown ones, at every depth."""
    if isinstance(value, list):
        return [damage(item, random) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {name: damage(item, random) for name, item in value.items() if random.random() < 0.7}
    if random.random() < 0.5:
        kept["new_in_nakama_4"] = random.choice([None, 1, "x", [1], {"a": []}])
    return kept


@pytest.mark.parametrize(("model", "full"), MODELS)
@given(random=st.randoms(use_true_random=False))
def test_models_decode_with_dropped_and_unknown_fields(
    model: type, full: dict[str, Any], random: Random
) -> None:
    damaged = damage(full, random)
    whole, nothing, value = read(model, full), read(model, {}), read(model, damaged)
    for name, original in full.items():
        attribute = OWN_NAMES.get(name, name)
        found = getattr(value, attribute)
        if name not in damaged:
            assert found == getattr(nothing, attribute)
        elif not isinstance(original, dict | list):
            assert found == getattr(whole, attribute) != getattr(nothing, attribute)


@pytest.mark.parametrize("number", [-1, 5, 99, 2**31 - 1])
def test_models_keep_unknown_codes_and_states(number: int) -> None:
    assert read(Friend, {"state": number}).state == number
    assert read(GroupUser, {"state": number}).state == number
    assert read(ChannelMessage, {"code": number + 10}).code == number + 10


def test_codes_and_states_equal_their_enum_members() -> None:
    assert read(Friend, {"state": 0}).state == FriendState.FRIEND
    assert read(GroupUser, {"state": 3}).state == GroupUserState.JOIN_REQUEST
    assert read(ChannelMessage, {"code": 7}).code == ChannelMessageCode.GROUP_PROMOTED


def test_channel_message_decodes_every_field() -> None:
    message = read(ChannelMessage, MESSAGE)
    assert message.content == {"text": "hi"}
    assert message.create_time == datetime(2026, 11, 21, 22, 42, 27, 629092, UTC)
    assert message.room_name == "lobby"


def test_user_presence_status_is_empty_or_none() -> None:
    assert read(UserPresence, {"status": ""}).status == ""
    assert read(UserPresence, {}).status is None


@pytest.mark.parametrize("text", ["[1]", "hello", "{"])
def test_channel_message_with_broken_content_stays_readable(text: str) -> None:
    message = read(ChannelMessage, {**MESSAGE, "content": text})
    assert message.username == "bob"
    with pytest.raises(InvalidJson) as raised:
        message.content["text"]
    assert raised.value.raw == text

import copy
import json
import pickle
from collections import OrderedDict
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from random import Random
from types import MappingProxyType
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nakama_client import Account, ArgumentError, InvalidJson, Notification, User
from nakama_client.features.notifications import _NotificationList
from nakama_client.protocol.codec import decode, encode, encode_payload
from nakama_client.redaction import excerpt

TIME = datetime(2026, 11, 21, 22, 20, 27, tzinfo=UTC)

USER: dict[str, Any] = {
    "id": "u",
    "username": "alice",
    "display_name": "Alice",
    "avatar_url": "http://a/b.png",
    "lang_tag": "en",
    "location": "Rome",
    "timezone": "Europe/Rome",
    "metadata": '{"level": 3}',
    "facebook_id": "1",
    "google_id": "2",
    "gamecenter_id": "3",
    "steam_id": "4",
    "apple_id": "5",
    "facebook_instant_game_id": "6",
    "online": True,
    "edge_count": 7,
    "create_time": "2026-11-21T22:20:27Z",
    "update_time": "2026-11-21T22:20:27Z",
}
ACCOUNT: dict[str, Any] = {
    "user": USER,
    "wallet": '{"gold": 3}',
    "email": "a@example.com",
    "devices": [{"id": "d1", "vars": {"k": "v"}}, {"id": "d2"}],
    "custom_id": "custom",
    "verify_time": "2026-11-21T22:20:27Z",
    "disable_time": "2026-11-21T22:20:27Z",
}
NOTIFICATION: dict[str, Any] = {
    "id": "n",
    "subject": "s",
    "content": '{"k": 1}',
    "code": 12,
    "sender_id": "u",
    "create_time": "2026-11-21T22:20:27Z",
    "persistent": True,
}
NOTIFICATIONS = {"notifications": [NOTIFICATION, NOTIFICATION], "cacheable_cursor": "c"}


def damage(value: Any, random: Random) -> Any:
    """Drop fields, make them null, and add unknown ones, at every depth."""
    if isinstance(value, list):
        return [damage(item, random) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {name: damage(item, random) for name, item in value.items() if random.random() < 0.8}
    for name in kept:
        if random.random() < 0.1:
            kept[name] = None
    if random.random() < 0.5 and "k" not in value:
        kept["unknown_field"] = random.choice([None, 1, "x", [1], {"a": []}])
    return kept


@pytest.mark.parametrize(
    ("model", "full"),
    [
        (User, USER),
        (Account, ACCOUNT),
        (Notification, NOTIFICATION),
        (_NotificationList, NOTIFICATIONS),
    ],
)
@given(random=st.randoms(use_true_random=False))
def test_decode_accepts_dropped_and_unknown_fields(model: type, full: Any, random: Random) -> None:
    damaged = damage(full, random)
    whole = decode(json.dumps(full).encode(), model)
    value = decode(json.dumps(damaged).encode(), model)
    for name, original in full.items():
        if damaged.get(name) is None:
            assert not getattr(value, name) or name == "user"
        elif not isinstance(original, dict | list):
            assert getattr(value, name) == getattr(whole, name)


def test_decode_reads_every_field_of_an_account() -> None:
    account = decode(json.dumps(ACCOUNT).encode(), Account)
    assert account.user.metadata == {"level": 3}
    assert account.user.create_time == TIME
    assert account.wallet == {"gold": 3}
    assert [device.id for device in account.devices] == ["d1", "d2"]
    assert account.devices[0].vars == {"k": "v"}
    assert account.disable_time == TIME


@given(st.integers(-(2**63), 2**63 - 1), st.booleans())
def test_decode_reads_integers_from_text(number: int, as_text: bool) -> None:
    sent = str(number) if as_text else number
    assert decode(json.dumps({"code": sent}).encode(), Notification).code == number


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("2026-11-21T22:20:27Z", 0),
        ("2026-11-21T22:20:27.123Z", 123_000),
        ("2026-11-21T22:20:27.123456Z", 123_456),
        ("2026-11-21T22:20:27.123456400Z", 123_456),
    ],
)
def test_decode_gives_aware_timestamps(text: str, microseconds: int) -> None:
    notification = decode(json.dumps({"create_time": text}).encode(), Notification)
    assert notification.create_time == TIME.replace(microsecond=microseconds)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_decode_gives_content_as_dict_or_error(value: Any) -> None:
    text = json.dumps(value)
    content = decode(json.dumps({"content": text}).encode(), Notification).content
    assert isinstance(content, dict)
    if value is None:
        assert content == {}
    elif isinstance(value, dict):
        assert content == value
    else:
        with pytest.raises(InvalidJson) as raised:
            content == {}  # noqa: B015
        assert raised.value.raw == text


@pytest.mark.parametrize("text", ["{", "{]", "x" * 1000, "[" * 100_000, '{"a":1}}'])
def test_broken_content_raises_on_access(text: str) -> None:
    content = decode(msgspec.json.encode({"content": text}), Notification).content
    looks = [
        lambda: content["a"],
        lambda: content.get("a"),
        lambda: "a" in content,
        lambda: len(content),
        lambda: bool(content),
        lambda: list(content),
        lambda: list(content.items()),
        lambda: content.keys(),
        lambda: content.values(),
        lambda: content == {},
        lambda: content != {},
        lambda: {**content},
        lambda: dict(content),
        lambda: content | {},
        lambda: {} | content,
        lambda: content.copy(),
        lambda: json.dumps(content),
    ]
    for look in looks:
        with pytest.raises(InvalidJson) as raised:
            look()
        assert raised.value.raw == text
        assert len(str(raised.value)) < 400


def test_broken_content_leaves_the_notification_readable() -> None:
    notification = decode(b'{"id":"n","subject":"s","content":"{oops"}', Notification)
    assert (notification.id, notification.subject) == ("n", "s")
    assert "oops" in repr(notification)
    assert repr(pickle.loads(pickle.dumps(notification.content))) == repr(notification.content)
    assert repr(copy.deepcopy(notification.content)) == repr(notification.content)


def test_decode_raises_for_content_in_another_shape() -> None:
    with pytest.raises(ValueError, match="content"):
        decode(b'{"content":{"k":1}}', Notification)


@pytest.mark.parametrize("value", [object(), {"a": {1, object()}}, "\ud800"])
def test_encode_raises_for_what_is_no_json(value: object) -> None:
    with pytest.raises(ArgumentError, match="can't be written as JSON"):
        encode(value)


def test_excerpt_is_short_and_without_tokens() -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJ1aWQiOiJ1In0.c2lnbmF0dXJl"
    assert excerpt(f'{{"token":"{token}"}}'.encode()) == '{"token":"<token>"}'
    assert excerpt(b"x" * 150 + token.encode()) == "x" * 150 + "<token>"
    assert excerpt(b"\xff" * 300) == "\ufffd" * 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    # No lone surrogates: they are no Unicode, and refused.
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc\u20ac\0"), inner),
)  # fmt: skip


@given(JSON)
def test_payload_that_is_written_is_read_as_the_same(value: Any) -> None:
    assert json.loads(encode_payload(value)) == value


@given(JSON, st.sampled_from([b"x", {1}, {1: 2}, float("nan"), 1j, object()]), st.data())
def test_payload_with_anything_else_inside_is_refused(
    value: Any, odd: Any, data: st.DataObject
) -> None:
    wrap = data.draw(st.sampled_from([lambda x: [value, x], lambda x: {"a": value, "b": [x]}]))
    with pytest.raises(ArgumentError, match=r"can't be written as JSON: value\["):
        encode_payload(wrap(odd))


def test_payload_may_be_of_classes_that_are_like_json() -> None:
    class Color(StrEnum):
        RED = "red"

    class Level(IntEnum):
        HARD = 3

    value = MappingProxyType({Color.RED: (Level.HARD, OrderedDict(a=1.5), Color.RED)})
    assert encode_payload(value) == '{"red":[3,{"a":1.5},"red"]}'

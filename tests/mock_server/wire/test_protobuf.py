"""Binary messages: what they hold, what is skipped, what is refused."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.wire.errors import DecodeError, EncodeError
from mock_server.wire.messages import api_message, envelope, realtime_message
from mock_server.wire.protobuf import decode, encode
from mock_server.wire.protojson import message_json
from mock_server.wire.schema import (
    BYTES,
    INT32,
    INT64,
    STRING,
    ListOf,
    MapOf,
    Message,
)
from tests.mock_server.wire import oracle
from tests.mock_server.wire.documents import LOOKUPS, MESSAGES, documents, messages


def read(package: str, name: str, data: bytes) -> dict[str, Any]:
    message = LOOKUPS[package](name)
    return message_json(message, decode(message, data))


@given(messages())
def test_googles_library_reads_what_is_encoded(drawn: tuple[str, str, dict[str, Any]]) -> None:
    package, name, document = drawn
    data = encode(LOOKUPS[package](name), document)
    wanted = oracle.parse(package, name, oracle.serialize(package, name, document))
    assert oracle.parse(package, name, data) == wanted
    assert read(package, name, data) == wanted


@given(messages())
def test_what_googles_library_writes_is_decoded(drawn: tuple[str, str, dict[str, Any]]) -> None:
    package, name, document = drawn
    data = oracle.serialize(package, name, document)
    assert read(package, name, data) == oracle.parse(package, name, data)


@st.composite
def two_messages(draw: st.DrawFn) -> tuple[str, str, bytes]:
    package, name, document = draw(messages())
    message = LOOKUPS[package](name)
    return package, name, encode(message, document) + encode(message, draw(documents(message)))


@given(two_messages())
def test_messages_behind_each_other_are_merged_as_googles_library_does(
    drawn: tuple[str, str, bytes],
) -> None:
    assert read(*drawn) == oracle.parse(*drawn)


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, str, bytes]:
    package, name, document = draw(messages())
    data = bytearray(encode(LOOKUPS[package](name), document))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=3))
    return package, name, bytes(data)


@given(damaged())
def test_damaged_bytes_are_refused_or_mean_what_googles_library_says(
    drawn: tuple[str, str, bytes],
) -> None:
    package, name, data = drawn
    message, wanted = LOOKUPS[package](name), oracle.parse(package, name, data)
    with suppress(DecodeError):
        found = read(package, name, data)
        assert wanted is None or without_maps(message, found) == without_maps(message, wanted)


def without_maps(message: Message, document: dict[str, Any]) -> dict[str, Any]:
    """A document without maps: Google's library drops entries with unknown fields, Go does not."""
    rest = {}
    for name, value in document.items():
        kind = message.fields[name].kind
        if isinstance(kind, Message):
            value = without_maps(kind, value)
        elif isinstance(kind, ListOf) and isinstance(kind.item, Message):
            value = [without_maps(kind.item, each) for each in value]
        if not isinstance(kind, MapOf):
            rest[name] = value
    return rest


@given(st.sampled_from(MESSAGES), st.binary())
def test_any_bytes_are_decoded_or_refused(which: tuple[str, str], data: bytes) -> None:
    with suppress(DecodeError):
        decode(LOOKUPS[which[0]](which[1]), data)


@pytest.mark.parametrize(
    "data",
    [
        "ff",
        "ffffff",
        "0a",
        "0a05 6162",
        "08 ffffffffffffffffffff01",
        "08 ffffffffffffffffff02",
        "02 00",
        "0001",
        "0e",
        "0f",
        "0c",
        "1b 08 01",
        "1b 08 01 24",
        "f8ffffff0f 01 f8ffffffff0f 01",
        "3d 0102",
        "39 01020304",
        "0a 02 0a 05",
        "0a 03 0a 80 80",
        "1b" * 10_001,
    ],
)
def test_malformed_bytes_are_refused(data: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(api_message("Account"), bytes.fromhex(data))
    assert str(caught.value) == "proto:\N{NO-BREAK SPACE}cannot parse invalid wire-format data"


@pytest.mark.parametrize(
    ("name", "data"),
    [("Rpc", "1201ff"), ("AccountDevice", "12030a01ff"), ("AccountDevice", "1204 1202 c328")],
)
def test_text_that_is_no_utf8_is_refused(name: str, data: str) -> None:
    with pytest.raises(DecodeError) as caught:
        decode(api_message(name), bytes.fromhex(data))
    assert str(caught.value) == "string field contains invalid UTF-8"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("1201 61 1201 62", "b"),  # the last one counts
        ("1201 61 10 05", "a"),  # the same number as a varint
        ("f2 01 01 ff 1201 61", "a"),  # unknown: bytes
        ("f0 01 80 01 1201 61", "a"),  # a varint
        ("f1 01 0102030405060708 1201 61", "a"),  # 64 bits
        ("f5 01 01020304 1201 61", "a"),  # 32 bits
        ("f3 01 08 01 0b 0c f4 01 1201 61", "a"),  # groups, closed
        ("92 00 01 61", "a"),  # a tag longer than it needs to be
    ],
)
def test_decode_skips_unknown_fields(data: str, text: str) -> None:
    assert decode(api_message("Rpc"), bytes.fromhex(data))["payload"] == text


def test_the_last_member_of_a_oneof_counts() -> None:
    join = decode(realtime_message("MatchJoin"), bytes.fromhex("0a01 61 1200"))
    assert (join["match_id"], join["token"]) == (None, "")


def test_a_member_that_comes_twice_is_merged_and_another_one_replaces_it() -> None:
    rpc = encode(envelope(), {"rpc": {"id": "a"}}) + encode(envelope(), {"rpc": {"payload": "b"}})
    assert decode(envelope(), rpc)["rpc"] == {"id": "a", "payload": "b", "http_key": ""}
    fields = decode(envelope(), rpc + encode(envelope(), {"ping": {}}))
    assert (fields["rpc"], fields["ping"]) == (None, {})


def test_integers_keep_the_low_bits_of_their_width() -> None:
    tens = "ffffffffffffffffff01"
    match = decode(realtime_message("MatchData"), bytes.fromhex(f"18 {tens} 28 {tens}"))
    assert (match["op_code"], match["reliable"]) == (-1, True)
    assert decode(realtime_message("Error"), bytes.fromhex("08 8380808010"))["code"] == 3


def test_wrappers_are_empty_or_absent() -> None:
    message = realtime_message("StatusUpdate")
    assert decode(message, b"") == {"status": None}
    assert decode(message, b"\x0a\x00") == {"status": ""}
    assert encode(message, {"status": ""}) == b"\x0a\x00"
    assert encode(message, {"status": None}) == b""


def test_fields_are_written_by_number_and_oneofs_last() -> None:
    document = {"token": "", "users": [{}], "ticket": "t"}
    assert (
        encode(realtime_message("MatchmakerMatched"), document).hex(" ") == "0a 01 74 22 00 1a 00"
    )
    assert encode(envelope(), {"pong": {}, "cid": "1"}).hex(" ") == "0a 01 31 8a 02 00"


def test_defaults_are_not_written_but_those_of_map_entries_are() -> None:
    document = {"op_code": "0", "data": b"", "reliable": False, "match_id": ""}
    assert encode(realtime_message("MatchData"), document) == b""
    properties = {"numeric_properties": {"": 0.0}, "min_count": 0}
    data = encode(realtime_message("MatchmakerAdd"), properties)
    assert data.hex(" ") == "2a 0b 0a 00 11 00 00 00 00 00 00 00 00"


def test_bytes_are_taken_raw_and_in_base64() -> None:
    message = realtime_message("PartyData")
    assert encode(message, {"data": b"\xff\x00"}) == encode(message, {"data": "/wA="})
    assert decode(message, b"\x22\x02\xff\x00")["data"] == b"\xff\x00"


def test_timestamps_are_seconds_and_nanoseconds() -> None:
    message = api_message("Notification")
    document = {"create_time": "2026-11-21T22:20:27.000001Z"}
    data = encode(message, document)
    assert data.hex(" ") == "32 09 08 ab b2 88 d8 06 10 e8 07"
    assert message_json(message, decode(message, data)) == document
    assert encode(message, {"create_time": "1970-01-01T00:00:00Z"}) == b"\x32\x00"


def test_timestamp_may_be_before_1970() -> None:
    data = encode(api_message("Event"), {"timestamp": "1969-12-31T23:59:59.5Z"})
    assert decode(api_message("Event"), data)["timestamp"] == "1969-12-31T23:59:59.500Z"


@pytest.mark.parametrize(
    "timestamp",
    [
        {"seconds": 253_402_300_800},
        {"seconds": -62_135_596_801},
        {"nanos": 1_000_000_000},
        {"nanos": -1},
    ],
)
def test_timestamp_out_of_range_is_refused(timestamp: dict[str, int]) -> None:
    inner = encode(Message("Timestamp", seconds=INT64, nanos=INT32), timestamp)
    data = encode(Message("Event", a=STRING, b=STRING, timestamp=BYTES), {"timestamp": inner})
    with pytest.raises(DecodeError, match="out of range"):
        decode(api_message("Event"), data)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"nope": 1}, "nakama.api.Notification has no field 'nope'"),
        ({"subject": 5}, "no nakama.api.Notification"),
        ({"create_time": "yesterday"}, "no RFC 3339 time"),
        ({"code": "many"}, "invalid literal"),
        ({"subject": "\ud800"}, "string field contains invalid UTF-8"),
    ],
)
def test_a_document_that_does_not_fit_is_refused(document: dict[str, Any], reason: str) -> None:
    with pytest.raises(EncodeError, match=reason):
        encode(api_message("Notification"), document)

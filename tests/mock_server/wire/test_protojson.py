"""JSON of Nakama's messages, as protojson reads it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.wire.messages import api_message, envelope, realtime_message
from mock_server.wire.protobuf import decode, encode
from mock_server.wire.protojson import (
    DecodeError,
    decode_body,
    decode_frame,
    message_json,
)
from mock_server.wire.schema import (
    BOOL,
    BOOL_VALUE,
    INT32,
    INT32_VALUE,
    INT64,
    STRING,
    STRING_MAP,
    STRING_VALUE,
    ListOf,
    MapOf,
    Message,
)
from tests.mock_server.wire.documents import LOOKUPS, messages

DEVICE = Message("AccountDevice", id=STRING, vars=STRING_MAP)
INNER = Message("Inner", user_id=STRING)
EVERYTHING = Message(
    "Everything",
    text=STRING,
    flag=BOOL,
    count=INT32,
    score=INT64,
    display_name=STRING_VALUE,
    open=BOOL_VALUE,
    limit=INT32_VALUE,
    names=STRING_MAP,
    numbers=MapOf(INT32),
    ids=ListOf(STRING),
    objects=ListOf(INNER),
    inner=INNER,
)
ENVELOPE = envelope()

AT_7 = "syntax error (line 1:7)"


def value_of(field: str, text: str) -> Any:
    return decode_body(EVERYTHING, f'{{"{field}":{text}}}'.encode())[field]


def refusal(body: bytes, message: Message = DEVICE) -> str:
    with pytest.raises(DecodeError) as caught:
        decode_body(message, body)
    return str(caught.value)


@pytest.mark.parametrize("body", [b"", b" \r\n\t", b"{}", b'{"unknown":[{"a":1}]}', b'{"id":null}'])
def test_absent_fields_hold_their_defaults(body: bytes) -> None:
    assert decode_body(DEVICE, body) == {"id": "", "vars": {}}
    assert list(decode_body(EVERYTHING, body)) == list(EVERYTHING.fields)


def test_absent_messages_and_wrappers_are_none() -> None:
    fields = decode_body(EVERYTHING, b'{"open":false,"inner":{}}')
    assert (fields["open"], fields["inner"]) == (False, {"user_id": ""})
    assert (fields["limit"], fields["display_name"]) == (None, None)


def test_fields_come_in_the_order_of_their_declaration() -> None:
    fields = decode_body(DEVICE, b'{"vars":{"a":"1"},"id":"x"}')
    assert list(fields.items()) == [("id", "x"), ("vars", {"a": "1"})]


@pytest.mark.parametrize("name", ["display_name", "displayName"])
def test_both_spellings_of_a_name_are_accepted(name: str) -> None:
    assert decode_body(EVERYTHING, f'{{"{name}":"x"}}'.encode())["display_name"] == "x"


def test_two_spellings_of_one_field_are_a_duplicate() -> None:
    message = refusal(b'{"displayName":"x","display_name":"y"}', EVERYTHING)
    assert message == 'proto:\N{NO-BREAK SPACE}(line 1:20): duplicate field "display_name"'


@pytest.mark.parametrize("after", [b" x", b"{", b"]", b"\x00", b'{"id":"other"}'])
def test_what_follows_the_first_value_is_not_looked_at(after: bytes) -> None:
    assert decode_body(DEVICE, b'{"id":"a"}' + after)["id"] == "a"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"not json", "invalid character 'o' in literal null (expecting 'u')"),
        (b"trux", "invalid character 'x' in literal true (expecting 'e')"),
        (b"xyz", "invalid character 'x' looking for beginning of value"),
        (b"'a'", r"invalid character '\'' looking for beginning of value"),
        (b'{"id":}', "invalid character '}' looking for beginning of value"),
        (b"\xe9", "invalid character 'é' looking for beginning of value"),
        (b"\x00", r"invalid character '\x00' looking for beginning of value"),
        (b"{1:2}", "invalid character '1' looking for beginning of object key string"),
        (b'{"id" "a"}', "invalid character '\"' after object key"),
        (b'{"id":"a" "b"}', "invalid character '\"' after object key:value pair"),
        (b"[1 2]", "invalid character '2' after array element"),
        (b'{"id":"a\n"}', r"invalid character '\n' in string literal"),
        (rb'{"id":"\x"}', "invalid character 'x' in string escape code"),
        (rb'{"id":"\u12g4"}', r"invalid character 'g' in \u hexadecimal character escape"),
        (b'{"id":-x}', "invalid character 'x' in numeric literal"),
        (b'{"id":1.x}', "invalid character 'x' after decimal point in numeric literal"),
        (b'{"id":1e+}', "invalid character '}' in exponent of numeric literal"),
        (b'{"id":01}', "invalid character '1' after object key:value pair"),
        (b"[" * 10_001, "invalid character '[' exceeded max depth"),
        *[(cut, "unexpected EOF") for cut in (b"{", b'{"id":"a', b'{"id"', b"tr", b"-", b'["a",')],
    ],
)
def test_malformed_json_is_refused_in_the_words_of_gos_decoder(body: bytes, message: str) -> None:
    assert refusal(body) == message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"[1]", "syntax error (line 1:1): unexpected token ["),
        (b" null", "syntax error (line 1:1): unexpected token null"),
        (b'{"id": 123}', "(line 1:8): invalid value for string field id: 123"),
        (b'{\n "id":\n  true}', "(line 3:3): invalid value for string field id: true"),
        ('{"é":1,"id":5}'.encode(), "(line 1:13): invalid value for string field id: 5"),
        (b'{"vars":{"a":1}}', "(line 1:14): invalid value for string field value: 1"),
        (b'{"vars":[]}', "syntax error (line 1:9): unexpected token ["),
        (b'{"vars":{"a":"1","a":"2"}}', '(line 1:18): duplicate map key "a"'),
        (rb'{"id":"\ud8001234567"}', f'{AT_7}: invalid escape code "123456" in string'),
        (b'{"id":"\xff"}', f"{AT_7}: invalid UTF-8 in string"),
    ],
)  # fmt: skip
def test_json_of_another_form_is_refused_in_the_words_of_protojson(
    body: bytes, message: str
) -> None:
    assert refusal(body) == f"proto:\N{NO-BREAK SPACE}{message}"


def test_an_error_names_the_field_by_its_json_name() -> None:
    message = refusal(b'{"inner":{"user_id":1}}', EVERYTHING)
    assert message.endswith("(line 1:21): invalid value for string field userId: 1")


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("count", "5.0", 5),
        ("count", '"5"', 5),
        ("count", "1e2", 100),
        ("count", "1200e-2", 12),
        ("count", "-0", 0),
        ("count", '"5 abc"', 5),
        ("score", '"-9223372036854775808"', -(1 << 63)),
        ("score", "9223372036854775807", (1 << 63) - 1),
        ("numbers", '{"a":1,"b":"2"}', {"a": 1, "b": 2}),
        ("ids", '["a","a"]', ["a", "a"]),
        ("objects", '[{},{"userId":"u"}]', [{"user_id": ""}, {"user_id": "u"}]),
    ],
)
def test_values_are_read_in_every_form_protojson_takes(field: str, text: str, value: Any) -> None:
    decoded = value_of(field, text)
    assert decoded == value
    assert type(decoded) is type(value)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("count", "5.5"),
        ("count", "2147483648"),
        ("count", '" 5"'),
        ("count", '""'),
        ("count", "true"),
        ("count", "1e99999999999"),
        ("score", "1e19"),
        ("flag", '"true"'),
        ("open", "1"),
        ("ids", "[null]"),
        ("ids", '"a"'),
        ("objects", "[null]"),
        ("inner", "[]"),
        ("numbers", '{"a":null}'),
    ],
)
def test_values_of_the_wrong_type_are_refused(field: str, text: str) -> None:
    with pytest.raises(DecodeError):
        value_of(field, text)


def test_a_frame_is_one_member_with_its_cid() -> None:
    frame = decode_frame(ENVELOPE, '{"cid":"1","rpc":{"id":"x"}}')
    rpc = {"id": "x", "payload": "", "http_key": ""}
    assert frame == ENVELOPE.defaults() | {"cid": "1", "rpc": rpc}


@pytest.mark.parametrize("text", ["{}", '{"ping":null}', '{"ping":{},"pong":null}', ' {"cid":""} '])
def test_frames_without_a_second_member_are_accepted(text: str) -> None:
    decode_frame(ENVELOPE, text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "null",
        '{"cid":1}',
        '{"nonsense":{}}',
        '{"rpc":{"id":"x","nonsense":1}}',
        '{"ping":{},"pong":{}}',
        '{"cid":"1","cid":"2"}',
        "{} {}",
        "{},",
        '{"cid":"1",}',
        '{"cid":"1"',
        '{"cid" "1"}',
        '{,"cid":"1"}',
        '{"cid":"1"]',
        '{"cid":"\ud800"}',
        "{}}",
        ",",
    ],
)
def test_any_other_frame_is_refused(text: str) -> None:
    with pytest.raises(DecodeError):
        decode_frame(ENVELOPE, text)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.binary())
def test_any_bytes_decode_or_are_refused(body: bytes) -> None:
    with suppress(DecodeError):
        assert list(decode_body(EVERYTHING, body)) == list(EVERYTHING.fields)


@given(st.dictionaries(st.sampled_from(sorted(EVERYTHING.by_input_name)), JSON_VALUES))
def test_any_json_decodes_or_is_refused(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    try:
        from_frame = decode_frame(EVERYTHING, text)
    except DecodeError:
        return
    assert repr(decode_body(EVERYTHING, text.encode())) == repr(from_frame)


@given(st.text(), st.dictionaries(st.text(), st.text()), st.booleans())
def test_what_was_encoded_is_decoded(name: str, names: dict[str, str], escaped: bool) -> None:
    document = {"id": name, "vars": names}
    body = json.dumps(document, ensure_ascii=escaped, indent=1).encode()
    assert decode_body(DEVICE, body) == document


ADD = realtime_message("MatchmakerAdd")
WRITE = api_message("WriteLeaderboardRecordRequest.LeaderboardRecordWrite")
TOURNAMENT = api_message("Tournament")


@pytest.mark.parametrize(
    ("message", "field", "text", "value"),
    [
        (realtime_message("MatchData"), "data", '"/+8="', b"\xff\xef"),
        (realtime_message("MatchData"), "data", '"_-8"', b"\xff\xef"),
        (realtime_message("MatchData"), "data", r'"/+\n8=\r\n\n"', b"\xff\xef"),
        (realtime_message("MatchData"), "data", '""', b""),
        (ADD, "numeric_properties", '{"a":1,"b":"2.5","c":1e-3}', {"a": 1.0, "b": 2.5, "c": 0.001}),
        (ADD, "numeric_properties", '{"a":"-Infinity"}', {"a": float("-inf")}),
        (WRITE, "operator", "2", 2),
        (WRITE, "operator", '"SET"', 2),
        (WRITE, "operator", "9", 9),
        (WRITE, "operator", '"MAYBE"', 0),
        (TOURNAMENT, "category", "4294967295", (1 << 32) - 1),
        (TOURNAMENT, "start_time", '"2026-11-21T22:20:27Z"', "2026-11-21T22:20:27Z"),
        (TOURNAMENT, "start_time", '"2026-11-21T22:20:27.5+01:30"', "2026-11-21T20:50:27.500Z"),
        (TOURNAMENT, "start_time", '"2026-11-21T22:20:27.000001Z"', "2026-11-21T22:20:27.000001Z"),
    ],
)
def test_types_of_nakamas_messages_are_read(
    message: Message, field: str, text: str, value: Any
) -> None:
    assert decode_body(message, f'{{"{field}":{text}}}'.encode())[field] == value


@pytest.mark.parametrize(
    ("message", "field", "text", "reason"),
    [
        (realtime_message("MatchData"), "data", '"a"', 'invalid value for bytes field data: "a"'),
        (realtime_message("MatchData"), "data", '"+_8="', "invalid value for bytes field data"),
        (realtime_message("MatchData"), "data", '"AA="', "invalid value for bytes field data"),
        (realtime_message("MatchData"), "data", "[1]", "invalid value for bytes field data: ["),
        (ADD, "numeric_properties", '{"a":"x"}', 'invalid value for double field value: "x"'),
        (ADD, "numeric_properties", '{"a":1e999}', "invalid value for double field value: 1e999"),
        (WRITE, "operator", "1.5", "invalid value for enum field operator: 1.5"),
        (WRITE, "operator", "true", "invalid value for enum field operator: true"),
        (TOURNAMENT, "category", "-1", "invalid value for uint32 field category: -1"),
        (TOURNAMENT, "start_time", "5", "unexpected token 5"),
        (TOURNAMENT, "start_time", '"now"', 'invalid google.protobuf.Timestamp value "now"'),
        (TOURNAMENT, "start_time", '"2026-02-30T00:00:00Z"', "invalid google.protobuf.Timestamp"),
        (TOURNAMENT, "start_time", '"2026-11-21T22:20:27.0123456789Z"', "Timestamp value"),
        (TOURNAMENT, "start_time", '"0000-11-21T22:20:27Z"', "Timestamp value out of range: "),
        (TOURNAMENT, "start_time", '"0001-01-01T00:00:00+01:00"', "Timestamp value out of range"),
    ],
)
def test_values_that_do_not_fit_their_type_are_refused(
    message: Message, field: str, text: str, reason: str
) -> None:
    found = refusal(f'{{"{field}":{text}}}'.encode(), message)
    assert reason in found


def test_unknown_enum_name_in_a_frame_is_refused() -> None:
    with pytest.raises(DecodeError, match="invalid value for enum field operator"):
        decode_frame(WRITE, '{"operator":"MAYBE"}')


def test_second_member_of_a_oneof_is_refused_by_its_name() -> None:
    found = refusal(b'{"match_id":"","token":""}', realtime_message("MatchJoin"))
    text = 'error parsing "token", oneof nakama.realtime.MatchJoin.id is already set'
    assert found == f"proto:\N{NO-BREAK SPACE}(line 1:16): {text}"


def test_member_of_a_oneof_is_empty_or_absent() -> None:
    join = decode_frame(realtime_message("MatchJoin"), '{"token":""}')
    assert (join["match_id"], join["token"]) == (None, "")


@given(messages())
def test_json_of_a_message_is_read_back(drawn: tuple[str, str, dict[str, Any]]) -> None:
    package, name, document = drawn
    message = LOOKUPS[package](name)
    fields = decode(message, encode(message, document))
    json_form = message_json(message, fields)
    assert list(json_form) == [name for name in message.fields if name in json_form]
    assert decode_frame(message, json.dumps(json_form)) == fields

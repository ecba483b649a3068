"""The quick reader of usual JSON, beside the exact one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.wire.messages import api_message, envelope, realtime_message
from mock_server.wire.protojson.exact import decode_exactly
from mock_server.wire.protojson.plain import decode_plain
from mock_server.wire.schema import (
    STRING,
    STRING_MAP,
    Message,
)
from tests.mock_server.wire.documents import LOOKUPS, messages

DEVICE = Message("AccountDevice", id=STRING, vars=STRING_MAP)
ENVELOPE = envelope()

ADD = realtime_message("MatchmakerAdd")
WRITE = api_message("WriteLeaderboardRecordRequest.LeaderboardRecordWrite")


@st.composite
def json_texts(draw: st.DrawFn) -> tuple[str, str, str]:
    """JSON of a message, often with something wrong in it."""
    package, name, document = draw(messages())
    text = json.dumps(document, ensure_ascii=draw(st.booleans()))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(text)))
        pieces = [
            '"',
            ":",
            ",",
            "{",
            "}",
            "[",
            "]",
            "null",
            "-0",
            "1e2",
            "0",
            ".5",
            "\\ud800",
            "\udcff",
        ]
        piece = draw(st.sampled_from([*pieces, ' "limit" : 1,', "true", '"SET"', "NaN", "A"]))
        text = text[:at] + piece + text[at + draw(st.integers(0, 2)) :]
    return package, name, text


@given(json_texts(), st.booleans())
def test_the_plain_decoder_says_what_the_exact_one_says(
    drawn: tuple[str, str, str], discard_unknown: bool
) -> None:
    package, name, text = drawn
    message = LOOKUPS[package](name)
    fields = decode_plain(message, text, discard_unknown=discard_unknown)
    if fields is not None:
        exact = decode_exactly(message, text, discard_unknown=discard_unknown)
        assert repr(fields) == repr(exact)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (ENVELOPE, '{"cid":"1","match_data_send":{"match_id":"a.","op_code":"-7","data":"/w=="}}'),
        (ADD, '{"minCount":2,"numeric_properties":{"a":1,"b":2.5},"count_multiple":null}'),
        (WRITE, '{"score":9007199254740993,"operator":"SET"}'),
        (DEVICE, '{"id":"\\u00e9\\"","vars":{"a":"b"}}'),
    ],
)
def test_the_plain_decoder_reads_what_clients_send(message: Message, text: str) -> None:
    fields = decode_plain(message, text, discard_unknown=False)
    assert fields == decode_exactly(message, text, discard_unknown=False)


@pytest.mark.parametrize(
    "text",
    ['{"id":"a","id":"b"}', '{"id":1}', '{"nope":1}', "[]", "{}x", '{"id":"\\ud83d\\ude00"}',
     '{"id":"\udcff"}', '{"vars":{"a":null}}', '{"vars":' + "[" * 2000],
)  # fmt: skip
def test_the_plain_decoder_leaves_the_unusual_alone(text: str) -> None:
    assert decode_plain(DEVICE, text, discard_unknown=False) is None

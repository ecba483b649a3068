"""JSON of Nakama's messages, as protojson writes it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from mock_server.wire.errors import EncodeError
from mock_server.wire.messages import api_message, envelope, realtime_message
from mock_server.wire.protobuf import decode, encode
from mock_server.wire.protojson import (
    document_json,
    message_json,
)
from mock_server.wire.protojson import encode as write_json
from tests.mock_server.wire.documents import LOOKUPS, messages

ENVELOPE = envelope()

ADD = realtime_message("MatchmakerAdd")


@given(messages())
def test_a_document_is_written_as_its_protobuf_form_says(
    drawn: tuple[str, str, dict[str, Any]],
) -> None:
    package, name, document = drawn
    message = LOOKUPS[package](name)
    fields = decode(message, encode(message, document))
    text = write_json(message, document)
    wanted = json.dumps(message_json(message, fields))
    assert json.loads(text, parse_int=float) == json.loads(wanted, parse_int=float)
    assert text == write_json(message, fields)


def test_json_has_the_order_of_declaration_and_no_defaults() -> None:
    document = {"token": "", "users": [{}, {"party_id": "é\ud800"}], "ticket": "t", "self": None}
    text = write_json(realtime_message("MatchmakerMatched"), document)
    assert (
        text
        == '{"ticket":"t", "token":"", "users":[{}, {"party_id":"é\N{REPLACEMENT CHARACTER}"}]}'
    )
    data = {"op_code": "0", "data": b"\xff", "reliable": False, "presence": {}}
    assert write_json(realtime_message("MatchData"), data) == '{"presence":{}, "data":"/w=="}'
    match = {"match_data": {"op_code": 5}, "cid": "1"}
    assert write_json(ENVELOPE, match) == '{"cid":"1", "match_data":{"op_code":"5"}}'


def test_json_maps_are_sorted_and_doubles_are_gos() -> None:
    properties = {"b": 1.0, "a": 1e21, "c": float("inf"), "": 0.5}
    text = write_json(ADD, {"numeric_properties": properties})
    assert text == '{"numeric_properties":{"":0.5, "a":1e+21, "b":1, "c":"Infinity"}}'


@pytest.mark.parametrize("document", [{"nope": 1}, {"subject": 5}, {"code": "many"}])
def test_a_document_that_does_not_fit_is_not_written(document: dict[str, Any]) -> None:
    with pytest.raises(EncodeError, match=r"nakama\.api\.Notification"):
        write_json(api_message("Notification"), document)


def test_json_is_not_escaped_for_html() -> None:
    text = write_json(api_message("Notification"), {"content": '{"h":"<&>\u2028"}'})
    assert text == '{"content":"{\\"h\\":\\"<&>\u2028\\"}"}'


def test_message_json_returns_the_document_as_a_client_reads_it() -> None:
    document = {"op_code": 5, "data": b"\xff", "reliable": False, "match_id": "m", "presence": None}
    told = document_json(realtime_message("MatchData"), document)
    assert list(told.items()) == [("match_id", "m"), ("op_code", "5"), ("data", "/w==")]

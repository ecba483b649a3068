"""Writing answers."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.wire.errors import GrpcCode, GrpcError, http_status
from mock_server.wire.output import encode_plain, omit_empty, timestamp
from mock_server.wire.schema import BOOL_VALUE, INT32, INT32_VALUE, STRING_VALUE, Message

SECOND = 1_000_000_000


def test_an_rpc_answer_has_no_blanks() -> None:
    assert encode_plain({"payload": "<a>", "b": [1, 2]}) == r'{"payload":"\u003ca\u003e","b":[1,2]}'


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.booleans()))
def test_an_rpc_answer_reads_back_in_order(document: dict[str, Any]) -> None:
    text = encode_plain(document)
    assert list(json.loads(text).items()) == list(document.items())
    text.encode()


def test_empty_fields_are_left_out_but_for_set_wrappers() -> None:
    fields = {"id": "", "code": 0, "open": False, "state": 0, "unset": None, "name": "n", "l": []}
    message = Message("Any", open=BOOL_VALUE, state=INT32_VALUE, unset=STRING_VALUE, code=INT32)
    assert omit_empty(fields, message) == {
        "open": False,
        "state": 0,
        "name": "n",
    }


@pytest.mark.parametrize(
    ("time_ns", "digits", "text"),
    [
        (0, 9, "1970-01-01T00:00:00Z"),
        (1, 9, "1970-01-01T00:00:00.000000001Z"),
        (1_500_000_000, 9, "1970-01-01T00:00:01.500Z"),
        (1_000_001_000, 9, "1970-01-01T00:00:01.000001Z"),
        (1_999_999_999, 6, "1970-01-01T00:00:01.999999Z"),
        (1_999_999_999, 3, "1970-01-01T00:00:01.999Z"),
        (1_999_999_999, 0, "1970-01-01T00:00:01Z"),
        (1_795_299_627 * SECOND, 0, "2026-11-21T22:20:27Z"),
    ],
)
def test_timestamps_have_as_many_digits_as_they_need(
    time_ns: int, digits: Literal[0, 3, 6, 9], text: str
) -> None:
    assert timestamp(time_ns, digits) == text


@given(st.integers(min_value=0, max_value=4_000_000_000 * SECOND))
def test_a_timestamp_is_its_time_to_the_microsecond(time_ns: int) -> None:
    read = datetime.fromisoformat(timestamp(time_ns, 6))
    assert round(read.timestamp() * 1_000_000) == time_ns // 1000


def test_every_code_has_its_status() -> None:
    statuses = {code.value: http_status(code) for code in GrpcCode}
    assert statuses == {
        0: 200, 1: 499, 2: 500, 3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429,
        9: 400, 10: 409, 11: 400, 12: 501, 13: 500, 14: 503, 15: 500, 16: 401,
    }  # fmt: skip


def test_an_error_shows_its_message() -> None:
    error = GrpcError(GrpcCode.NOT_FOUND, "Account not found.")
    assert (error.code, error.message, str(error)) == (
        5,
        "Account not found.",
        "Account not found.",
    )

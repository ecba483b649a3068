"""Query parameters as grpc-gateway parses them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.wire.errors import DecodeError
from mock_server.wire.query import decode_query, ignored_names, parse_pairs
from mock_server.wire.schema import (
    BOOL,
    BOOL_VALUE,
    INT32,
    INT32_VALUE,
    INT64,
    STRING,
    STRING_MAP,
    UINT32_VALUE,
    ListOf,
    Message,
)

LISTING = Message(
    "Listing",
    limit=INT32_VALUE,
    count=INT32,
    big=INT64,
    category=UINT32_VALUE,
    cacheable_cursor=STRING,
    forward=BOOL_VALUE,
    sync=BOOL,
    ids=ListOf(STRING),
    account=Message("AccountDevice", id=STRING),
    vars=STRING_MAP,
)


def decoded(query: str) -> dict[str, Any]:
    return decode_query(LISTING, parse_pairs(query))


def refusal(query: str) -> str:
    with pytest.raises(DecodeError) as caught:
        decoded(query)
    return str(caught.value)


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", {}),
        ("&&", {}),
        ("limit=%2B2", {"limit": 2}),
        ("limit=007", {"limit": 7}),
        ("cacheable_cursor=a+b%26", {"cacheable_cursor": "a b&"}),
        ("cacheableCursor=a", {"cacheable_cursor": "a"}),
        ("cacheablecursor=a&Limit=1&cursor=x", {}),
        ("cacheable_cursor", {"cacheable_cursor": ""}),
        ("ids=a,b&ids=c", {"ids": ["a,b", "c"]}),
        ("ids[]=a", {"ids": ["", "a"]}),
        ("forward=T", {"forward": True}),
        ("forward=FALSE", {"forward": False}),
        ("limit.value=5", {"limit": 5}),
        ("limit.other=5", {"limit": 0}),
        ("account=a&account.id=b&account.id=c&vars[a]=b", {}),
        ("big=-9223372036854775808", {"big": -(1 << 63)}),
        ("category=4294967295", {"category": (1 << 32) - 1}),
    ],
)
def test_a_query_decodes_into_the_given_fields(query: str, fields: dict[str, Any]) -> None:
    assert decoded(query) == fields


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=1&limit=2", 'too many values for field "limit": 1, 2'),
        ("limit[x]=1", 'too many values for field "limit": x, 1'),
        ("cacheable_cursor.x=1", 'invalid path: "cacheable_cursor" is not a message'),
        ("a;b", "invalid semicolon separator in query"),
        ("limit=%zz1", 'invalid URL escape "%zz"'),
        ("limit=%2", 'invalid URL escape "%2"'),
    ],
)
def test_what_does_not_fit_is_refused_in_the_gateways_words(query: str, message: str) -> None:
    assert refusal(query) == message


@pytest.mark.parametrize(
    ("field", "function", "text", "reason"),
    [
        ("limit", "ParseInt", "abc", "invalid syntax"),
        ("limit", "ParseInt", "", "invalid syntax"),
        ("limit", "ParseInt", "+", "invalid syntax"),
        ("limit", "ParseInt", "1_0", "invalid syntax"),
        ("limit", "ParseInt", "2147483648", "value out of range"),
        ("count", "ParseInt", "99999999999x", "value out of range"),
        ("category", "ParseUint", "-1", "invalid syntax"),
        ("category", "ParseUint", "+1", "invalid syntax"),
        ("category", "ParseUint", "4294967296", "value out of range"),
        ("sync", "ParseBool", "maybe", "invalid syntax"),
        ("sync", "ParseBool", "", "invalid syntax"),
    ],
)
def test_scalars_are_refused_in_the_words_of_strconv(
    field: str, function: str, text: str, reason: str
) -> None:
    message = f'parsing field "{field}": strconv.{function}: parsing "{text}": {reason}'
    assert refusal(f"{field}={quote_plus(text)}") == message


def test_a_refused_text_is_shown_as_a_go_literal() -> None:
    assert r'parsing "\"\x00\tÿ\u200b": invalid syntax' in refusal("limit=%22%00%09%C3%BF%E2%80%8B")


def test_ignored_names_are_reported() -> None:
    pairs = parse_pairs("cursor=a&limit=1&Limit=2&cursor=b&ids[]=x")
    assert ignored_names(LISTING, pairs) == ["cursor", "Limit"]


@given(st.lists(st.tuples(st.text(min_size=1), st.text())))
def test_pairs_survive_percent_encoding(pairs: list[tuple[str, str]]) -> None:
    query = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)
    assert parse_pairs(query) == pairs


@given(st.text())
def test_any_query_decodes_or_is_refused(query: str) -> None:
    with suppress(DecodeError):
        assert decoded(query).keys() <= LISTING.fields.keys()


@given(st.integers())
def test_integers_are_those_of_their_width(number: int) -> None:
    pairs = [("limit", str(number))]
    if -(1 << 31) <= number < 1 << 31:
        assert decode_query(LISTING, pairs) == {"limit": number}
    else:
        with pytest.raises(DecodeError, match="value out of range"):
            decode_query(LISTING, pairs)

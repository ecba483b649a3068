"""Go's encoding/json: writing free-form JSON, reading RPC payloads."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.wire.errors import DecodeError
from mock_server.wire.gojson import (
    go_string,
    is_json,
    is_json_object,
    join,
    marshal,
    unmarshal,
    unmarshal_string,
)
from mock_server.wire.scanner import is_valid

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(1 << 53), max_value=1 << 53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"bb": 1, "a": 2, "B": 3, "": 4, "é": 5}, '{"":4,"B":3,"a":2,"bb":1,"é":5}'),
        ([1, 1.0, 1.5, -0.0, True, None], "[1,1,1.5,-0,true,null]"),
        ([1e-7, 0.000001, -2.5e-9], "[1e-7,0.000001,-2.5e-9]"),
        ([1e20, 1e21, 1.968803899440857e16], "[100000000000000000000,1e+21,19688038994408570]"),
        ([123456789.125, 1.5e308, 5e-324], "[123456789.125,1.5e+308,5e-324]"),
        ("<b>&amp;</b>", r'"\u003cb\u003e\u0026amp;\u003c/b\u003e"'),
        ("\u2028\u2029", r'"\u2028\u2029"'),
        ('"\\\b\f\n\r\t\x00\x1f\x7f', r'"\"\\\b\f\n\r\t\u0000\u001f' + '\x7f"'),
        ("a/é€\N{GRINNING FACE}", '"a/é€\N{GRINNING FACE}"'),
        ("\ud800", r'"\ufffd"'),
        ({"a": {}, "b": []}, '{"a":{},"b":[]}'),
    ],
)  # fmt: skip
def test_values_are_written_as_go_writes_them(value: Any, text: str) -> None:
    assert marshal(value) == text


@pytest.mark.parametrize(
    ("value", "name"), [(math.nan, "NaN"), (math.inf, r"\+Inf"), ([-math.inf], "-Inf")]
)
def test_numbers_that_are_not_finite_have_no_json(value: Any, name: str) -> None:
    with pytest.raises(ValueError, match=f"unsupported value: {name}"):
        marshal(value)


def test_marshal_raises_for_types_without_json() -> None:
    with pytest.raises(TypeError, match="unsupported type: set"):
        marshal({"a": {1}})


def test_endless_nesting_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(ValueError, match="nested too deeply"):
        marshal(value)


@given(JSON_VALUES)
def test_what_was_written_is_read(value: Any) -> None:
    assert marshal(value) == join(value, comma=",", quote=go_string, sort_keys=True)
    assert json.loads(marshal(value), parse_int=float) == value
    assert unmarshal(marshal(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.0", 1),
        ("-0.0", 0),
        ("1e3", 1000),
        ("9007199254740993", 9007199254740992),
        ("1e300", 1e300),
        ("9223372036854775808", 9223372036854775808.0),
        (r'"\ud800\u0041\ud83d\ude00"', "\N{REPLACEMENT CHARACTER}A\N{GRINNING FACE}"),
        (r'"\\ud800"', "\\ud800"),
        ('{"a":1,"a":2}', {"a": 2}),
    ],
)
def test_numbers_go_through_a_double_and_strings_stay_valid(text: str, value: Any) -> None:
    read = unmarshal(text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not json", "invalid character 'o' in literal null (expecting 'u')"),
        ("{} x", "invalid character 'x' after top-level value"),
        ("", "unexpected end of JSON input"),
        ('{"a"', "unexpected end of JSON input"),
        ("tr", "invalid character ' ' in literal true (expecting 'u')"),
        ("1e999", "json: cannot unmarshal number 1e999 into Go value of type float64"),
    ],
)
def test_what_is_no_json_is_refused_in_gos_words(text: str, message: str) -> None:
    with pytest.raises(DecodeError) as caught:
        unmarshal(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        (b"", ""),
        (b"null", ""),
        (b' "a\\n" ', "a\n"),
        (b'"\xff\xfe"', "\N{REPLACEMENT CHARACTER}" * 2),
        (b'"{\\"a\\":1}"', '{"a":1}'),
    ],
)
def test_an_rpc_payload_is_a_json_string(body: bytes, payload: str) -> None:
    assert unmarshal_string(body) == payload


@pytest.mark.parametrize("body", [b"{}", b"[1]", b"5", b"true", b"not json", b'"a" "b"', b" "])
def test_every_other_rpc_body_has_the_same_refusal(body: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        unmarshal_string(body)
    assert str(caught.value) == "json: cannot unmarshal object into Go value of type string"


@given(st.binary())
def test_any_rpc_body_is_read_or_refused(body: bytes) -> None:
    with suppress(DecodeError):
        unmarshal_string(body).encode()


@given(st.text())
def test_validity_is_that_of_reading(text: str) -> None:
    try:
        value = unmarshal(text)
    except DecodeError:
        assert not is_json(text)
    else:
        assert is_json(text)
        assert is_json_object(text) is isinstance(value, dict)


@given(
    st.text(alphabet='{}[]",:019.eE+-tfnulrsa \t\n\\uDd8/\x0b\xa0\ufeff٣\ud800', max_size=12)
    | st.from_regex(r'\{"[a-z\\]":(-?[0-9.e]{1,5}|true|NaN|"\\u[0-9a-g]{4}")\}', fullmatch=True)
)
def test_what_pythons_parser_takes_is_json_for_go(text: str) -> None:
    assert is_json(text) == is_valid(text.encode(errors="surrogatepass"))


def test_deep_json_is_valid_up_to_gos_depth() -> None:
    assert is_json("[" * 10_000 + "]" * 10_000)
    assert not is_json("[" * 10_001 + "]" * 10_001)

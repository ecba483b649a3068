"""The text form of jsonb. The expected texts were printed by PostgreSQL 15."""

from __future__ import annotations

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.wire.gojson import marshal
from mock_server.wire.jsonb import JsonbError, jsonb_text


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ('{"bb":1,"a":2,"ccc":3,"B":4}', '{"B": 4, "a": 2, "bb": 1, "ccc": 3}'),
        ('{"é":1,"zz":2,"y":3}', '{"y": 3, "zz": 2, "é": 1}'),
        ('{"a":1,"b":2,"a":3}', '{"a": 3, "b": 2}'),
        ('{"a":{"c":[1,[2,{}]]},"":[]}', '{"": [], "a": {"c": [1, [2, {}]]}}'),
        ("[1e3,1.50,1.5e3,1.500e1,1e-7]", "[1000, 1.50, 1500, 15.00, 0.0000001]"),
        ("[-0,-0.0,0.00,0e5,0e-3,0.00e-1]", "[0, 0.0, 0.00, 0, 0.000, 0.000]"),
        ("[12.5e-3,-12.50E+2,100e-2,-5e-1]", "[0.0125, -1250, 1.00, -0.5]"),
        ("1e300", "1" + "0" * 300),
        (r'"\b\f\n\r\t\/\\\"\u0001\u001f"', r'"\b\f\n\r\t/\\\"\u0001\u001f"'),
        (r'"\u00e9\ud83d\ude00<>&\u2028"', '"é\N{GRINNING FACE}<>&\u2028"'),
        (r'"\\u0000"', r'"\\u0000"'),
        (" true ", "true"),
        ("null", "null"),
    ],
)
def test_text_comes_back_in_jsonb_form(text: str, stored: str) -> None:
    assert jsonb_text(text) == stored


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "{} {}",
        "NaN",
        "-Infinity",
        "01",
        "1.",
        "'a'",
        '"a\nb"',
        '{"a":}',
        r'"\u0000"',
        r'{"\u0000":1}',
        r'{"a":"\u0000","a":1}',
        r'"\ud83d"',
        r'"\ude00\ud83d"',
        '"\ud83d"',
        "1e131072",
        "1e-16384",
        "0e-20000",
        "1e9999999999",
        "[" * 100_000,
        "[" * 7000 + "]" * 7000,
    ],
)
def test_what_postgresql_refuses_is_a_value_error(text: str) -> None:
    with pytest.raises(JsonbError, match=r"^ERROR: .+ \(SQLSTATE \w{5}\)$"):
        jsonb_text(text)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("x", "ERROR: invalid input syntax for type json (SQLSTATE 22P02)"),
        ("NaN", "ERROR: invalid input syntax for type json (SQLSTATE 22P02)"),
        (r'"\ud83d"', "ERROR: invalid input syntax for type json (SQLSTATE 22P02)"),
        (r'"\u0000"', "ERROR: unsupported Unicode escape sequence (SQLSTATE 22P05)"),
        ("1e131072", "ERROR: value overflows numeric format (SQLSTATE 22003)"),
        ("[" * 7000 + "]" * 7000, "ERROR: stack depth limit exceeded (SQLSTATE 54001)"),
    ],
)
def test_a_refusal_has_the_words_of_postgresql(text: str, refusal: str) -> None:
    with pytest.raises(JsonbError) as caught:
        jsonb_text(text)
    assert str(caught.value) == refusal


@pytest.mark.parametrize("depth", [1, 400, 1500, 6000])
def test_nesting_is_stored_as_deep_as_postgresql_takes_it(depth: int) -> None:
    text = '{"a": [' * (depth // 2) + "[]" * (depth % 2) + "]}" * (depth // 2)
    assert jsonb_text(text) == text


@pytest.mark.parametrize("text", ["1e131071", "9e-16383", "0.1e131072"])
def test_numbers_up_to_the_limits_of_numeric_are_stored(text: str) -> None:
    assert len(jsonb_text(text)) > 16_000


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\0", codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_characters="\0", codec="utf-8")), inner)
    ),
    max_leaves=8,
)


def exactly(text: str) -> Any:
    return json.loads(text, parse_int=Decimal, parse_float=Decimal)


@given(JSON_VALUES)
def test_storing_keeps_the_value_and_storing_again_changes_nothing(value: Any) -> None:
    stored = jsonb_text(marshal(value))
    assert exactly(stored) == exactly(marshal(value))
    assert jsonb_text(stored) == stored


@given(st.text())
def test_any_text_is_stored_or_a_value_error(text: str) -> None:
    with suppress(ValueError):
        json.loads(jsonb_text(text))

"""The query language, as a real Nakama's index answers it."""

from __future__ import annotations

from typing import Any

import pytest

from mock_server.label_query import Document, InvalidQuery, SearchError, parse_query

LABELS: dict[str, dict[str, Any]] = {
    "a": {
        "mode": "deathmatch",
        "skill": 100,
        "open": True,
        "maps": ["dust", "aztec"],
        "in": {"region": "eu", "tier": 1},
        "name": "Alpha One",
        "date": "2020-01-02T03:04:05Z",
        "neg": -5,
    },
    "b": {
        "mode": "capture the flag",
        "skill": 50.5,
        "open": False,
        "maps": ["dust"],
        "in": {"region": "us", "tier": 2},
        "name": "alpha-two",
        "date": "2021-06-01",
        "neg": 0,
    },
    "c": {
        "mode": "deathmatch",
        "skill": 7,
        "open": True,
        "maps": [],
        "name": "x:y",
        "date": "2022-12-31 10:00:00",
        "digits": "42",
        "none": None,
        "empty": "",
    },
    "d": {
        "mode": "deathrace",
        "skill": 42,
        "digits": 42,
        "list": [{"id": 1, "n": "one"}, {"id": 2, "n": "two"}],
        "date": "2023-01-01T00:00:00.5+02:00",
    },
}


def _document(label: Any) -> Document:
    document = Document()
    document.add_text("node", "nakama1")
    document.add_value("label", label)
    return document


DOCUMENTS = [(_document(label), key) for key, label in LABELS.items()]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("*", "abcd"),
        ("", ""),
        ("+*", ""),
        ("**", ""),
        ("-*", "abcd"),
        ("label.mode:deathmatch", "ac"),
        ("+label.mode:deathmatch -label.skill:7", "a"),
        ("-label.mode:deathmatch", "bd"),
        ("-label.mode:deathmatch -label.mode:deathrace", "b"),
        ("+label.mode:deathmatch label.skill:42", "ac"),
        ("label.mode:deathrace label.skill:7", "cd"),
        ("label.mode : deathrace", "d"),
        ("+ label.mode: deathrace", "d"),
        ("label.mode:Deathmatch", ""),
        ("label.mode:death", ""),
        ('label.mode:"deathmatch"', ""),
        ('label.mode:"deathmatch" label.skill:7', "c"),
        (r"label.mode:capture\ the\ flag", "b"),
        ("label.mode:capture the flag", ""),
        ("label.mode:death*", "acd"),
        ("label.mode:*match", "ac"),
        ("label.mode:dea?hmatch", "ac"),
        ("label.mode:capture*flag", "b"),
        (r"label.mode:death\*", "acd"),
        ("label.maps:*", "ab"),
        ("-label.maps:*", "cd"),
        ("label.skill:*", "abcd"),
        ("label.none:*", ""),
        ("label.empty:*", "c"),
        ('label.empty:""', ""),
        ("label.mode:/death(match|race)/", "acd"),
        ("label.mode:/death/", ""),
        ("label.mode:/(?i)DEATHRACE/", "d"),
        ("label.mode://", ""),
        ("label.skill:100", "a"),
        ("label.skill:50.5", "b"),
        ("label.skill:042", "d"),
        ("label.skill:42.", "d"),
        ("label.skill:1e2", ""),
        ("label.skill:>50", "ab"),
        ("label.skill:>=50.5", "ab"),
        ("label.skill:<50.5", "cd"),
        ("label.skill:<=42", "cd"),
        ("+label.skill:>7 +label.skill:<100", "bd"),
        ("-label.skill:>=42", "c"),
        ("label.neg:-5", "a"),
        ("label.neg:<0", "a"),
        ("label.neg:>=-5", "ab"),
        ("label.digits:42", "cd"),
        (r"label.digits:4\2", ""),
        ("label.digits:>41", "d"),
        ("label.open:T", "ac"),
        ("label.open:true", ""),
        ("+label.maps:dust +label.maps:aztec", "a"),
        ("label.in.tier:>1", "b"),
        ("+label.list.id:1 +label.list.n:two", "d"),
        ('label.date:>"2020-06-01T00:00:00Z"', "bcd"),
        ('label.date:<="2021-06-01T00:00:00Z"', "ab"),
        ('label.date:>="2022-12-31T22:00:00Z"', "d"),
        ("label.date:2021-06-01", ""),
        ("label.name:alpha-two", "b"),
        (r"label.name:x\:y", "c"),
        ("label.mode:deathmarch~", "ac"),
        ("label.mode:detahmatch~1", "ac"),
        ("label.mode:deathrage~0", ""),
        ("mode:deathmatch", ""),
        ("deathmatch", ""),
        ("node:nakama1", "abcd"),
        ("label.mode:deathmatch AND label.skill:7", "ac"),
    ],
)
def test_search_finds_the_documents_that_match(query: str, expected: str) -> None:
    found = parse_query(query).search(DOCUMENTS)

    assert "".join(key for _, key in found) == expected


@pytest.mark.parametrize(
    ("query", "label", "expected"),
    [
        ("label.a:x", {"a": "x"}, 1),
        ("label.a:x^1.4", {"a": "x"}, 1.96),
        ("label.a:x^-1", {"a": "x"}, 1),
        ("label.a:x ^2", {"a": "x"}, 4),
        ("label.a:x*^3", {"a": "x"}, 3),
        ("label.a:/x/^3", {"a": "x"}, 3),
        ("label.a:x*", {"a": ["x", "xy"]}, 2),
        ("label.a:42^3", {"a": 42}, 3),
        ("label.a:42^3", {"a": [42, "42"]}, 6),
        ("label.a:>10^2", {"a": 42}, 2),
        ("label.a:>=1", {"a": [1, 2, 3]}, 2),
        ('label.a:>"2019-01-01T00:00:00Z"^2', {"a": "2020-01-01"}, 1),
        ("label.a:wor0~1", {"a": "word0"}, 0.75),
        ("label.a:word~2", {"a": "wrod"}, 0.75),
        ("-label.a:x", {"a": "y"}, 1),
        ("+label.a:x label.a:x label.b:y", {"a": "x"}, 2),
        ("*", {}, 1),
    ],
)
def test_score_is_the_real_servers(query: str, label: Any, expected: float) -> None:
    assert parse_query(query).score(_document(label)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("   ", "syntax error"),
        ("label.name:x:y", "syntax error"),
        ("+", "syntax error"),
        ("label.a:>x", "syntax error"),
        ("label.a:>+5", "syntax error"),
        ("label.a:=5", "syntax error"),
        ("a^1 ^2", "syntax error"),
        ("5:a", "syntax error"),
        ('label.a:"x', "parse error: unterminated quote"),
        (
            "label.a:x^a",
            'parse error: invalid boost value: strconv.ParseFloat: parsing "a": invalid syntax',
        ),
        (
            "label.a:x^1e400",
            (
                "parse error: invalid boost value: strconv.ParseFloat: "
                'parsing "1e400": value out of range'
            ),
        ),
        (
            "label.a:x~b",
            'parse error: invalid fuzziness value: strconv.ParseFloat: parsing "b": invalid syntax',
        ),
        (
            'label.a:>"x"',
            (
                'parse error: invalid time: parsing time "x" as "2006-01-02T15:04:05Z07:00": '
                'cannot parse "x" as "2006"'
            ),
        ),
        (
            'label.a:>"2020-13-01T00:00:00Z"',
            'parse error: invalid time: parsing time "2020-13-01T00:00:00Z": month out of range',
        ),
        (
            'label.a:>"2020-01-01T00:00:00Zz"',
            'parse error: invalid time: parsing time "2020-01-01T00:00:00Zz": extra text: "z"',
        ),
    ],
)
def test_parse_query_raises_with_the_real_servers_text(query: str, message: str) -> None:
    with pytest.raises(InvalidQuery) as refused:
        parse_query(query)

    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("label.a:word~3", "fuzziness exceeds max (2)"),
        ("label.a:word~-1", "invalid fuzziness, negative"),
        ("label.a:/(/", "error parsing regexp: missing closing ): `(`"),
        ("label.a:/[/", "error parsing regexp: missing closing ]: `[`"),
        ("label.a:/x$/", "zero width assertions not allowed"),
        (r"label.a:/\\bx/", "word boundaries are not allowed"),
    ],
)
def test_search_raises_when_nothing_can_be_searched_for(query: str, message: str) -> None:
    with pytest.raises(SearchError) as refused:
        parse_query(query).search([])

    assert str(refused.value) == message


def test_parse_query_raises_when_a_query_is_long_enough_to_hold_the_loop() -> None:
    assert len(parse_query("+a:b " * 10_000).clauses) == 10_000
    with pytest.raises(InvalidQuery, match="query longer than 50000 characters"):
        parse_query("+a:b " * 10_001)


def test_search_takes_a_regular_expression_that_backtracks() -> None:
    query = parse_query("label.a:/(a|a|aa)+b/")

    assert query.score(_document({"a": "a" * 2000})) is None


def test_search_takes_values_nested_as_deep_as_a_label_can_hold() -> None:
    value: Any = "x"
    for _ in range(2000):
        value = [value]

    assert parse_query("label.a:x").score(_document({"a": value})) == 1


def test_search_takes_half_a_surrogate_pair() -> None:
    assert parse_query("label.a:*").score(_document({"a": "\ud800"})) == 1

"""The filter grammar: documented examples, every field, and a brute-force reading of it."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onesignal_stub.errors import ApiError
from onesignal_stub.filters import FilterSubject, parse, version_key

NOW = 1_700_000_000.0
HOUR = 3600.0
OR = {"operator": "OR"}
AND = {"operator": "AND"}


def device(**values: Any) -> FilterSubject:
    return FilterSubject(
        **{"number": 1, "id": "d", "onesignal_id": "u", "device_type": 1, **values}
    )


def matches(filters: list[Any], **values: Any) -> bool:
    question = parse(filters)
    assert question is not None
    return question(device(**values), NOW)


def tag(relation: str, value: str | None = None, key: str = "level") -> dict[str, Any]:
    entry = {"field": "tag", "key": key, "relation": relation}
    return entry if value is None else {**entry, "value": value}


SPENT = {"field": "amount_spent", "relation": ">", "value": "0"}


@pytest.mark.parametrize(
    ("filters", "values", "expected"),
    [
        # level is 10 AND something was spent
        ([tag("=", "10"), SPENT], {"tags": {"level": "10"}, "amount_spent": 1.0}, True),
        ([tag("=", "10"), AND, SPENT], {"tags": {"level": "10"}}, False),
        # level is 10 OR level is 20
        ([tag("=", "10"), OR, tag("=", "20")], {"tags": {"level": "20"}}, True),
        ([tag("=", "10"), OR, tag("=", "20")], {"tags": {"level": "30"}}, False),
        # not a VIP, or an admin
        (
            [tag("!=", "true", "is_vip"), OR, tag("=", "true", "is_admin")],
            {"tags": {"is_vip": "true", "is_admin": "true"}},
            True,
        ),
        (
            [tag("!=", "true", "is_vip"), OR, tag("=", "true", "is_admin")],
            {"tags": {"is_vip": "true"}},
            False,
        ),
        # has a username and is not banned; nobody said that they are
        (
            [tag("exists", key="username"), tag("!=", "true", "banned")],
            {"tags": {"username": "u"}},
            True,
        ),
        # AND before OR: (count AND tag) OR last session
        (
            [
                {"field": "session_count", "relation": ">", "value": "2"},
                AND,
                tag("!=", "1", "tag_key"),
                OR,
                {"field": "last_session", "relation": "<", "hours_ago": "30"},
            ],
            {"session_count": 1, "last_session": NOW - 29 * HOUR},
            True,
        ),
    ],
)
def test_the_documented_examples(
    filters: list[Any], values: dict[str, Any], expected: bool
) -> None:
    assert matches(filters, **values) is expected


@pytest.mark.parametrize(
    ("entry", "yes", "no"),
    [
        (
            {"field": "last_session", "relation": ">", "hours_ago": "1.5"},
            {"last_session": NOW - 1.6 * HOUR},
            {"last_session": NOW - 1.4 * HOUR},
        ),
        (
            {"field": "last_session", "relation": "<", "value": "1"},
            {"last_session": NOW - 0.5 * HOUR},
            {"last_session": NOW - 2 * HOUR},
        ),
        (
            {"field": "first_session", "relation": ">", "hours_ago": 24},
            {"first_session": NOW - 25 * HOUR},
            {"first_session": NOW - 23 * HOUR},
        ),
        (
            {"field": "session_count", "relation": "=", "value": 3},
            {"session_count": 3},
            {"session_count": 4},
        ),
        (
            {"field": "session_count", "relation": "!=", "value": "3"},
            {"session_count": 4},
            {"session_count": 3},
        ),
        (
            {"field": "session_time", "relation": "<", "value": "60"},
            {"session_time": 59},
            {"session_time": 60},
        ),
        (
            {"field": "amount_spent", "relation": "=", "value": "1.50"},
            {"amount_spent": 1.5},
            {"amount_spent": 1.0},
        ),
        (
            {"field": "bought_sku", "key": "gem", "relation": ">", "value": "1"},
            {"purchases": {"gem": 1.99}},
            {"purchases": {"coin": 1.99}},
        ),
        (tag("exists"), {"tags": {"level": "1"}}, {}),
        (tag("not_exists"), {}, {"tags": {"level": "1"}}),
        (tag(">", "9"), {"tags": {"level": "10"}}, {"tags": {"level": "nine"}}),
        (tag("<", "10"), {"tags": {"level": "9"}}, {}),
        (
            tag("time_elapsed_gt", "60"),
            {"tags": {"level": str(int(NOW) - 61)}},
            {"tags": {"level": str(int(NOW) - 59)}},
        ),
        (
            tag("time_elapsed_lt", "60"),
            {"tags": {"level": str(int(NOW) + 9999)}},
            {"tags": {"level": "soon"}},
        ),
        (
            tag("time_elapsed_gt", "-172800"),
            {"tags": {"level": str(int(NOW) + 172_000)}},
            {"tags": {"level": str(int(NOW) + 173_000)}},
        ),
        (
            {"field": "language", "relation": "=", "value": "de"},
            {"language": "de"},
            {"language": None},
        ),
        ({"field": "language", "relation": "!=", "value": "de"}, {}, {"language": "de"}),
        ({"field": "country", "relation": "=", "value": "US"}, {"country": "US"}, {}),
        ({"field": "country", "relation": "exists"}, {"country": "US"}, {}),
        ({"field": "country", "relation": "not_exists"}, {}, {"country": "US"}),
        (
            {"field": "app_version", "relation": ">", "value": "1.9.0"},
            {"app_version": "1.10"},
            {"app_version": "1.9"},
        ),
        (
            {"field": "app_version", "relation": "!=", "value": "1.0.0"},
            {"app_version": "1.0"},
            {"app_version": "1.0.0"},
        ),
        (
            {"field": "location", "radius": 1000, "lat": "37.77", "long": -122.43},
            {"lat": 37.775, "long": -122.43},
            {"lat": 37.8, "long": -122.43},
        ),
        (
            {"field": "location", "radius": 1e9, "lat": 0, "long": 0},
            {"lat": 50.0, "long": 50.0},
            {},
        ),
        (
            {"field": "email", "value": "A@b.co"},
            {"emails": frozenset({"a@b.co"})},
            {},
        ),
        (
            {"field": "device_type", "relation": "=", "value": "Web Push (Browser)"},
            {"device_type": 8},
            {"device_type": 1},
        ),
        (
            {"field": "device_type", "relation": "!=", "value": "iOS"},
            {"device_type": 1},
            {"device_type": 0},
        ),
        ({"field": "rooted", "relation": "=", "value": "true"}, {"rooted": True}, {}),
        ({"field": "test_users", "relation": "=", "value": True}, {"is_test": True}, {}),
    ],
)
def test_every_field_and_relation(
    entry: dict[str, Any], yes: dict[str, Any], no: dict[str, Any]
) -> None:
    assert matches([entry], **yes) is True
    assert matches([entry], **no) is False


@pytest.mark.parametrize(
    ("filters", "text"),
    [
        ([{"field": "level", "relation": "="}], "Segment level is not a valid filter field."),
        ([{"key": "level", "relation": "=", "value": "1"}], "is not a valid filter field"),
        ([{"field": "tag", "relation": "=", "value": "1"}], "Filter tag: key is required"),
        ([tag("=")], "Filter tag: value is required"),
        ([tag("~", "1")], "Filter tag: relation must be one of"),
        ([{"field": "session_count", "relation": ">", "value": "x"}], "must be a number"),
        ([{"field": "session_time", "relation": "=", "value": "1"}], "relation must be one of"),
        ([{"field": "location", "lat": 1, "long": 1}], "radius is required"),
        ([{"field": "device_type", "relation": "=", "value": "toaster"}], "is not a platform"),
        ([OR], "operator must stand between"),
        ([tag("exists"), OR], "must not end with an operator"),
        ([tag("exists"), OR, OR, tag("exists")], "operator must stand between"),
        ([tag("exists"), {"operator": "XOR"}], "operator must be AND or OR"),
        (["tag"], "every entry must be an object"),
        ([tag("exists")] * 201, "limited to 200 entries"),
    ],
)
def test_what_the_grammar_does_not_have_is_refused(filters: list[Any], text: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse(filters)
    assert caught.value.status == 400
    assert text in caught.value.body["errors"][0]


def test_each_unknown_field_has_its_own_text() -> None:
    with pytest.raises(ApiError) as caught:
        parse([{"field": "levl"}, OR, tag("~"), {"field": "tags", "relation": "="}])
    assert caught.value.body["errors"] == [
        "Segment levl is not a valid filter field.",
        "Segment tags is not a valid filter field.",
    ]


def test_parse_returns_none_for_an_empty_list() -> None:
    assert parse([]) is None


@pytest.mark.parametrize("filters", [[{}], [tag("exists"), {}, tag("exists", key="b")]])
def test_parse_refuses_the_empty_objects_that_old_sdks_send_for_operators(
    filters: list[Any],
) -> None:
    with pytest.raises(ApiError) as caught:
        parse(filters)
    assert caught.value.body["errors"] == ["Segment  is not a valid filter field."]


KEYS = st.sampled_from(["a", "b"])
VALUES = st.one_of(
    st.integers(-3, 3).map(str),
    st.sampled_from(["x", "", "1.0", "01"]),
    st.text("xy .-", max_size=3),
)
LEAVES = st.one_of(
    st.fixed_dictionaries(
        {
            "field": st.just("tag"),
            "key": KEYS,
            "relation": st.sampled_from([">", "<", "=", "!="]),
            "value": VALUES,
        }
    ),
    st.fixed_dictionaries(
        {
            "field": st.just("tag"),
            "key": KEYS,
            "relation": st.sampled_from(["exists", "not_exists"]),
        }
    ),
    st.fixed_dictionaries(
        {
            "field": st.just("session_count"),
            "relation": st.sampled_from([">", "<", "=", "!="]),
            "value": st.integers(0, 4).map(str),
        }
    ),
)
JOINTS = st.sampled_from([None, AND, OR])


@st.composite
def filter_lists(draw: st.DrawFn) -> list[dict[str, Any]]:
    entries = [draw(LEAVES)]
    for leaf in draw(st.lists(LEAVES, max_size=5)):
        joint = draw(JOINTS)
        entries += [leaf] if joint is None else [joint, leaf]
    return entries


def number_in(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def holds(entry: dict[str, Any], tags: dict[str, str], sessions: int) -> bool:
    """One filter, read as the documentation reads."""
    relation, value = entry["relation"], entry.get("value", "")
    if entry["field"] == "session_count":
        wanted = int(value)
        return {
            ">": sessions > wanted,
            "<": sessions < wanted,
            "=": sessions == wanted,
            "!=": sessions != wanted,
        }[relation]
    has = entry["key"] in tags
    found = tags.get(entry["key"])
    if relation in {"exists", "not_exists"}:
        return has is (relation == "exists")
    if relation == "=":
        return has and found == value
    if relation == "!=":
        return not (has and found == value)
    left, right = number_in(found), number_in(value)
    if left is None or right is None:
        return False
    return left > right if relation == ">" else left < right


def brute_force(filters: list[dict[str, Any]], tags: dict[str, str], sessions: int) -> bool:
    groups = [list(group) for is_or, group in itertools.groupby(filters, OR.__eq__) if not is_or]
    return any(
        all(holds(entry, tags, sessions) for entry in group if entry != AND) for group in groups
    )


ASCII_TAGS = st.dictionaries(KEYS, st.one_of(st.integers(-3, 3).map(str), st.just("x")))


@settings(deadline=None)
@given(filter_lists(), ASCII_TAGS, st.integers(0, 4))
def test_the_evaluator_agrees_with_a_brute_force_reading(
    filters: list[dict[str, Any]], tags: dict[str, str], sessions: int
) -> None:
    found = matches(filters, tags=tags, session_count=sessions)
    assert found is brute_force(filters, tags, sessions)


@settings(deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=4))
def test_versions_compare_by_their_numbers(numbers: list[int]) -> None:
    version = ".".join(map(str, numbers))
    assert version_key(version) == version_key(f"{version}.0")
    larger = ".".join(map(str, [*numbers[:-1], numbers[-1] + 1]))
    smaller, greater = version_key(version), version_key(larger)
    assert smaller is not None
    assert greater is not None
    assert smaller < greater

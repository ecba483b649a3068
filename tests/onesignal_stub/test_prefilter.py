"""Devices that the database leaves out: it must be none that a target has."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from onesignal_stub.audience import (
    DEFAULT_SEGMENTS,
    ByFilters,
    BySegments,
    SegmentSet,
    Target,
    Targeting,
    select,
)
from onesignal_stub.devices import DeviceReader, Span
from onesignal_stub.filters import parse
from onesignal_stub.prefilter import EVERY, condition_of
from onesignal_stub.store import SCHEMA
from server_kit import Store
from tests.inner_loop import examples

NOW = 1_700_000_000
HOUR = 3600
APP = "11111111-1111-4111-8111-111111111111"
EVERYBODY = Span(APP, 0, 1 << 62)
NUMBERS = st.sampled_from(["-1", "0", "1", "2", "2.5", "1e1"])
KEYS = st.sampled_from(["a", "b", 'quo"ted', "back\\slash", "é"])
AND, OR = {"operator": "AND"}, {"operator": "OR"}

ENTRIES = st.one_of(
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(["session_count", "amount_spent"]),
            "relation": st.sampled_from([">", "<", "="]),
            "value": NUMBERS,
        }
    ),
    st.fixed_dictionaries(
        {
            "field": st.sampled_from(["last_session", "first_session"]),
            "relation": st.sampled_from([">", "<"]),
            "hours_ago": NUMBERS,
        }
    ),
    st.fixed_dictionaries(
        {
            "field": st.just("tag"),
            "key": KEYS,
            "relation": st.sampled_from(["exists", "not_exists", "=", "!=", ">", "<"]),
            "value": NUMBERS,
        }
    ),
    st.just({"field": "language", "relation": "=", "value": "de"}),
)


@st.composite
def filter_lists(draw: st.DrawFn) -> list[dict[str, Any]]:
    entries = draw(st.lists(ENTRIES, min_size=1, max_size=4))
    joined = entries[:1]
    for entry in entries[1:]:
        joined += [*draw(st.sampled_from([[], [AND], [OR]])), entry]
    return joined


@st.composite
def targetings(draw: st.DrawFn, names: st.SearchStrategy[str]) -> Targeting:
    if draw(st.booleans()):
        return BySegments(tuple(draw(st.lists(names, min_size=1, max_size=3))))
    filters = draw(filter_lists())
    matches = parse(filters)
    assert matches is not None
    return ByFilters(filters, matches)


DEVICES = st.lists(
    st.fixed_dictionaries(
        {
            "tags": st.dictionaries(KEYS, NUMBERS, max_size=2),
            "language": st.sampled_from([None, "de"]),
            "session_count": st.integers(0, 3),
            "amount_spent": st.sampled_from([0, 1, 2.5]),
            "first_active": st.integers(-3, 3).map(lambda hours: NOW - hours * HOUR),
            "last_active": st.integers(-3, 3).map(lambda hours: NOW - hours * HOUR),
            "test_type": st.sampled_from([None, 1]),
        }
    ),
    max_size=6,
)


def insert(store: Store, devices: list[dict[str, Any]]) -> None:
    for number, device in enumerate(devices):
        store.run(
            "INSERT INTO users (onesignal_id, app_id, tags, language, first_active, last_active,"
            " amount_spent) VALUES (?, ?, ?, ?, ?, ?, ?)",
            str(number),
            APP,
            msgspec.json.encode(device["tags"]).decode(),
            device["language"],
            device["first_active"],
            NOW,
            device["amount_spent"],
        )
        store.run(
            "INSERT INTO subscriptions (id, app_id, onesignal_id, device_type, token,"
            " session_count, created_at, last_active, test_type)"
            " VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?)",
            f"device {number}",
            APP,
            str(number),
            f"token {number}",
            device["session_count"],
            NOW,
            device["last_active"],
            device["test_type"],
        )


SEGMENTS = st.dictionaries(st.sampled_from(["VIP", "New"]), filter_lists())
NAMES = st.sampled_from(["VIP", "New", "All", "Active Users", "Test Users", "nothing"])


@settings(max_examples=examples(150), deadline=None)
@given(DEVICES, SEGMENTS, targetings(NAMES))
def test_select_finds_the_same_devices_behind_the_condition(
    devices: list[dict[str, Any]], own: dict[str, list[dict[str, Any]]], targeting: Targeting
) -> None:
    store = Store(SCHEMA)
    try:
        store.run(
            "INSERT INTO apps (id, name, basic_auth_key, created_at, updated_at)"
            " VALUES (?, 'a', 'k', 0, 0)",
            APP,
        )
        insert(store, devices)
        reader, segments = DeviceReader(store), SegmentSet({**DEFAULT_SEGMENTS, **own})
        target, condition = Target(targeting=targeting), condition_of(targeting, segments, NOW)
        wanted = select(reader.of_span(EVERYBODY), target, segments=segments, now=NOW)
        found = select(reader.of_span(EVERYBODY, condition), target, segments=segments, now=NOW)
        assert found == wanted
    finally:
        store.close()


def test_condition_leaves_out_a_device_without_the_tag_or_with_too_few_sessions() -> None:
    filters = [
        {"field": "tag", "key": "level", "relation": ">", "value": "10"},
        {"field": "session_count", "relation": ">", "value": "2"},
    ]
    matches = parse(filters)
    assert matches is not None
    condition = condition_of(ByFilters(filters, matches), SegmentSet({}), NOW)
    assert condition.sql == "(instr(u.tags, ?) AND s.session_count > ?)"
    assert condition.parameters == ('"level"', 2.0)


def test_condition_lets_every_device_through_where_one_side_of_an_or_has_no_sql() -> None:
    filters = [
        {"field": "session_count", "relation": ">", "value": "2"},
        OR,
        {"field": "language", "relation": "=", "value": "de"},
    ]
    matches = parse(filters)
    assert matches is not None
    assert condition_of(ByFilters(filters, matches), SegmentSet({}), NOW) == EVERY

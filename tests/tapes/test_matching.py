"""The player notices what differs, and binds what a tape names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tapes.assertions import Assertions
from tests.tapes.bindings import Bindings
from tests.tapes.matching import Mismatch, match

UUID = "40857c06-11d1-4cf8-8a38-0d3b4a1d5d55"


@pytest.fixture
def bindings() -> Bindings:
    return Bindings({"alice.id": "uuid", "name": "string"}, lambda: 1000.0)


@pytest.mark.parametrize(
    ("recorded", "actual"),
    [
        ({"a": 1, "b": [True, None]}, {"a": 1, "b": [True, None]}),
        ({"t": "<timestamp>", "n": "<int>"}, {"t": "2026-11-21T22:20:27.5Z", "n": -7}),
        ("x-<uuid>-y", f"x-{UUID}-y"),
        ('{"n":<int>}', '{"n":12}'),
        ("{{alice.id}} {{alice.id}}", f"{UUID} {UUID}"),
        ("proto:\N{NO-BREAK SPACE}x", "proto: x"),
    ],
)
def test_match_accepts_equal_answers(recorded: Any, actual: Any, bindings: Bindings) -> None:
    match(recorded, actual, bindings)


@pytest.mark.parametrize(
    ("recorded", "actual"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1}, {}),
        ({"a": {}}, {"a": []}),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
        (1, True),
        (0, False),
        (None, 0),
        ("1", 1),
        (1, "1"),
        ("<int>", True),
        ("<int>", "x"),
        ("<timestamp>", "2026-11-21 22:20:27"),
        ("<uuid>", UUID.upper()),
        ("{{alice.id}}", "not a uuid"),
        ("{{name}}-{{name}}", "a-b"),
    ],
)
def test_match_raises_for_other_answers(recorded: Any, actual: Any, bindings: Bindings) -> None:
    with pytest.raises(Mismatch):
        match(recorded, actual, bindings)


def test_a_name_is_bound_once_and_then_has_to_be_equal(bindings: Bindings) -> None:
    match({"id": "{{alice.id}}"}, {"id": UUID}, bindings)
    assert bindings.fill({"{{alice.id}}": ["/{{alice.id}}"]}) == {UUID: [f"/{UUID}"]}
    with pytest.raises(Mismatch):
        match("{{alice.id}}", UUID.replace("4", "5"), bindings)


def test_an_answer_that_differs_binds_nothing(bindings: Bindings) -> None:
    with pytest.raises(Mismatch):
        match({"id": "{{alice.id}}", "n": 1}, {"id": UUID, "n": 2}, bindings)
    with pytest.raises(KeyError, match=r"alice\.id"):
        bindings.fill("{{alice.id}}")


def test_the_order_of_an_unordered_list_does_not_matter(bindings: Bindings) -> None:
    recorded = {"users": [{"n": "a"}, {"n": "b"}]}
    match(recorded, {"users": [{"n": "b"}, {"n": "a"}]}, bindings, unordered=["users"])
    with pytest.raises(Mismatch):
        match(recorded, {"users": [{"n": "a"}, {"n": "a"}]}, bindings, unordered=["users"])


def test_collected_ids_are_compared() -> None:
    assertions = Assertions()
    page = {"notifications": [{"id": "a"}, {"id": "b"}, {"id": "a", "code": 2}]}
    collect = {"op": "collect", "path": "notifications.*.id", "into": "ids"}
    assertions.check([collect, {"op": "sorted", "path": "notifications.*.id"}], page)
    for wrong in (
        {"op": "sorted", "var": "ids"},
        {"op": "distinct", "var": "ids", "count": 3},
        {"op": "sorted", "path": "notifications.*.id"},
    ):
        with pytest.raises(Mismatch):
            assertions.check([wrong], {"notifications": [{"id": "b"}, {"id": "a"}]})

"""Counting deliveries, without Locust."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nakama_client import ArgumentError
from nakama_client.load import DeliveryTracker


def tracker(**changes: Any) -> DeliveryTracker:
    made = DeliveryTracker("run", **changes)
    made.listen("bob")
    return made


def test_send_and_received_measure_the_latency() -> None:
    now = 100.0
    made = tracker(clock=lambda: now)
    marker = made.send("gift", "ada", ["bob"])
    assert made.outstanding == 1
    now = 100.25
    receipt = made.received("bob", {"coins": 5, **marker})
    assert receipt is not None
    assert (receipt.kind, receipt.latency, receipt.outcome) == ("gift", 0.25, "delivered")
    assert made.outstanding == 0


def test_received_from_another_machine_is_counted_without_a_latency() -> None:
    marker = tracker(machine="there").send("gift", "ada", ["bob"])
    receipt = tracker(machine="here").received("bob", marker)
    assert receipt is not None
    assert receipt.latency is None
    assert receipt.outcome == "delivered"


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"nakama_load": 5},
        {"nakama_load": {}},
        {"nakama_load": {"run": "run", "kind": "gift", "sender": "ada", "number": -1}},
        {"nakama_load": {"run": "other", "kind": "gift", "sender": "ada", "number": 0}},
        {"nakama_load": {"run": "run", "kind": "gift", "sender": "ada", "number": "0"}},
    ],
)
def test_received_passes_over_what_has_no_marker_of_this_run(content: dict[str, object]) -> None:
    made = tracker()
    assert made.received("bob", content) is None
    assert made.counts == {}


def test_received_by_someone_who_was_not_named_is_unexpected() -> None:
    made = tracker()
    made.listen("eve")
    receipt = made.received("eve", made.send("gift", "ada", ["bob"]))
    assert receipt is not None
    assert receipt.outcome == "unexpected"
    assert made.counts["gift"].missed == 1


def test_leave_expects_nothing_any_more() -> None:
    made = tracker()
    made.send("gift", "ada", ["bob", "eve"])
    made.leave("bob")
    assert (made.counts["gift"].left, made.counts["gift"].missed) == (1, 1)


def test_failed_expects_nothing_any_more_but_keeps_what_arrived() -> None:
    made = tracker()
    made.listen("eve")
    marker = made.send("gift", "ada", ["bob", "eve"])
    made.received("eve", marker)
    made.failed(marker, ["bob", "eve"])
    counts = made.counts["gift"]
    assert (counts.expected, counts.delivered, counts.uncertain) == (1, 1, 1)


def test_send_refuses_a_kind_without_a_name() -> None:
    with pytest.raises(ArgumentError, match="a kind of messages has a name"):
        tracker().send("", "ada", ["bob"])


@given(st.integers(1, 30), st.lists(st.integers(0, 29), max_size=80))
def test_counts_agree_with_the_arrivals(sent: int, arrivals: list[int]) -> None:
    made = tracker()
    markers = [made.send("chat", "ada", ["bob"]) for _ in range(sent)]
    seen: set[int] = set()
    repeated = out_of_order = 0
    for number in arrivals:
        if number >= sent:
            continue
        made.received("bob", markers[number])
        repeated += number in seen
        out_of_order += number not in seen and number < max(seen, default=-1)
        seen.add(number)
    counts = made.counts["chat"]
    assert (counts.expected, counts.delivered, counts.missed) == (sent, len(seen), sent - len(seen))
    assert (counts.repeated, counts.out_of_order) == (repeated, out_of_order)


@pytest.mark.slow
def test_the_tracker_does_not_import_locust() -> None:
    program = "import sys, nakama_client.load; assert not {'locust', 'gevent'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)

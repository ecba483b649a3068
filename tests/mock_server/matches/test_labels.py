"""The index of labels: it changes at intervals, and then as its matches have by then."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from mock_server.features.matches.labels import IndexEntry, LabelIndex
from mock_server.label_query import parse_query
from server_kit import Clock
from tests.inner_loop import examples

INTERVAL = 1.0
IDS = st.sampled_from(("a", "b", "c"))
LABELS = st.sampled_from(('{"k":1}', '{"k":2}', "plain"))


class LabelIndexMachine(RuleBasedStateMachine):
    """Matches begin, change their label and end while the clock is moved."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock(stopped_at=1000.0)
        self.index = LabelIndex(self.clock, INTERVAL)
        self.labels: dict[str, str] = {}
        self.shown: dict[str, str] = {}
        self.moved = 0

    @rule(match_id=IDS, label=LABELS)
    def change(self, match_id: str, label: str) -> None:
        self.index.update(IndexEntry(match_id, "node", label, 10, "handler", 0))
        self.labels[match_id] = label

    @rule(match_id=IDS)
    def end(self, match_id: str) -> None:
        self.index.remove(match_id)
        self.labels.pop(match_id, None)

    @rule(quarters=st.integers(1, 6))
    def move(self, quarters: int) -> None:
        self.clock.advance(quarters * INTERVAL / 4)
        before, self.moved = self.moved, self.moved + quarters
        if self.moved // 4 > before // 4:
            self.shown = dict(self.labels)

    @rule()
    def shows_what_was_there_at_the_last_change(self) -> None:
        found = {entry.match_id: entry.label for entry in self.index.by_label(None)}
        assert found == self.shown

    @rule()
    def finds_labels_by_text_and_by_query(self) -> None:
        by_text = {entry.match_id for entry in self.index.by_label("plain")}
        by_query = {entry.match_id for entry in self.index.by_query(parse_query("+label.k:1"))}
        assert by_text == {key for key, label in self.shown.items() if label == "plain"}
        assert by_query == {key for key, label in self.shown.items() if label == '{"k":1}'}


TestLabelIndex = LabelIndexMachine.TestCase
TestLabelIndex.settings = settings(
    max_examples=examples(100), stateful_step_count=20, deadline=None
)


def _entry(match_id: str, create_time_ms: int, label: str = '{"k":1,"l":["x"]}') -> IndexEntry:
    return IndexEntry(match_id, "node", label, 10, "handler", create_time_ms)


def test_by_query_lists_the_best_first_and_of_equals_the_newest() -> None:
    clock = Clock(stopped_at=1000.0)
    index = LabelIndex(clock, INTERVAL)
    for entry in (_entry("old", 1), _entry("new", 3), _entry("best", 2, '{"k":1,"l":["y"]}')):
        index.update(entry)
    clock.advance(INTERVAL)

    found = index.by_query(parse_query("+label.k:1 label.l:y"))
    assert [entry.match_id for entry in found] == ["best", "new", "old"]
    assert [entry.match_id for entry in index.by_label(None)] == ["new", "best", "old"]


def test_queries_know_the_matches_own_fields() -> None:
    clock = Clock(stopped_at=1000.0)
    index = LabelIndex(clock, INTERVAL)
    index.update(_entry("one", 1234, "2020-01-02"))
    clock.advance(INTERVAL)

    for query in (
        "+node:node",
        "+handler_name:handler",
        "+tick_rate:10",
        "+create_time:>=1234",
        "+label_string:2020-01-02",  # a text, though it looks like a time
    ):
        assert [entry.match_id for entry in index.by_query(parse_query(query))] == ["one"], query

"""The index of labels: which matches a listing finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from mock_server.label_query import BatchedIndex, Document
from mock_server.wire import gojson
from server_kit import Clock

if TYPE_CHECKING:
    from mock_server.label_query.query import Query


@frozen
class IndexEntry:
    """A match as the index knows it.

    Attributes:
        match_id: Its id.
        label: Its label.
        tick_rate: Its tick rate.
        handler_name: The module of its handler.
        create_time_ms: When it was made, in milliseconds since the epoch.
    """

    match_id: str
    node: str
    label: str
    tick_rate: int
    handler_name: str
    create_time_ms: int

    def document(self) -> Document:
        """The document that queries search."""
        document = Document()
        document.add_text("node", self.node)
        document.add_text("label_string", self.label)
        document.add_number("tick_rate", self.tick_rate)
        document.add_text("handler_name", self.handler_name)
        document.add_number("create_time", self.create_time_ms)
        label = _json_object(self.label)
        if label is not None:
            document.add_value("label", label)
        return document


class LabelIndex:
    """The labels of matches with a handler; it changes every `match.label_update_interval_ms`.

    Args:
        clock: The server's time; a clock that stands still keeps new labels out.
        interval: Seconds between two changes.
    """

    def __init__(self, clock: Clock, interval: float) -> None:
        self._index: BatchedIndex[IndexEntry] = BatchedIndex(clock, interval)

    def update(self, entry: IndexEntry) -> None:
        """Find a match by its label, from the next change of the index on."""
        self._index.update(entry.match_id, entry)

    def remove(self, match_id: str) -> None:
        """Find a match no longer."""
        self._index.remove(match_id)

    def clear(self) -> None:
        """Find nothing any longer."""
        self._index.clear()

    def by_query(self, query: Query) -> list[IndexEntry]:
        """The matches that a query finds: the best first, then the newest.

        Raises:
            SearchError: One can't search with this query.
        """
        found = query.search(reversed(self._index.current()))
        found.sort(key=lambda each: (each[0], each[1].create_time_ms), reverse=True)
        return [entry for _, entry in found]

    def by_label(self, label: str | None) -> list[IndexEntry]:
        """The matches with exactly this label, or all of them, the newest first."""
        entries = (entry for _, entry in reversed(self._index.current()))
        found = [entry for entry in entries if label is None or entry.label == label]
        return sorted(found, key=lambda entry: entry.create_time_ms, reverse=True)


def _json_object(label: str) -> dict[str, Any] | None:
    """The object that a label is, or None; one nested beyond Python's stack counts as none."""
    try:
        value = gojson.unmarshal(label)
    except ValueError:  # no JSON, or a number beyond a double
        return None
    return value if isinstance(value, dict) else None

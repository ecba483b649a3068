"""The index of labels: which matches a listing finds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import frozen

from mock_server.label_query import Document, Query
from mock_server.wire import gojson
from server_kit import Clock


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
        """What queries search."""
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
        self._clock = clock
        self._interval = interval
        self._began = clock.time()
        self._pending: dict[str, tuple[IndexEntry | None, int]] = {}
        self._entries: dict[str, tuple[Document, IndexEntry]] = {}

    def update(self, entry: IndexEntry) -> None:
        """Find a match by its label, from the next change of the index on."""
        self._change(entry.match_id, entry)

    def remove(self, match_id: str) -> None:
        """Find a match no longer."""
        self._change(match_id, None)

    def clear(self) -> None:
        """Find nothing any longer."""
        self._pending.clear()
        self._entries.clear()

    def by_query(self, query: Query) -> list[IndexEntry]:
        """The matches that a query finds: the best first, then the newest.

        Raises:
            SearchError: One can't search with this query.
        """
        found = query.search(self._current())
        found.sort(key=lambda each: (each[0], each[1].create_time_ms), reverse=True)
        return [entry for _, entry in found]

    def by_label(self, label: str | None) -> list[IndexEntry]:
        """The matches with exactly this label, or all of them, the newest first."""
        found = [entry for _, entry in self._current() if label is None or entry.label == label]
        return sorted(found, key=lambda entry: entry.create_time_ms, reverse=True)

    def _current(self) -> Iterable[tuple[Document, IndexEntry]]:
        self._apply_due()
        return reversed(self._entries.values())

    def _change(self, match_id: str, entry: IndexEntry | None) -> None:
        self._apply_due()  # else the change would take the place of one that is due
        self._pending[match_id] = (entry, self._round())

    def _apply_due(self) -> None:
        now = self._round()
        due = [key for key, (_, round_) in self._pending.items() if round_ < now]
        for match_id in due:
            entry, _ = self._pending.pop(match_id)
            self._entries.pop(match_id, None)
            if entry is not None:
                self._entries[match_id] = (entry.document(), entry)

    def _round(self) -> int:
        """How many times the index has changed."""
        return int((self._clock.time() - self._began) // self._interval)


def _json_object(label: str) -> dict[str, Any] | None:
    """The object that a label is, or None; one nested beyond Python's stack counts as none."""
    try:
        value = gojson.unmarshal(label)
    except ValueError:  # no JSON, or a number beyond a double
        return None
    return value if isinstance(value, dict) else None

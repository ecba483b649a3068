"""An index that changes in batches: what is new in it is found from the next change on."""

from __future__ import annotations

from collections.abc import Reversible
from typing import Generic, Protocol, TypeVar

from mock_server.label_query.document import Document
from server_kit import Clock

_SECOND = 1_000_000_000  # nanoseconds: with seconds as floats a move by one interval falls short


class Indexed(Protocol):
    """An item of an index."""

    def document(self) -> Document:
        """The document that queries search."""


E = TypeVar("E", bound=Indexed)


class BatchedIndex(Generic[E]):
    """Entries by key; it changes every `interval` seconds of the server's clock.

    Args:
        clock: The server's time; a clock that stands still keeps new entries out.
        interval: Seconds between two changes.
    """

    def __init__(self, clock: Clock, interval: float) -> None:
        self._clock = clock
        self._interval = round(interval * _SECOND)
        self._began = clock.time_ns()
        self._pending: dict[str, tuple[E | None, int]] = {}
        self._entries: dict[str, tuple[Document, E]] = {}

    def update(self, key: str, entry: E) -> None:
        """Find an entry, from the next change of the index on."""
        self._change(key, entry)

    def remove(self, key: str) -> None:
        """Find an entry no longer, from the next change of the index on."""
        self._change(key, None)

    def clear(self) -> None:
        """Find nothing any longer."""
        self._pending.clear()
        self._entries.clear()

    def current(self) -> Reversible[tuple[Document, E]]:
        """The items with their documents; the last changed one last."""
        self._apply_due()
        return self._entries.values()

    def _change(self, key: str, entry: E | None) -> None:
        self._apply_due()  # else the change would take the place of one that is due
        self._pending[key] = (entry, self._round())

    def _apply_due(self) -> None:
        now = self._round()
        due = [key for key, (_, round_) in self._pending.items() if round_ < now]
        for key in due:
            entry, _ = self._pending.pop(key)
            self._entries.pop(key, None)
            if entry is not None:
                self._entries[key] = (entry.document(), entry)

    def _round(self) -> int:
        """How many times the index has changed."""
        return (self._clock.time_ns() - self._began) // self._interval

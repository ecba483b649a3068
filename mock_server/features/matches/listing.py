"""The list of matches: those with a handler, then relayed ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from mock_server.features.matches.ids import parse_match_id, stream_match_id
from mock_server.features.matches.labels import IndexEntry
from mock_server.features.matches.registry import ID_INVALID, MatchRegistry
from mock_server.label_query import EVERYTHING, parse_query
from mock_server.realtime.stream import StreamMode
from mock_server.realtime.tracker import Tracker
from mock_server.runtime.errors import ModuleError


@frozen
class MatchFilter:
    """The filter of a list; None matches anything.

    Attributes:
        authoritative: Whether the matches have a handler.
        label: Exactly this label.
        query: A query on the labels; it goes before `label`.
        min_size: At least as many members.
        max_size: At most as many.
        node: The server they run on.
    """

    authoritative: bool | None = None
    label: str | None = None
    query: str | None = None
    min_size: int | None = None
    max_size: int | None = None
    node: str | None = None


@frozen
class ListedMatch:
    """One match, as lists and `nk.match_get` show it.

    Attributes:
        match_id: Its id.
        size: How many members it has.
        label: Its label; None of a relayed one.
        tick_rate: Its tick rate; 0 of a relayed one.
        handler_name: The module of its handler; empty of a relayed one.
        node: The server it runs on; empty of a relayed one.
    """

    match_id: str
    size: int
    label: str | None = None
    tick_rate: int = 0
    handler_name: str = ""
    node: str = ""

    @property
    def is_authoritative(self) -> bool:
        """Whether it has a handler."""
        return self.label is not None

    def message(self) -> dict[str, Any]:
        """The `Match` message of the API."""
        fields = {
            "match_id": self.match_id,
            "authoritative": self.is_authoritative,
            "label": self.label,
            "size": self.size,
            "tick_rate": self.tick_rate,
            "handler_name": self.handler_name,
        }
        return {
            name: value
            for name, value in fields.items()
            if (value is not None if name == "label" else value)
        }

    def table(self) -> dict[str, Any]:
        """The match as server modules see it."""
        return {
            "match_id": self.match_id,
            "authoritative": self.is_authoritative,
            "label": self.label,
            "size": self.size,
            "tick_rate": self.tick_rate or None,
            "handler_name": self.handler_name or None,
        }


class MatchListing:
    """Lists the matches of one server.

    Args:
        matches: Those with a handler.
        tracker: Where the members of relayed ones are.
    """

    def __init__(self, matches: MatchRegistry, tracker: Tracker) -> None:
        self._matches = matches
        self._tracker = tracker

    def get(self, text: str) -> ListedMatch | None:
        """The match of an id, or None.

        Raises:
            ModuleError: The id is none.
        """
        match_id = parse_match_id(text)
        if match_id is None:
            raise ModuleError(ID_INVALID)
        if match_id.is_relayed:
            size = len(self._tracker.of_stream(match_id.stream, hidden=True))
            return ListedMatch(text, size) if size else None
        match = self._matches.find(match_id)
        if match is None:
            return None
        return ListedMatch(
            str(match.id),
            len(match.members),
            label=match.label,
            tick_rate=match.tick_rate,
            handler_name=match.handler_name,
            node=match_id.node,
        )

    def find(self, wanted: MatchFilter, limit: int) -> list[ListedMatch]:
        """The matches that fit, those with a handler first, at most `limit`.

        Raises:
            InvalidQuery: The query can't be parsed.
            SearchError: One can't search with it.
        """
        if limit == 0 or (wanted.authoritative is False and _asks_for_label(wanted)):
            return []
        fitting = (match for match in self._candidates(wanted) if _fits(match, wanted))
        return [match for _, match in zip(range(limit), fitting, strict=False)]

    def _candidates(self, wanted: MatchFilter) -> Iterator[ListedMatch]:
        for entry in self._entries(wanted):
            match_id = parse_match_id(entry.match_id)
            match = self._matches.find(match_id) if match_id else None
            if match is not None:
                yield ListedMatch(
                    entry.match_id,
                    len(match.members),
                    label=entry.label,
                    tick_rate=entry.tick_rate,
                    handler_name=entry.handler_name,
                    node=entry.node,
                )
        if wanted.authoritative is not True and not _asks_for_label(wanted):
            for stream in self._tracker.streams(StreamMode.MATCH_RELAYED):
                size = len(self._tracker.of_stream(stream, hidden=True))
                yield ListedMatch(stream_match_id(stream), size)

    def _entries(self, wanted: MatchFilter) -> list[IndexEntry]:
        labels = self._matches.labels
        if wanted.query is None:
            return [] if wanted.authoritative is False else labels.by_label(wanted.label)
        if _asks_for_size(wanted) and not len(self._matches):
            return []  # the query is not even read
        return labels.by_query(parse_query(wanted.query or EVERYTHING))


def _asks_for_label(wanted: MatchFilter) -> bool:
    return wanted.query is not None or wanted.label is not None


def _asks_for_size(wanted: MatchFilter) -> bool:
    return wanted.min_size is not None or wanted.max_size is not None


def _fits(match: ListedMatch, wanted: MatchFilter) -> bool:
    if wanted.node is not None and match.is_authoritative and match.node != wanted.node:
        return False
    least = wanted.min_size if wanted.min_size is not None else match.size
    most = wanted.max_size if wanted.max_size is not None else match.size
    return least <= match.size <= most

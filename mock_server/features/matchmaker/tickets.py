"""Tickets: who looks for whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

from mock_server.label_query import Document, SearchError
from mock_server.realtime.stream import Presence

if TYPE_CHECKING:
    from mock_server.label_query.query import Query


@frozen
class Counts:
    """How many players a match takes.

    Attributes:
        least: At least so many.
        most: At most so many.
        multiple: The number is a multiple of this.
    """

    least: int
    most: int
    multiple: int = 1

    def accept(self, size: int) -> bool:
        """Whether a match of this size will do."""
        return self.least <= size <= self.most and size % self.multiple == 0


@frozen
class TicketSearch:
    """The search of a ticket: its query and counts, and its own properties.

    Attributes:
        counts: How many players.
        query: A query on the properties of others; its text.
        strings: Its own properties that are texts.
        numbers: Those that are numbers; of two of the same name the number counts.
    """

    counts: Counts
    query: str = "*"
    strings: Mapping[str, str] = field(factory=dict)
    numbers: Mapping[str, float] = field(factory=dict)

    @property
    def properties(self) -> dict[str, Any]:
        """All properties."""
        return {**self.strings, **self.numbers}


@define(eq=False)
class Ticket:
    """One wish for a match: of a session, or of a whole party.

    Attributes:
        id: Its id.
        members: Who plays; one, or the members of the party.
        party_id: The party; empty where there is none.
        search: What it looks for.
        query: The query, parsed.
        created_at: When it was added, in nanoseconds since the epoch.
        intervals: In how many ticks it has looked for others.
    """

    id: str
    members: Sequence[Presence]
    party_id: str
    search: TicketSearch
    query: Query
    created_at: int
    intervals: int = 0
    document: Document = field(init=False)
    session_ids: frozenset[str] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.session_ids = frozenset(each.session_id for each in self.members)
        self.document = document = Document()
        document.add_text("ticket", self.id)
        document.add_text("party_id", self.party_id)
        document.add_number("min_count", self.counts.least)
        document.add_number("max_count", self.counts.most)
        document.add_number("created_at", self.created_at)
        document.add_value("properties", self.search.properties)

    @property
    def counts(self) -> Counts:
        """How many players it wants."""
        return self.search.counts

    @property
    def size(self) -> int:
        """How many players it stands for."""
        return len(self.members)

    def wants(self, other: Ticket) -> bool:
        """Whether its query finds another ticket."""
        try:
            self.query.check()
        except SearchError:
            return False
        return self.query.score(other.document) is not None

    def meets(self, other: Ticket) -> bool:
        """Whether a session is in both: these two never play together."""
        return not self.session_ids.isdisjoint(other.session_ids)

"""The pool of tickets: which there are, and whose they are."""

from __future__ import annotations

from collections.abc import Iterable

from mock_server.features.matchmaker.tickets import Ticket


class TicketPool:
    """All tickets that wait, the oldest first.

    A new ticket looks for others in each tick until it expires; after that it only waits to be
    found.
    """

    def __init__(self) -> None:
        self._tickets: dict[str, Ticket] = {}
        self._active: dict[str, Ticket] = {}
        self._by_session: dict[str, dict[str, Ticket]] = {}
        self._by_party: dict[str, dict[str, Ticket]] = {}

    def __len__(self) -> int:
        return len(self._tickets)

    def all(self) -> list[Ticket]:
        """Every ticket."""
        return list(self._tickets.values())

    def active(self) -> list[Ticket]:
        """The tickets that look for others."""
        return list(self._active.values())

    def get(self, ticket_id: str) -> Ticket | None:
        """A ticket by its id, or None."""
        return self._tickets.get(ticket_id)

    def of_session(self, session_id: str) -> list[Ticket]:
        """The tickets a session is in, those of its parties, too."""
        return list(self._by_session.get(session_id, {}).values())

    def of_party(self, party_id: str) -> list[Ticket]:
        """The tickets of a party."""
        return list(self._by_party.get(party_id, {}).values())

    def add(self, ticket: Ticket) -> None:
        """Add a ticket, which looks for others from now on."""
        self._tickets[ticket.id] = self._active[ticket.id] = ticket
        for session_id in ticket.session_ids:
            self._by_session.setdefault(session_id, {})[ticket.id] = ticket
        if ticket.party_id:
            self._by_party.setdefault(ticket.party_id, {})[ticket.id] = ticket

    def expire(self, tickets: Iterable[Ticket]) -> None:
        """Let tickets look for others no longer."""
        for ticket in tickets:
            self._active.pop(ticket.id, None)

    def remove(self, tickets: Iterable[Ticket]) -> None:
        """Remove tickets."""
        for ticket in tickets:
            self._active.pop(ticket.id, None)
            if self._tickets.pop(ticket.id, None) is None:
                continue
            for session_id in ticket.session_ids:
                _drop(self._by_session, session_id, ticket)
            if ticket.party_id:
                _drop(self._by_party, ticket.party_id, ticket)

    def clear(self) -> None:
        """Remove all tickets."""
        self.remove(self.all())


def _drop(index: dict[str, dict[str, Ticket]], key: str, ticket: Ticket) -> None:
    tickets = index[key]
    del tickets[ticket.id]
    if not tickets:
        del index[key]

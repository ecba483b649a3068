"""Matches, parties and the matchmaker's tickets, as the console shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from mock_server.console.page.paging import PageQuery, choice
from mock_server.console.services import ConsoleServices
from mock_server.features.matches.ids import parse_match_id, stream_match_id
from mock_server.features.matches.match import Match
from mock_server.features.matchmaker.tickets import Ticket
from mock_server.features.parties.labels import PartyEntry
from mock_server.features.parties.party import Party
from mock_server.realtime.stream import Stream, StreamMode
from mock_server.runtime.errors import ModuleError

MATCH_KINDS = ("handler", "relayed")
PARTY_STATES = ("open", "closed", "hidden")
_NS = 1_000_000_000


class _Someone(Protocol):
    @property
    def user_id(self) -> str: ...
    @property
    def username(self) -> str: ...
    @property
    def session_id(self) -> str: ...


class MatchList:
    """Finds and shows matches, those with a handler first.

    Args:
        find_services: Returns what is asked about; a restart makes new ones.
    """

    def __init__(self, find_services: Callable[[], ConsoleServices]) -> None:
        self._find_services = find_services

    async def page(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of the matches, the newest first; with `id` the one with its state.

        Args:
            query: `kind`, `q` (in id, label, handler or a member's name), `id`, `limit`, `offset`.

        Raises:
            web.HTTPBadRequest: A parameter has no such value.
        """
        wanted = PageQuery.read(query)
        kind = choice(query, "kind", MATCH_KINDS)
        if wanted.id:
            found = await self._whole(wanted.id)
            return wanted.page([found] if found else [], lambda match: match)
        shown = [*map(self._with_handler, reversed(self._find_services().matches.all()))]
        shown += map(self._relayed, self._relayed_streams())
        fitting = [
            match
            for match in shown
            if kind in ("", match["kind"])
            and wanted.finds(match["id"], match["label"], match["handler"], *_names(match))
        ]
        return wanted.page(fitting, lambda match: match)

    def _relayed_streams(self) -> list[Stream]:
        return self._find_services().tracker.streams(StreamMode.MATCH_RELAYED)[::-1]

    async def _whole(self, text: str) -> dict[str, Any] | None:
        match_id = parse_match_id(text)
        if match_id is None:
            return None
        if match_id.is_relayed:
            streams = [each for each in self._relayed_streams() if each == match_id.stream]
            return self._relayed(streams[0]) if streams else None
        match = self._find_services().matches.find(match_id)
        if match is None:
            return None
        try:
            state = await match.state()
        except ModuleError as error:
            return self._with_handler(match) | {"problem": error.message}
        if state is None:
            return None
        return self._with_handler(match) | {"tick": state.tick, "state": state.state}

    def _with_handler(self, match: Match) -> dict[str, Any]:
        return {
            "id": str(match.id),
            "kind": "handler",
            "handler": match.handler_name,
            "label": match.label,
            "tick_rate": match.tick_rate,
            "create_time": match.create_time_ms / 1000,
            "presences": _people(match.members.all()),
        }

    def _relayed(self, stream: Stream) -> dict[str, Any]:
        members = self._find_services().tracker.of_stream(stream, hidden=True)
        return {
            "id": stream_match_id(stream),
            "kind": "relayed",
            "handler": "",
            "label": "",
            "tick_rate": None,
            "create_time": None,
            "presences": _people(members),
        }


class TicketList:
    """Finds and shows the matchmaker's tickets.

    Args:
        find_services: Returns what is asked about; a restart makes new ones.
    """

    def __init__(self, find_services: Callable[[], ConsoleServices]) -> None:
        self._find_services = find_services

    def page(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of the tickets that wait, the newest first.

        Args:
            query: `q` (in id, query, party or a player's name), `id`, `limit`, `offset`.

        Raises:
            web.HTTPBadRequest: A parameter has no such value.
        """
        wanted = PageQuery.read(query)
        found = [
            ticket
            for ticket in reversed(self._find_services().matchmaker.tickets())
            if wanted.id in ("", ticket.id)
            and wanted.finds(
                ticket.id,
                ticket.search.query,
                ticket.party_id,
                *(member.username for member in ticket.members),
            )
        ]
        return wanted.page(found, _ticket)


class PartyList:
    """Finds and shows parties.

    Args:
        find_services: Returns what is asked about; a restart makes new ones.
    """

    def __init__(self, find_services: Callable[[], ConsoleServices]) -> None:
        self._find_services = find_services

    def page(self, query: Mapping[str, str]) -> dict[str, Any]:
        """A page of the parties, the newest first, with their members and tickets.

        Args:
            query: `state`, `q` (in id, label or a member's name), `id`, `limit`, `offset`.

        Raises:
            web.HTTPBadRequest: A parameter has no such value.
        """
        wanted = PageQuery.read(query)
        state = choice(query, "state", PARTY_STATES)
        found = [
            (party, entry)
            for party, entry in reversed(self._find_services().parties.all())
            if wanted.id in ("", party.id)
            and _is_in(state, party, entry)
            and wanted.finds(
                party.id, entry.label.text, *(each.username for each in party.members())
            )
        ]
        return wanted.page(found, lambda pair: self._show(*pair))

    def _show(self, party: Party, entry: PartyEntry) -> dict[str, Any]:
        tickets = self._find_services().matchmaker.tickets_of_party(party.id)
        return {
            "id": party.id,
            "leader": _person(party.leader),
            "open": party.is_open,
            "hidden": entry.hidden,
            "label": entry.label.text,
            "max_size": party.max_size,
            "create_time": party.create_time_ns / _NS,
            "members": _people(party.members()),
            "requests": _people(party.requests()),
            "tickets": [_ticket(ticket) for ticket in tickets],
        }


def _is_in(state: str, party: Party, entry: PartyEntry) -> bool:
    if state == "hidden":
        return entry.hidden
    return not state or party.is_open is (state == "open")


def _ticket(ticket: Ticket) -> dict[str, Any]:
    counts = ticket.counts
    return {
        "id": ticket.id,
        "party_id": ticket.party_id,
        "members": _people(ticket.members),
        "query": ticket.search.query,
        "min_count": counts.least,
        "max_count": counts.most,
        "count_multiple": counts.multiple,
        "properties": ticket.search.properties,
        "create_time": ticket.created_at / _NS,
        "intervals": ticket.intervals,
    }


def _people(members: Iterable[_Someone]) -> list[dict[str, str]]:
    return [_person(each) for each in members]


def _person(member: _Someone) -> dict[str, str]:
    return {
        "user_id": member.user_id,
        "username": member.username,
        "session_id": member.session_id,
    }


def _names(match: Mapping[str, Any]) -> list[str]:
    return [each["username"] for each in match["presences"]]

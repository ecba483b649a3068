"""The rules of parties: what a request does, and who gets an event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mock_server.features.matches.events import user_presence
from mock_server.features.matchmaker.core import Matchmaker, MatchmakerError
from mock_server.features.matchmaker.tickets import TicketSearch
from mock_server.features.parties.errors import EMPTY, NOT_ACCEPTED, PartyError
from mock_server.features.parties.party import Party
from mock_server.features.parties.registry import PartyRegistry
from mock_server.realtime.registry import SessionRegistry
from mock_server.realtime.router import Router
from mock_server.realtime.stream import Presence, Stream, StreamMode
from mock_server.realtime.tracker import Tracker
from mock_server.wire.output import omit_empty


class Parties:
    """The requests about parties; every method but the first takes the party's stream.

    Args:
        is_single_party: Whether a new party makes a session leave all others.
        registry: The parties.
        sessions: The open sockets.
        tracker: Where members are.
        router: Sends.
        matchmaker: Takes the tickets of parties.
    """

    def __init__(
        self,
        *,
        is_single_party: bool,
        registry: PartyRegistry,
        sessions: SessionRegistry,
        tracker: Tracker,
        router: Router,
        matchmaker: Matchmaker,
    ) -> None:
        self._is_single_party = is_single_party
        self._registry = registry
        self._sessions = sessions
        self._tracker = tracker
        self._router = router
        self._matchmaker = matchmaker

    def create(
        self, creator: Presence, *, is_open: bool, hidden: bool, max_size: int, label: str
    ) -> Party:
        """Make a party; see `PartyRegistry.create`.

        Raises:
            PartyError: The label is no JSON object, or too long.
        """
        party = self._registry.create(
            creator, is_open=is_open, hidden=hidden, max_size=max_size, label=label
        )
        self._track(party, creator)
        return party

    def join(self, stream: Stream, applicant: Presence) -> None:
        """Join an open party, or ask the leader of a closed one.

        Raises:
            PartyError: There is no party or no room, or the user asks already.
        """
        party = self._registry.get(stream)
        if party.ask(applicant):
            self._matchmaker.forget_party(party.id)
            self._track(party, applicant)
            return
        request = {"party_id": party.id, "presences": [user_presence(applicant)]}
        self._router.send_to_sessions([party.leader.session_id], {"party_join_request": request})

    def leave(self, stream: Stream, session_id: str) -> None:
        """Leave a party; somebody who is not in it does nothing."""
        self._tracker.untrack(stream, session_id)

    def requests(self, stream: Stream, session_id: str) -> list[Presence]:
        """The requests to join, the oldest first; for the leader.

        Raises:
            PartyError: There is no party, or another one leads.
        """
        return self._led(stream, session_id).requests()

    def accept(self, stream: Stream, session_id: str, wanted: Mapping[str, Any]) -> None:
        """Let somebody in who asks to join; for the leader.

        Raises:
            PartyError: There is no party, no request or no room, another one leads, or the
                applicant's socket has closed; then the request is dropped.
        """
        party = self._led(stream, session_id)
        applicant = party.accept(wanted)
        if self._sessions.get(applicant.session_id) is None:
            raise PartyError(NOT_ACCEPTED)
        self._track(party, applicant)
        self._matchmaker.forget_party(party.id)

    def remove(self, stream: Stream, session_id: str, wanted: Mapping[str, Any]) -> None:
        """Remove a member, who gets an event, or refuse a request, without one; for the leader.

        Raises:
            PartyError: There is no party or nobody such, another one leads, or it is oneself.
        """
        party = self._led(stream, session_id)
        member = party.remove(wanted)
        if member is None:
            return
        self._matchmaker.forget_party(party.id)
        self._tracker.untrack(stream, member.session_id)
        self._router.send_to_sessions([member.session_id], _close(party))

    def promote(self, stream: Stream, session_id: str, wanted: Mapping[str, Any]) -> None:
        """Make another member the leader; for the leader.

        Raises:
            PartyError: There is no party or no such member, or another one leads.
        """
        party = self._led(stream, session_id)
        party.promote(wanted)
        self._router.send_to_stream(stream, _leader(party))

    def close(self, stream: Stream, session_id: str) -> None:
        """End a party; for the leader.

        Raises:
            PartyError: There is no party, or another one leads.
        """
        party = self._led(stream, session_id)
        self._router.send_to_stream(stream, _close(party))
        self._registry.close(party)

    def update(
        self, stream: Stream, session_id: str, *, is_open: bool, hidden: bool, label: str
    ) -> None:
        """Replace what listings show of a party, and whether it is open; for the leader.

        Raises:
            PartyError: There is no party, another one leads, or the label will not do.
        """
        party = self._led(stream, session_id)
        self._registry.relabel(party, label, is_open=is_open, hidden=hidden)
        fields = {"party_id": party.id, "label": label, "open": is_open, "hidden": hidden}
        self._router.send_to_stream(stream, {"party_update": omit_empty(fields)})

    def send_data(self, stream: Stream, session_id: str, op_code: int, data: bytes) -> None:
        """Send data to the other members.

        Raises:
            PartyError: There is no party, or the sender is not in it.
        """
        party = self._registry.get(stream)
        sender = party.member(session_id)
        message = {
            "party_id": party.id,
            "presence": user_presence(sender),
            "op_code": op_code,
            "data": data,
        }
        self._router.send_to_sessions(
            _others(party, session_id), {"party_data": omit_empty(message)}
        )

    def add_ticket(
        self, stream: Stream, session_id: str, search: TicketSearch
    ) -> tuple[str, list[str]]:
        """Let a party look for a match; for the leader.

        Returns:
            The ticket, and the sessions of the other members.

        Raises:
            PartyError: There is no party, another one leads, or the matchmaker refuses. Nakama
                crashes where a party has no members.
        """
        party = self._led(stream, session_id)
        members = party.members()
        if not members:
            raise PartyError(EMPTY)
        try:
            ticket = self._matchmaker.add(members, search, party_id=party.id)
        except MatchmakerError as error:
            raise PartyError(str(error)) from None
        return ticket.id, _others(party, session_id)

    def remove_ticket(self, stream: Stream, session_id: str, ticket_id: str) -> None:
        """Let a party look for a match no longer; for the leader.

        Raises:
            PartyError: There is no party or no such ticket, or another one leads.
        """
        party = self._led(stream, session_id)
        try:
            self._matchmaker.remove_of_party(ticket_id, party.id)
        except MatchmakerError as error:
            raise PartyError(str(error)) from None

    def moved(self, stream: Stream, joins: Sequence[Presence], leaves: Sequence[Presence]) -> None:
        """Hear who comes and goes in a party's stream, and tell its members."""
        party = self._registry.find(stream)
        if party is not None:
            for presence in joins:
                if party.arrive(presence):
                    self._router.send_to_sessions_soon(
                        [presence.session_id], {"party": _pushed(party, presence)}
                    )
            for presence in leaves:
                self._left(party, presence)
        event = {
            "party_id": f"{stream.subject}.{stream.label}",
            "joins": [presence.message() for presence in joins],
            "leaves": [presence.message() for presence in leaves],
        }
        self._router.send_to_stream_soon(stream, {"party_presence_event": omit_empty(event)})

    def _left(self, party: Party, presence: Presence) -> None:
        leader = party.leader
        if not party.leave(presence.session_id):
            return
        if not party.members():
            self._registry.close(party)
            return
        if party.leader is not leader:
            self._router.send_to_stream_soon(party.stream, _leader(party))
        self._matchmaker.forget_party(party.id)

    def _led(self, stream: Stream, session_id: str) -> Party:
        party = self._registry.get(stream)
        party.check_leader(session_id)
        return party

    def _track(self, party: Party, presence: Presence) -> None:
        """Let a session appear in a party's stream, which tells its members."""
        self._tracker.track(party.stream, presence)
        if self._is_single_party:
            for stream in self._tracker.streams_of(presence.session_id):
                if stream.mode == StreamMode.PARTY and stream != party.stream:
                    self._tracker.untrack(stream, presence.session_id)


def party_message(party: Party, own: Presence) -> dict[str, Any]:
    """The `Party` message for one of its members, without what only its creator sees."""
    return {
        "party_id": party.id,
        "open": party.is_open,
        "max_size": party.max_size,
        "self": user_presence(own),
        "leader": user_presence(party.leader),
        "presences": [user_presence(member) for member in party.members()],
    }


def _pushed(party: Party, own: Presence) -> dict[str, Any]:
    return omit_empty(party_message(party, own))


def _leader(party: Party) -> dict[str, Any]:
    leader = {"party_id": party.id, "presence": user_presence(party.leader)}
    return {"party_leader": leader}


def _close(party: Party) -> dict[str, Any]:
    return {"party_close": {"party_id": party.id}}


def _others(party: Party, session_id: str) -> list[str]:
    return [each.session_id for each in party.members() if each.session_id != session_id]

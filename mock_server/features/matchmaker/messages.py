"""The messages of the matchmaker, as sockets and server modules see them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mock_server.features.matchmaker.tickets import Ticket
from mock_server.realtime.stream import Presence
from mock_server.wire.output import omit_empty


def matched_envelopes(
    tickets: Iterable[Ticket], found: dict[str, str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is sent to the players of a match: session id and envelope of each.

    Args:
        tickets: Those that match.
        found: The match, as `match_id` or `token`.
    """
    players = [(ticket, member) for ticket in tickets for member in ticket.members]
    users = [_user(ticket, member) for ticket, member in players]
    for (ticket, member), user in zip(players, users, strict=True):
        matched = {"ticket": ticket.id, **found, "users": users, "self": user}
        yield member.session_id, {"matchmaker_matched": matched}


def entries(tickets: Iterable[Ticket], node: str) -> list[dict[str, Any]]:
    """The players of a match, as the function of `register_matchmaker_matched` gets them."""
    return [
        {
            "presence": {
                "user_id": member.user_id,
                "session_id": member.session_id,
                "username": member.username,
                "node": node,
            },
            "properties": ticket.search.properties,
            **({"party_id": ticket.party_id} if ticket.party_id else {}),
        }
        for ticket in tickets
        for member in ticket.members
    ]


def _user(ticket: Ticket, member: Presence) -> dict[str, Any]:
    return omit_empty(
        {
            "presence": {
                "user_id": member.user_id,
                "session_id": member.session_id,
                "username": member.username,
            },
            "party_id": ticket.party_id,
            "string_properties": dict(sorted(ticket.search.strings.items())),
            "numeric_properties": dict(sorted(ticket.search.numbers.items())),
        }
    )

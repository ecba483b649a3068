"""Presence events of matches, and how they reach handlers."""

from __future__ import annotations

from collections.abc import Sequence

from mock_server.features.matches.ids import stream_match_id
from mock_server.features.matches.registry import MatchRegistry
from mock_server.realtime.router import Router
from mock_server.realtime.stream import Presence, Stream
from mock_server.wire.output import omit_empty


class MatchPresenceEvents:
    """Tells the members of a match who comes and goes, and its handler, if it has one."""

    def __init__(self, router: Router, matches: MatchRegistry) -> None:
        self._router = router
        self._matches = matches

    def send_relayed(
        self, stream: Stream, joins: Sequence[Presence], leaves: Sequence[Presence]
    ) -> None:
        """Tell the members of a relayed match."""
        event = {
            "match_id": stream_match_id(stream),
            "joins": [presence.message() for presence in joins],
            "leaves": [presence.message() for presence in leaves],
        }
        self._router.send_to_stream_soon(stream, {"match_presence_event": omit_empty(event)})

    def send_authoritative(
        self, stream: Stream, joins: Sequence[Presence], leaves: Sequence[Presence]
    ) -> None:
        """Tell the members of a match with a handler, and the handler."""
        self.send_relayed(stream, joins, leaves)
        self._matches.joined(stream, joins)
        if leaves:
            self._matches.left(stream, leaves)


def user_presence(presence: Presence) -> dict[str, str]:
    """The `UserPresence` message of a member."""
    return {
        "user_id": presence.user_id,
        "session_id": presence.session_id,
        "username": presence.username,
    }

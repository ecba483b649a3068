"""Status: which sockets receive the status events of which users."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mock_server.realtime.router import Router
from mock_server.realtime.stream import Presence, Stream, StreamMode
from mock_server.realtime.tracker import Tracker
from mock_server.wire.output import omit_empty


class StatusRegistry:
    """The followers of users; a follower is a socket, not a user."""

    def __init__(self, tracker: Tracker, router: Router) -> None:
        self._tracker = tracker
        self._router = router
        self._followers: dict[str, dict[str, None]] = {}
        self._followed: dict[str, set[str]] = {}
        tracker.listen(StreamMode.STATUS, self._tell)

    def follow(self, session_id: str, user_ids: Iterable[str]) -> None:
        """Let a socket follow users; its own user must be among them."""
        for user_id in user_ids:
            self._followers.setdefault(user_id, {})[session_id] = None
            self._followed.setdefault(session_id, set()).add(user_id)

    def unfollow(self, session_id: str, user_ids: Iterable[str]) -> None:
        """Let a socket unfollow users; those that it does not follow are no error."""
        followed = self._followed.get(session_id, set())
        for user_id in followed.intersection(user_ids):
            followed.discard(user_id)
            followers = self._followers[user_id]
            del followers[session_id]
            if not followers:
                del self._followers[user_id]

    def forget(self, session_id: str) -> None:
        """Remove a socket that has closed."""
        self.unfollow(session_id, list(self._followed.get(session_id, ())))
        self._followed.pop(session_id, None)

    def presences(self, user_ids: Iterable[str]) -> list[Presence]:
        """The visible status presences of users."""
        return [
            presence
            for user_id in user_ids
            for presence in self._tracker.of_stream(status_stream(user_id))
        ]

    def _tell(self, stream: Stream, joins: Sequence[Presence], leaves: Sequence[Presence]) -> None:
        event = omit_empty(
            {
                "joins": [presence.status_message() for presence in joins],
                "leaves": [presence.status_message() for presence in leaves],
            }
        )
        followers = list(self._followers.get(stream.subject, ()))
        self._router.send_to_sessions(followers, {"status_presence_event": event})


def status_stream(user_id: str) -> Stream:
    """Where the sockets of a user that show a status are."""
    return Stream(StreamMode.STATUS, subject=user_id)

"""Status over the socket: follow, unfollow, update."""

from __future__ import annotations

from typing import Any

from mock_server.features.accounts.core import Accounts
from mock_server.features.status.core import StatusRegistry, status_stream
from mock_server.realtime.requests import ErrorCode, RealtimeError, Reply, SocketRequest
from mock_server.realtime.session import SocketSession
from mock_server.realtime.stream import Presence
from mock_server.realtime.tracker import Tracker
from mock_server.wire.uuids import NIL, parse_uuid
from server_kit.store import Row

_LONGEST_STATUS = 2048


class _StatusRequests:
    def __init__(self, tracker: Tracker, accounts: Accounts, status: StatusRegistry) -> None:
        self._tracker = tracker
        self._accounts = accounts
        self._status = status

    def follow(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        ids = [_user_id(text) for text in request["user_ids"]]
        if "" in request["usernames"]:
            raise RealtimeError(ErrorCode.BAD_INPUT, "Invalid username")
        rows = [self._accounts.find(user_id) for user_id in ids]
        names = [name for name in request["usernames"] if name != session.username]
        if any("\0" in name for name in names):
            raise RealtimeError(ErrorCode.RUNTIME_EXCEPTION, "Could not check users")
        rows += [self._accounts.find_by_username(name) for name in names]
        followed = _others(session, rows)
        self._status.follow(session.id, followed)
        presences = [presence.status_message() for presence in self._status.presences(followed)]
        return {"status": {"presences": presences} if presences else {}}

    def unfollow(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        ids = [_user_id(text) for text in request["user_ids"]]
        self._status.unfollow(session.id, [each for each in ids if each != session.user_id])
        return {}

    def update(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        status, stream = request["status"], status_stream(session.user_id)
        if status is None:
            self._tracker.untrack(stream, session.id)
            return {}
        if len(status.encode()) > _LONGEST_STATUS:
            raise RealtimeError(ErrorCode.BAD_INPUT, "Status must be 2048 characters or less")
        self._tracker.update(
            stream, Presence(session.user_id, session.id, session.username, status=status)
        )
        return {}


def _user_id(text: str) -> str:
    user_id = parse_uuid(text)
    if user_id is None:
        raise RealtimeError(ErrorCode.BAD_INPUT, "Invalid user identifier")
    return user_id


def _others(session: SocketSession, rows: list[Row | None]) -> list[str]:
    """The ids of the users that were found, each once, without oneself and the system user."""
    found = dict.fromkeys(row["id"] for row in rows if row is not None)
    return [each for each in found if each not in (session.user_id, NIL)]


def requests(
    tracker: Tracker, accounts: Accounts, status: StatusRegistry
) -> tuple[SocketRequest, ...]:
    """The socket's requests about status."""
    handlers = _StatusRequests(tracker, accounts, status)
    return (
        SocketRequest("status_follow", handlers.follow),
        SocketRequest("status_unfollow", handlers.unfollow),
        SocketRequest("status_update", handlers.update, held_back="status_presence_event"),
    )

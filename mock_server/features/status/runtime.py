"""`nk.status_follow` and `nk.status_unfollow`."""

from __future__ import annotations

from typing import Any

from mock_server.features.status.core import StatusRegistry
from mock_server.realtime.registry import SessionRegistry
from mock_server.runtime.arguments import Arguments
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.wire.uuids import parse_uuid


class StatusFunctions(RuntimeFunctions):
    """Let sockets follow the status of users."""

    def __init__(self, registry: SessionRegistry, status: StatusRegistry) -> None:
        self._registry = registry
        self._status = status

    def status_follow(self, session_id: Any = None, user_ids: Any = None) -> None:
        """Let a socket follow users, who need not exist; it gets later changes only.

        Args:
            session_id: The socket's; one that is not open is passed over.
            user_ids: Whom.

        Raises:
            ModuleError: A bad argument.
        """
        session, users = _arguments(Arguments("status_follow", session_id, user_ids))
        if self._registry.get(session) is not None:
            self._status.follow(session, users)

    def status_unfollow(self, session_id: Any = None, user_ids: Any = None) -> None:
        """Let a socket unfollow users; see `status_follow`.

        Raises:
            ModuleError: A bad argument.
        """
        session, users = _arguments(Arguments("status_unfollow", session_id, user_ids))
        self._status.unfollow(session, users)


def _arguments(given: Arguments) -> tuple[str, list[str]]:
    session = given.uuid(1, "expects a valid session id")
    names = given.names(2, expected="invalid user ids list", each="each user id must be a string")
    users = [parse_uuid(name) for name in names]
    if None in users:
        raise given.error(2, "each user id must be a valid id")
    return session, [user for user in users if user]

"""`nk.session_*`."""

from __future__ import annotations

from typing import Any

from mock_server.features.sessions.core import Sessions
from mock_server.realtime.registry import SessionRegistry
from mock_server.realtime.session import LEFT_BY_DISCONNECT
from mock_server.runtime.arguments import Arguments
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.wire.errors import GrpcError


class SessionFunctions(RuntimeFunctions):
    """Close sockets and log sessions out."""

    def __init__(self, registry: SessionRegistry, sessions: Sessions) -> None:
        self._registry = registry
        self._sessions = sessions

    def session_disconnect(self, session_id: Any = None, reason: Any = None) -> None:
        """Close a socket; an unknown session is no error.

        Args:
            session_id: The session.
            reason: 1 to 4, the reason of the leave that match handlers get: join, update, leave,
                disconnect. The last one when left out or 0.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("session_disconnect", session_id, reason)
        which = given.uuid(1, "expects valid session id", absent="expects session id")
        left_by = given.optional_integer(2, 0)
        if not 0 <= left_by <= LEFT_BY_DISCONNECT:
            raise given.error(2, "invalid disconnect reason, must be a value 0-4")
        session = self._registry.get(which)
        if session is not None:
            session.disconnect(presence_reason=left_by or LEFT_BY_DISCONNECT)

    def session_logout(
        self, user_id: Any = None, token: Any = None, refresh_token: Any = None
    ) -> None:
        """Log a user out: the given tokens, or all of theirs.

        Raises:
            ModuleError: A bad argument, or a token of another user.
        """
        given = Arguments("session_logout", user_id, token, refresh_token)
        owner = given.uuid(1, "expects valid user id", absent="expects user id")
        try:
            self._sessions.logout(owner, given.optional_text(2), given.optional_text(3))
        except GrpcError as error:
            reason = error.message.lower().rstrip(".")
            raise ModuleError(f"failed to logout: {reason}") from None

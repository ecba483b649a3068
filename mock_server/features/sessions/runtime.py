"""`nk.session_*`."""

from __future__ import annotations

from typing import Any

from mock_server.runtime.arguments import Arguments
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.wire.errors import GrpcError


class SessionFunctions(RuntimeFunctions):
    """Close sockets and log sessions out."""

    def session_disconnect(self, session_id: Any = None) -> None:
        """Close a socket; an unknown session is no error.

        Raises:
            ModuleError: Not a uuid.
        """
        given = Arguments("session_disconnect", session_id)
        session = self._parts.registry.get(given.uuid(1, "expects valid session id"))
        if session is not None:
            session.disconnect()

    def session_logout(
        self, user_id: Any = None, token: Any = None, refresh_token: Any = None
    ) -> None:
        """Log a user out: the given tokens, or all of his.

        Raises:
            ModuleError: Not a uuid, or a token that is not his.
        """
        given = Arguments("session_logout", user_id, token, refresh_token)
        owner = given.uuid(1, "expects a valid user id")
        try:
            self._parts.sessions.logout(owner, given.optional_text(2), given.optional_text(3))
        except GrpcError as error:
            raise ModuleError(f"failed to logout: {error.message}") from None

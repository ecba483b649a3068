"""Session refresh and logout over HTTP."""

from __future__ import annotations

from typing import Any

from mock_server.features.sessions.core import Sessions
from mock_server.http.routing import Auth, Call, Route


class _SessionsApi:
    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    def refresh(self, call: Call) -> dict[str, Any]:
        return self._sessions.refresh(call.request["token"], call.request["vars"])

    def logout(self, call: Call) -> dict[str, Any]:
        self._sessions.logout(
            call.identity.user_id, call.request["token"], call.request["refresh_token"]
        )
        return {}


def routes(sessions: Sessions) -> tuple[Route, ...]:
    """The routes of sessions."""
    api = _SessionsApi(sessions)
    return (
        Route(
            "SessionRefresh",
            "POST",
            "/v2/account/session/refresh",
            Auth.SERVER_KEY,
            api.refresh,
            body="*",
        ),
        Route(
            "SessionLogout",
            "POST",
            "/v2/session/logout",
            Auth.BEARER,
            api.logout,
            body="*",
        ),
    )

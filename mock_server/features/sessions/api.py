"""Session refresh and logout over HTTP."""

from __future__ import annotations

from typing import Any

from mock_server.http.routing import Auth, Call, Route
from mock_server.wire.schema import STRING, STRING_MAP, Message


def _refresh(call: Call) -> dict[str, Any]:
    return call.parts.sessions.refresh(call.request["token"], call.request["vars"])


def _logout(call: Call) -> dict[str, Any]:
    call.parts.sessions.logout(
        call.identity.user_id, call.request["token"], call.request["refresh_token"]
    )
    return {}


ROUTES = (
    Route(
        "SessionRefresh",
        "POST",
        "/v2/account/session/refresh",
        Auth.SERVER_KEY,
        Message("SessionRefreshRequest", token=STRING, vars=STRING_MAP),
        _refresh,
        body="*",
    ),
    Route(
        "SessionLogout",
        "POST",
        "/v2/session/logout",
        Auth.BEARER,
        Message("SessionLogoutRequest", token=STRING, refresh_token=STRING),
        _logout,
        body="*",
    ),
)

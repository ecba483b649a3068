"""The list of parties over HTTP: empty, for the mock's sockets open none."""

from __future__ import annotations

from typing import Any

from mock_server.http.routing import Auth, Call, Route


def _list(call: Call) -> dict[str, Any]:
    call.limit(default=10, maximum=100)
    return {}


def routes() -> tuple[Route, ...]:
    """The routes of parties."""
    return (
        Route(
            "ListParties",
            "GET",
            "/v2/party",
            Auth.BEARER,
            _list,
        ),
    )

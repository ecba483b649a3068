"""The list of parties over HTTP: empty, for the mock's sockets open none."""

from __future__ import annotations

from typing import Any

from mock_server.http.routing import Auth, Call, Route
from mock_server.wire.schema import BOOL_VALUE, INT32_VALUE, STRING_VALUE, Message


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
            Message(
                "ListPartiesRequest",
                limit=INT32_VALUE,
                open=BOOL_VALUE,
                query=STRING_VALUE,
                cursor=STRING_VALUE,
            ),
            _list,
        ),
    )

"""Events over HTTP: taken, and passed to nobody, as in a Nakama without event modules."""

from __future__ import annotations

from typing import Any

from mock_server.http.routing import Auth, Call, Route
from mock_server.wire.schema import BOOL, STRING, STRING_MAP, Message


def _event(call: Call) -> dict[str, Any]:
    return {}


ROUTES = (
    Route(
        "Event",
        "POST",
        "/v2/event",
        Auth.BEARER,
        Message("Event", name=STRING, properties=STRING_MAP, external=BOOL),
        _event,
        body="*",
    ),
)

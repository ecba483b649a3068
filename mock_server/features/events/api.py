"""Events over HTTP: passed to the functions that server modules registered for them."""

from __future__ import annotations

from typing import Any

from mock_server.http.routing import Auth, Call, Route
from mock_server.wire.schema import BOOL, STRING, STRING_MAP, Message


def _event(call: Call) -> dict[str, Any]:
    identity = call.identity
    context = call.parts.runtime.context(
        "event",
        user_id=identity.user_id,
        username=identity.username,
        vars=identity.vars or None,
        user_session_exp=identity.expiry,
        client_ip=call.client_ip,
        client_port=call.client_port,
    )
    call.parts.runtime.events.generate(
        context, call.request["name"], call.request["properties"], external=True
    )
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

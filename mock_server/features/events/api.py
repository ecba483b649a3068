"""Events over HTTP: passed to the functions that server modules registered for them."""

from __future__ import annotations

from typing import Any

from mock_server.http.routing import Auth, Call, Route
from mock_server.runtime.context import Contexts
from mock_server.runtime.events import Events


def routes(events: Events, contexts: Contexts) -> tuple[Route, ...]:
    """The routes of events."""

    def generate(call: Call) -> dict[str, Any]:
        context = contexts.of_request(
            "event", call.identity, client_ip=call.client_ip, client_port=call.client_port
        )
        events.generate(context, call.request["name"], call.request["properties"], external=True)
        return {}

    return (Route("Event", "POST", "/v2/event", Auth.BEARER, generate, body="*"),)

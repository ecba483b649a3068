"""Routes and socket requests take their messages from the table of messages."""

from __future__ import annotations

import re

import pytest

from mock_server.http.routing import Auth, Route
from mock_server.realtime.pipeline import Pipeline
from mock_server.realtime.requests import SocketRequest
from mock_server.wire.messages import envelope, operation_names
from mock_server.wire.schema import Message
from tests.mock_server.features import REQUESTS, ROUTES
from tests.mock_server.wire.facts import FACTS

OPERATIONS = {each["name"]: each for each in FACTS["api"]["service"]["operations"]}


def route_name(route: Route) -> str:
    return f"{route.method} {route.path}"


def test_route_decodes_the_request_of_its_operation() -> None:
    known = set(operation_names())
    for route in ROUTES:
        if route.name not in known:  # one of the mock's own
            continue
        message = f"nakama.{OPERATIONS[route.name]['request']}".replace("nakama.google", "google")
        assert route.message.full_name == message, route_name(route)


def test_route_binds_fields_of_its_message() -> None:
    for route in ROUTES:
        name, fields = route_name(route), route.message.fields
        in_path = set(re.findall(r"{(\w+)}", route.path))
        assert in_path <= fields.keys(), name
        if route.body not in (None, "*"):
            assert isinstance(fields[route.body].kind, Message), name
        assert route.query_message.fields.keys() == fields.keys() - in_path, name


def test_request_is_a_member_of_the_envelope() -> None:
    for request in REQUESTS:
        field = envelope().fields[request.member]
        is_message = isinstance(field.kind, Message)
        assert (field.oneof, is_message) == ("message", True), request.member


def test_route_of_an_unknown_operation_raises() -> None:
    with pytest.raises(KeyError, match="Nope"):
        Route("Nope", "GET", "/v2/nope", Auth.NONE, lambda call: {})


def test_request_of_an_unknown_member_raises() -> None:
    with pytest.raises(ValueError, match="no members of an envelope"):
        Pipeline(
            [SocketRequest("nope", lambda session, request: None)],
            router=None,  # type: ignore[arg-type]
            hooks=None,  # type: ignore[arg-type]
            journal=None,  # type: ignore[arg-type]
            clock=None,  # type: ignore[arg-type]
        )

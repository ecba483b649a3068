"""Routes and socket requests take their messages from the table of messages."""

from __future__ import annotations

import re

import pytest

from mock_server.http.routing import Auth, Route
from mock_server.realtime.pipeline import Pipeline
from mock_server.realtime.requests import SocketRequest
from mock_server.wire.messages import envelope
from mock_server.wire.schema import Message
from tests.mock_server.features import REQUESTS, ROUTES
from tests.mock_server.wire.facts import FACTS

OPERATIONS = {each["name"]: each for each in FACTS["api"]["service"]["operations"]}
OWN = {"RegisterPush"}


def route_name(route: Route) -> str:
    return f"{route.method} {route.path}"


@pytest.mark.parametrize("route", ROUTES, ids=route_name)
def test_route_decodes_the_request_of_its_operation(route: Route) -> None:
    if route.name in OWN:
        return
    message = f"nakama.{OPERATIONS[route.name]['request']}".replace("nakama.google", "google")
    assert route.message.full_name == message


@pytest.mark.parametrize("route", ROUTES, ids=route_name)
def test_route_binds_fields_of_its_message(route: Route) -> None:
    in_path = set(re.findall(r"{(\w+)}", route.path))
    assert in_path <= route.message.fields.keys()
    if route.body not in (None, "*"):
        assert isinstance(route.message.fields[route.body].kind, Message)
    assert route.query_message.fields.keys() == route.message.fields.keys() - in_path


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.member)
def test_request_is_a_member_of_the_envelope(request_: SocketRequest) -> None:
    field = envelope().fields[request_.member]
    assert (field.oneof, isinstance(field.kind, Message)) == ("message", True)


def test_route_of_an_unknown_operation_raises() -> None:
    with pytest.raises(KeyError, match="Nope"):
        Route("Nope", "GET", "/v2/nope", Auth.NONE, lambda call: {})


def test_request_of_an_unknown_member_raises() -> None:
    with pytest.raises(ValueError, match="no members of an envelope"):
        Pipeline(
            [SocketRequest("nope", lambda session, request: None)],
            hooks=None,  # type: ignore[arg-type]
            journal=None,  # type: ignore[arg-type]
            clock=None,  # type: ignore[arg-type]
        )

"""Ping and pong as messages of the application, beside those of the websocket."""

from __future__ import annotations

from typing import Any

from mock_server.realtime.requests import Reply, Request
from mock_server.realtime.session import SocketSession


def _ping(session: SocketSession, request: dict[str, Any]) -> Reply:
    return {"pong": {}}


def _pong(session: SocketSession, request: dict[str, Any]) -> Reply:
    return None


def requests() -> tuple[Request, ...]:
    """What clients send to see whether the server is there."""
    return (Request("ping", _ping), Request("pong", _pong))

"""Ping and pong as messages of the application, beside those of the websocket."""

from __future__ import annotations

from typing import Any

from mock_server.realtime.requests import Reply, SocketRequest
from mock_server.realtime.session import SocketSession


def _ping(session: SocketSession, request: dict[str, Any]) -> Reply:
    return {"pong": {}}


def _pong(session: SocketSession, request: dict[str, Any]) -> Reply:
    return None


def requests() -> tuple[SocketRequest, ...]:
    """The socket's requests `ping` and `pong`."""
    return (SocketRequest("ping", _ping), SocketRequest("pong", _pong))

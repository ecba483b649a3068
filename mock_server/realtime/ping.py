"""The application's own ping and pong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mock_server.realtime.pipeline import Reply, Request
from mock_server.realtime.session import SocketSession
from mock_server.wire.schema import Message

if TYPE_CHECKING:
    from mock_server.parts import Parts


def _ping(parts: Parts, session: SocketSession, request: dict[str, Any]) -> Reply:
    return {"pong": {}}


def _pong(parts: Parts, session: SocketSession, request: dict[str, Any]) -> Reply:
    return None


REQUESTS = (Request("ping", Message("Ping"), _ping), Request("pong", Message("Pong"), _pong))

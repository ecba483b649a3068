"""The matchmaker over the socket: add and remove a ticket."""

from __future__ import annotations

from typing import Any

from mock_server.features.matchmaker.core import Matchmaker, MatchmakerError
from mock_server.features.matchmaker.searches import read_search
from mock_server.realtime.requests import ErrorCode, RealtimeError, Reply, SocketRequest
from mock_server.realtime.session import SocketSession
from mock_server.realtime.stream import Presence


def requests(matchmaker: Matchmaker) -> tuple[SocketRequest, ...]:
    """The socket's requests about the matchmaker."""

    def add(session: SocketSession, request: dict[str, Any]) -> Reply:
        search = read_search(request)
        member = Presence(session.user_id, session.id, session.username)
        try:
            ticket = matchmaker.add([member], search)
        except MatchmakerError:
            raise RealtimeError(ErrorCode.RUNTIME_EXCEPTION, "Error adding to matchmaker") from None
        return {"matchmaker_ticket": {"ticket": ticket.id}}

    def remove(session: SocketSession, request: dict[str, Any]) -> Reply:
        if not request["ticket"]:
            raise RealtimeError(ErrorCode.BAD_INPUT, "Invalid matchmaker ticket")
        try:
            matchmaker.remove(request["ticket"], session.id)
        except MatchmakerError:
            raise RealtimeError(ErrorCode.BAD_INPUT, "Matchmaker ticket not found") from None
        return {}

    return (SocketRequest("matchmaker_add", add), SocketRequest("matchmaker_remove", remove))

"""The statistics of the matchmaker over HTTP."""

from __future__ import annotations

from typing import Any

from mock_server.features.matchmaker.core import Matchmaker
from mock_server.http.routing import Auth, Call, Route


def routes(matchmaker: Matchmaker) -> tuple[Route, ...]:
    """The routes of the matchmaker."""

    def stats(_: Call) -> dict[str, Any]:
        return matchmaker.stats.message()

    return (Route("GetMatchmakerStats", "GET", "/v2/matchmaker/stats", Auth.BEARER, stats),)

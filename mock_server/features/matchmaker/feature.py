"""The feature `matchmaker`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.matchmaker import api, pipeline
from mock_server.features.matchmaker.core import Matchmaker
from mock_server.realtime.registry import SessionRegistry


def matchmaker_feature(sessions: SessionRegistry, matchmaker: Matchmaker) -> Feature:
    """Return what the feature offers."""
    sessions.removed.connect(lambda session: matchmaker.forget_session(session.id))
    return Feature(
        routes=api.routes(matchmaker),
        requests=pipeline.requests(matchmaker),
        forget=matchmaker.forget,
        start=matchmaker.start,
        end=matchmaker.end,
        close=matchmaker.end,
        settle=matchmaker.settle,
    )

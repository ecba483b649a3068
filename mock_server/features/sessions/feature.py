"""The feature `sessions`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.sessions import api
from mock_server.features.sessions.core import Sessions
from mock_server.features.sessions.runtime import SessionFunctions
from mock_server.realtime.registry import SessionRegistry


def sessions_feature(registry: SessionRegistry, sessions: Sessions) -> Feature:
    """Return what the feature offers."""
    return Feature(
        routes=api.routes(sessions),
        functions=(SessionFunctions(registry, sessions),),
        forget=sessions.cache.clear,
    )

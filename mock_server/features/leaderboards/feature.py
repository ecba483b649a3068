"""The feature `leaderboards`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.leaderboards.core import Leaderboards
from mock_server.features.leaderboards.runtime import LeaderboardFunctions
from server_kit import Clock, Store


def leaderboards_feature(store: Store, clock: Clock) -> Feature:
    """Return what the feature offers."""
    leaderboards = Leaderboards(store, clock)
    return Feature(functions=(LeaderboardFunctions(leaderboards),))

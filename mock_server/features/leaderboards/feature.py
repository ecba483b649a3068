"""The feature `leaderboards`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.leaderboards import api
from mock_server.features.leaderboards.boards import Boards
from mock_server.features.leaderboards.core import Leaderboards
from mock_server.features.leaderboards.ranks import Ranks
from mock_server.features.leaderboards.records import Records
from mock_server.features.leaderboards.runtime import LeaderboardFunctions
from mock_server.features.leaderboards.runtime_records import LeaderboardRecordFunctions
from server_kit import Clock


def leaderboards_feature(clock: Clock, boards: Boards, records: Records, ranks: Ranks) -> Feature:
    """Return what the feature offers."""
    leaderboards = Leaderboards(clock, boards, records)
    return Feature(
        routes=api.routes(leaderboards),
        functions=(
            LeaderboardFunctions(clock, boards, leaderboards),
            LeaderboardRecordFunctions(leaderboards),
        ),
        forget=ranks.clear,
    )

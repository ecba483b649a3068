"""The feature `tournaments`, put together."""

from __future__ import annotations

from mock_server.feature import Feature
from mock_server.features.leaderboards.boards import Boards
from mock_server.features.leaderboards.ranks import Ranks
from mock_server.features.leaderboards.records import Records
from mock_server.features.tournaments import api
from mock_server.features.tournaments.core import Tournaments
from mock_server.features.tournaments.runtime import (
    TournamentFunctions,
    TournamentScriptFunctions,
)
from mock_server.features.tournaments.runtime_records import TournamentRecordFunctions
from mock_server.features.tournaments.scheduler import BoardListener, Scheduler
from server_kit import Clock, Store


def tournaments_feature(
    store: Store,
    clock: Clock,
    boards: Boards,
    records: Records,
    ranks: Ranks,
    listener: BoardListener,
) -> Feature:
    """Return what the feature offers; its scheduler resets leaderboards, too."""
    tournaments = Tournaments(store, clock, boards, records)
    scheduler = Scheduler(clock, boards, ranks, listener)
    return Feature(
        routes=api.routes(tournaments),
        functions=(
            TournamentFunctions(tournaments),
            TournamentRecordFunctions(tournaments),
            TournamentScriptFunctions(tournaments),
        ),
        start=scheduler.start,
        end=scheduler.end,
        close=scheduler.end,
        settle=scheduler.settle,
    )

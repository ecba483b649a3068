"""Calls server modules when tournaments end and boards are reset."""

from __future__ import annotations

import inspect
import logging
from typing import Any

from mock_server.features.leaderboards.board import Board
from mock_server.features.leaderboards.periods import next_reset, previous_reset, unsigned
from mock_server.features.tournaments.core import Tournament
from mock_server.features.tournaments.messages import tournament_table
from mock_server.runtime.context import Contexts
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.registrations import Registrations
from mock_server.wire import gojson

_log = logging.getLogger("mock_server.runtime")


class BoardCallbacks:
    """Calls the functions that modules registered; one that fails is logged.

    Args:
        registrations: The functions.
        contexts: Makes their contexts.
    """

    def __init__(self, registrations: Registrations, contexts: Contexts) -> None:
        self._registrations = registrations
        self._contexts = contexts

    async def tournament_ended(self, tournament: Tournament) -> None:
        """Call the function of `register_tournament_end`."""
        function = self._registrations.active.tournament_end
        await self._call(function, "tournament_end", *_tournament(tournament))

    async def tournament_reset(self, tournament: Tournament) -> None:
        """Call the function of `register_tournament_reset`."""
        function = self._registrations.active.tournament_reset
        await self._call(function, "tournament_reset", *_tournament(tournament))

    async def leaderboard_reset(self, board: Board, reset: int) -> None:
        """Call the function of `register_leaderboard_reset`."""
        function = self._registrations.active.leaderboard_reset
        await self._call(function, "leaderboard_reset", _leaderboard(board, reset), reset)

    async def _call(self, function: Any, mode: str, *arguments: Any) -> None:
        if function is None:
            return
        try:
            result = function(self._contexts.new(mode), *arguments)
            if inspect.isawaitable(result):
                await result
        except ModuleError as error:
            _log.error("the %s function failed: %s", mode, error.message)
        except Exception:
            _log.exception("the %s function failed", mode)


def _tournament(tournament: Tournament) -> tuple[dict[str, Any], int, int]:
    table = tournament_table(tournament)
    del table["join_required"]  # as in Nakama
    period = tournament.period
    return table, unsigned(period.end_active), unsigned(period.expiry)


def _leaderboard(board: Board, reset: int) -> dict[str, Any]:
    """A leaderboard as it was a second before a reset; its times are texts here, as in Nakama."""
    before = reset - 1
    table: dict[str, Any] = {
        "id": board.id,
        "authoritative": board.authoritative,
        "sort_order": "0" if board.is_ascending else "1",
        "operator": board.operator.name.lower(),
        "metadata": gojson.unmarshal(board.metadata) or {},
        "create_time": board.create_time,
    }
    for name, moment in (
        ("prev_reset", previous_reset(board, before, 0)),
        ("next_reset", next_reset(board, before)),
    ):
        if unsigned(moment):
            table[name] = str(unsigned(moment))
    return table

"""The scheduler: ends tournaments and resets boards on the server's clock."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Protocol

from mock_server.cron import ScheduleCrash
from mock_server.features.leaderboards.board import Board
from mock_server.features.leaderboards.boards import Boards
from mock_server.features.leaderboards.periods import expiry_at, tournament_period
from mock_server.features.leaderboards.ranks import Ranks
from mock_server.features.tournaments.core import Tournament, tournament_at
from server_kit import Alarm, Clock

_log = logging.getLogger("mock_server")

MAX_MISSED = 1000
"""How many moments are made up for after one move of the clock; the rest is skipped, and logged."""


class Listener(Protocol):
    """Handles the ends and resets of boards; its methods must not raise."""

    async def tournament_ended(self, tournament: Tournament) -> None:
        """A period of a tournament no longer takes scores; it is shown as it was a second ago."""

    async def tournament_reset(self, tournament: Tournament) -> None:
        """A period of a tournament is over; it is shown as it was a second ago."""

    async def leaderboard_reset(self, board: Board, reset: int) -> None:
        """A period of a leaderboard is over; `reset` names it."""


class Scheduler:
    """Watches the boards of one server.

    When the clock is moved over several moments, the listener is called for each in order. What was
    due while the server did not run is skipped, as in Nakama.

    Args:
        clock: The server's time.
        boards: The boards.
        ranks: Their ranks; those of a period end with it.
        listener: Called at each end and reset.
    """

    def __init__(self, clock: Clock, boards: Boards, ranks: Ranks, listener: Listener) -> None:
        self._clock = clock
        self._boards = boards
        self._ranks = ranks
        self._listener = listener
        self._alarm = Alarm(clock, self._catch_up)
        self._handled_until = 0
        self._due: dict[str, int] = {}
        boards.changed.connect(self._look_at)

    def start(self) -> None:
        """Begin to watch, from now on."""
        self._look_at_all()
        self._alarm.start()

    async def end(self) -> None:
        """Stop watching."""
        await self._alarm.close()

    async def settle(self) -> None:
        """Return once the listener has handled all that is due."""
        await self._alarm.settle()

    def _look_at_all(self) -> None:
        self._handled_until = int(self._clock.time())
        self._due = {}
        for board in self._boards.all():
            self._plan(board)
        self._set()

    def _look_at(self, board_id: str) -> None:
        self._due.pop(board_id, None)
        board = self._boards.find(board_id)
        if board is not None:
            self._plan(board)
        self._set()

    def _plan(self, board: Board) -> None:
        """Note when something happens to a board next."""
        moments = [
            each for each in _moments(board, self._handled_until) if each > self._handled_until
        ]
        if moments:
            self._due[board.id] = min(moments)

    def _set(self) -> None:
        self._alarm.set(min(self._due.values(), default=None))

    async def _catch_up(self) -> None:
        for _ in range(MAX_MISSED):
            moment = min(self._due.values(), default=None)
            if moment is None or moment > self._clock.time():
                break
            await self._tell(moment)
        else:
            _log.warning(
                "the clock was moved over more than %d resets of boards; the rest is skipped",
                MAX_MISSED,
            )
            self._look_at_all()
        self._set()

    async def _tell(self, moment: int) -> None:
        due = sorted(board_id for board_id, when in self._due.items() if when == moment)
        boards = [board for board_id in due if (board := self._boards.find(board_id))]
        before, self._handled_until = self._handled_until, moment
        for board_id in due:
            del self._due[board_id]
        for board in boards:
            self._plan(board)
        self._ranks.trim(moment)
        await self._tell_ends(boards, before, moment)
        await self._tell_resets(boards, before, moment)

    async def _tell_ends(self, boards: Iterable[Board], before: int, moment: int) -> None:
        for board in boards:
            if board.is_tournament and tournament_period(board, before).end_active == moment:
                await self._listener.tournament_ended(_a_second_ago(board, moment))

    async def _tell_resets(self, boards: Iterable[Board], before: int, moment: int) -> None:
        for board in boards:
            if expiry_at(board, before) != moment:
                continue
            if not board.is_tournament:
                await self._listener.leaderboard_reset(board, moment)
                continue
            tournament = _a_second_ago(board, moment)
            self._boards.empty(board.id)
            await self._listener.tournament_reset(tournament)


def _moments(board: Board, now: int) -> list[int]:
    """When the current period of a board ends, when it expires, and when another one may begin."""
    try:
        if not board.is_tournament:
            return [expiry_at(board, now)]
        period = tournament_period(board, now)
    except ScheduleCrash as crash:
        _log.warning("the schedule of %r would crash Nakama 3.40: %s", board.id, crash)
        return []
    return [board.start_time, period.end_active, period.expiry]


def _a_second_ago(board: Board, moment: int) -> Tournament:
    return tournament_at(board, moment - 1, is_open_ended=True)

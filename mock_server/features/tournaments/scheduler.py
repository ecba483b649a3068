"""The scheduler: ends tournaments and resets boards on the server's clock."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Protocol

from mock_server.cron_schedule import ScheduleCrash
from mock_server.features.leaderboards.board import Board
from mock_server.features.leaderboards.boards import Boards
from mock_server.features.leaderboards.periods import Period, expiry_at, tournament_period
from mock_server.features.leaderboards.ranks import Ranks
from mock_server.features.tournaments.core import Tournament, tournament_at
from server_kit import Alarm, Clock

_log = logging.getLogger("mock_server")

MAX_MISSED = 1000
"""How many moments are made up for after one move of the clock; the rest is skipped, and logged."""


class BoardListener(Protocol):
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

    def __init__(self, clock: Clock, boards: Boards, ranks: Ranks, listener: BoardListener) -> None:
        self._clock = clock
        self._boards = boards
        self._ranks = ranks
        self._listener = listener
        self._alarm = Alarm(clock, self._catch_up)
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
        self._due = {}
        now = int(self._clock.time())
        for board in self._boards.all():
            self._plan(board, now)
        self._set()

    def _look_at(self, board_id: str) -> None:
        self._due.pop(board_id, None)
        board = self._boards.find(board_id)
        if board is not None:
            self._plan(board, int(self._clock.time()))
        self._set()

    def _plan(self, board: Board, since: int) -> None:
        """Note when something happens to a board next, after a time."""
        moments = [each for each in _moments(board, since) if each > since]
        if moments:
            self._due[board.id] = min(moments)

    def _set(self) -> None:
        self._alarm.set(min(self._due.values(), default=None))

    async def _catch_up(self) -> None:
        for _ in range(MAX_MISSED):
            moment = self._reached()
            if moment is None:
                break
            await self._tell(moment)
        if self._reached() is not None:
            _log.warning(
                "the clock was moved over more than %d resets of boards; the rest is skipped",
                MAX_MISSED,
            )
            self._look_at_all()
        self._set()

    def _reached(self) -> int | None:
        """The first moment that the clock has passed, or None."""
        moment = min(self._due.values(), default=None)
        return None if moment is None or moment > self._clock.time() else moment

    async def _tell(self, moment: int) -> None:
        due = sorted(board_id for board_id, when in self._due.items() if when == moment)
        for board_id in due:
            del self._due[board_id]
        for board in self._found(due):
            self._plan(board, moment)
        self._ranks.trim(moment)
        for board in self._found(due):
            if board.is_tournament and _period_before(board, moment).end_active == moment:
                await self._listener.tournament_ended(_a_second_ago(board, moment))
        for board in self._found(due):
            if expiry_at(board, moment - 1) == moment:
                await self._reset(board, moment)

    def _found(self, board_ids: Iterable[str]) -> Iterator[Board]:
        """The boards as they are when their turn comes: a listener may have deleted one."""
        for board_id in board_ids:
            board = self._boards.find(board_id)
            if board is not None:
                yield board

    async def _reset(self, board: Board, moment: int) -> None:
        if not board.is_tournament:
            await self._listener.leaderboard_reset(board, moment)
            return
        tournament = _a_second_ago(board, moment)
        self._empty(board.id)
        await self._listener.tournament_reset(tournament)

    def _empty(self, board_id: str) -> None:
        try:
            self._boards.empty(board_id)
        except sqlite3.Error:
            _log.exception("the places of %r could not be given back", board_id)


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


def _period_before(board: Board, moment: int) -> Period:
    return tournament_period(board, moment - 1)


def _a_second_ago(board: Board, moment: int) -> Tournament:
    return tournament_at(board, moment - 1, is_open_ended=True)

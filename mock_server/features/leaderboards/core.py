"""Leaderboards: who may write, list and delete records."""

from __future__ import annotations

import logging
from collections.abc import Collection

from mock_server.cron_schedule import ScheduleCrash
from mock_server.features.leaderboards.board import Board
from mock_server.features.leaderboards.boards import Boards
from mock_server.features.leaderboards.periods import expiry_at
from mock_server.features.leaderboards.record import Record, RecordPage, Submission
from mock_server.features.leaderboards.records import Records
from server_kit import Clock

_log = logging.getLogger("mock_server")


class LeaderboardNotFound(LookupError):
    """There is no leaderboard of this id."""

    def __init__(self) -> None:
        super().__init__("leaderboard not found")


class LeaderboardAuthoritative(Exception):
    """Only the server writes to and deletes from this leaderboard."""

    def __init__(self) -> None:
        super().__init__("leaderboard only allows authoritative submissions")


class CrashingSchedule(Exception):
    """A board whose schedule ends the process of a real Nakama 3.40, at each start again."""


class Leaderboards:
    """The leaderboards of one server.

    Where a call is `authoritative`, the server itself acts, and may do what clients may not.

    Args:
        clock: The server's time.
        boards: Their definitions.
        records: Their records.
    """

    def __init__(self, clock: Clock, boards: Boards, records: Records) -> None:
        self._clock = clock
        self._boards = boards
        self._records = records

    def create(self, board: Board) -> None:
        """Create a leaderboard; where there is a board of that id already, nothing changes.

        Raises:
            BoardRejected: A text is too long for its column.
            CrashingSchedule: A real Nakama would not survive its schedule.
        """
        if self._boards.find(board.id) is None:
            check_schedule(board, self._now())
            self._boards.create(board)

    def write(self, board_id: str, submission: Submission, *, authoritative: bool) -> Record:
        """Write a score to the current period.

        Raises:
            LeaderboardNotFound: There is no such board.
            LeaderboardAuthoritative: Clients may not write there.
            BadOperator: The operator is none.
            BadScore: The score is negative, or beyond 64 bits.
            RecordRejected: A value is beyond what the database holds.
        """
        board = self._find(board_id)
        if board.authoritative and not authoritative:
            raise LeaderboardAuthoritative
        return self._records.submit(board, self._current(board), submission)

    def delete_record(self, board_id: str, owner_id: str, *, authoritative: bool) -> None:
        """Delete a record of the current period; one that is not there is no error.

        Raises:
            LeaderboardNotFound: There is no such board, or it is a tournament.
            LeaderboardAuthoritative: Clients may not delete there.
        """
        board = self._find(board_id)
        if board.is_tournament:
            raise LeaderboardNotFound
        if board.authoritative and not authoritative:
            raise LeaderboardAuthoritative
        self._records.delete(board, self._current(board), owner_id)

    def page(
        self,
        board_id: str,
        limit: int | None,
        *,
        cursor: str = "",
        owner_ids: Collection[str] = (),
        expiry: int = 0,
    ) -> RecordPage:
        """List records; see `Records.page`.

        Raises:
            LeaderboardNotFound: There is no such board.
            BadCursor: Not a cursor of this board and period.
        """
        board = self._find(board_id)
        return self._records.page(board, limit, cursor=cursor, owner_ids=owner_ids, expiry=expiry)

    def around(
        self, board_id: str, owner_id: str, limit: int, *, cursor: str = "", expiry: int = 0
    ) -> RecordPage:
        """List the records around an owner's; see `Records.around`.

        Raises:
            LeaderboardNotFound: There is no such board.
            BadCursor: Not a cursor of this board and period.
        """
        board = self._find(board_id)
        return self._records.around(board, owner_id, limit, cursor=cursor, expiry=expiry)

    def cursor_from_rank(self, board_id: str, rank: int, expiry: int = 0) -> str:
        """The cursor of the list that begins at a rank; see `Records.cursor_from_rank`.

        Raises:
            LeaderboardNotFound: There is no such board.
            NoRanks: It has no ranks, or not so many.
        """
        return self._records.cursor_from_rank(self._find(board_id), rank, expiry)

    def disable_ranks(self, board_id: str) -> None:
        """Drop the ranks of a leaderboard for good.

        Raises:
            LeaderboardNotFound: There is no such board, or it is a tournament.
        """
        if self._find(board_id).is_tournament:
            raise LeaderboardNotFound
        self._boards.disable_ranks(board_id)

    def _find(self, board_id: str) -> Board:
        board = self._boards.find(board_id)
        if board is None:
            raise LeaderboardNotFound
        return board

    def _current(self, board: Board) -> int:
        """The period to which leaderboard calls write, for a tournament, too: the next match."""
        return 0 if board.schedule is None else board.schedule.next(self._now())

    def _now(self) -> int:
        return int(self._clock.time())


def check_schedule(board: Board, now: int) -> None:
    """Refuse a board whose deadlines the real server's scheduler does not survive.

    Raises:
        CrashingSchedule: It is one.
    """
    try:
        expiry_at(board, now)
    except ScheduleCrash as crash:
        message = (
            f"the reset schedule {board.reset_schedule!r} of {board.id!r} has no further match: "
            f"Nakama 3.40 would crash here and at every start ({crash}); choose another schedule"
        )
        _log.warning("%s", message)
        raise CrashingSchedule(message) from None

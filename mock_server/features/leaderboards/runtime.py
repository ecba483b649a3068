"""`nk.leaderboard_*`: the boards."""

from __future__ import annotations

from typing import Any

from mock_server.cron_schedule import ScheduleCrash
from mock_server.cursor import BadCursor
from mock_server.features.leaderboards.arguments import (
    board_ids,
    metadata,
    operator,
    reset_schedule,
    sort_order,
)
from mock_server.features.leaderboards.board import Board
from mock_server.features.leaderboards.boards import BoardRejected, Boards
from mock_server.features.leaderboards.core import (
    CrashingSchedule,
    LeaderboardNotFound,
    Leaderboards,
)
from mock_server.features.leaderboards.periods import next_reset, previous_reset, unsigned
from mock_server.runtime.arguments import Arguments
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.wire import gojson
from server_kit import Clock

ID = "expects a leaderboard ID string"


class LeaderboardFunctions(RuntimeFunctions):
    """Create, find, list and delete leaderboards."""

    def __init__(self, clock: Clock, boards: Boards, leaderboards: Leaderboards) -> None:
        self._clock = clock
        self._boards = boards
        self._leaderboards = leaderboards

    def leaderboard_create(
        self,
        leaderboard_id: Any = None,
        authoritative: Any = None,
        sort: Any = None,
        score_operator: Any = None,
        schedule: Any = None,
        details: Any = None,
        enable_ranks: Any = None,
    ) -> None:
        """Create a leaderboard; one that is there already stays as it is.

        Args:
            leaderboard_id: Its name, up to 128 characters.
            authoritative: Whether only the server writes scores; False when left out.
            sort: `asc` or `desc` (when left out).
            score_operator: `best` (when left out), `set`, `incr` or `decr`.
            schedule: A cron expression: when its records expire and it starts again.
            details: A table, its metadata.
            enable_ranks: Whether records are ranked; False when left out.

        Raises:
            ModuleError: A bad argument, or a schedule that a real Nakama would not survive.
        """
        given = Arguments(
            "leaderboard_create",
            leaderboard_id,
            authoritative,
            sort,
            score_operator,
            schedule,
            details,
            enable_ranks,
        )
        board = Board(
            id=given.filled_text(1, ID),
            authoritative=given.optional_flag(2),
            is_ascending=sort_order(given, 3),
            operator=operator(given, 4),
            reset_schedule=reset_schedule(given, 5),
            metadata=metadata(given, 6, absent="{}"),
            enable_ranks=given.optional_flag(7),
        )
        try:
            self._leaderboards.create(board)
        except (BoardRejected, CrashingSchedule) as error:
            raise ModuleError(f"error creating leaderboard: {error}") from None

    def leaderboard_delete(self, leaderboard_id: Any = None) -> None:
        """Delete a leaderboard or a tournament; an unknown one is no error.

        Raises:
            ModuleError: A bad argument.
        """
        self._boards.delete(Arguments("leaderboard_delete", leaderboard_id).filled_text(1, ID))

    def leaderboard_list(
        self, limit: Any = None, cursor: Any = None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """List leaderboards, without tournaments, in the order of creation.

        Args:
            limit: How many at most, 1 to 100; 10 when left out.
            cursor: Where to go on.

        Returns:
            The leaderboards, and a cursor, or None on the last page.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("leaderboard_list", limit, cursor)
        size = given.optional_integer(1, 10)
        if not 1 <= size <= 100:
            raise given.error(1, "limit must be 1-100")
        try:
            page = self._boards.page(size, given.optional_text(2))
        except BadCursor:
            raise given.error(2, "expects cursor to be valid when provided") from None
        return [self._table(board) for board in page.boards], page.cursor or None

    def leaderboards_get_id(self, ids: Any = None) -> list[dict[str, Any]]:
        """Leaderboards by id, in the order of the ids; unknown ones and tournaments are left out.

        Raises:
            ModuleError: A bad argument.
        """
        found = [
            self._boards.find(each) for each in board_ids(Arguments("leaderboards_get_id", ids))
        ]
        return [
            self._table(board) for board in found if board is not None and not board.is_tournament
        ]

    def leaderboard_ranks_disable(self, leaderboard_id: Any = None) -> None:
        """Drop the ranks of a leaderboard for good.

        Raises:
            ModuleError: A bad argument, or there is no such leaderboard.
        """
        given = Arguments("leaderboard_ranks_disable", leaderboard_id)
        try:
            self._leaderboards.disable_ranks(
                given.filled_text(1, "expects a leaderboard id string")
            )
        except LeaderboardNotFound as error:
            raise ModuleError(f"error disabling leaderboard ranks: {error}") from None

    def _table(self, board: Board) -> dict[str, Any]:
        now = int(self._clock.time())
        table: dict[str, Any] = {
            "id": board.id,
            "authoritative": board.authoritative,
            "operator": board.operator.name.lower(),
            "sort_order": "0" if board.is_ascending else "1",
            "metadata": gojson.unmarshal(board.metadata) or {},
            "create_time": board.create_time,
        }
        try:
            upcoming = unsigned(next_reset(board, now))
            before = unsigned(previous_reset(board, now, board.create_time))
        except ScheduleCrash as crash:
            raise ModuleError(str(crash)) from None
        if upcoming:
            table["next_reset"] = upcoming
        if before:
            table[""] = before  # Nakama forgets the name of prev_reset
        return table

"""`nk.tournament_*`: the tournaments."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

from mock_server.cron_schedule import ScheduleCrash
from mock_server.cursor import BadCursor
from mock_server.features.leaderboards.arguments import (
    board_ids,
    metadata,
    operator,
    reset_schedule,
    sort_order,
)
from mock_server.features.leaderboards.board import MAX_NUM_SCORE, NO_MAX_SIZE, Board
from mock_server.features.leaderboards.boards import BoardRejected
from mock_server.features.leaderboards.core import CrashingSchedule
from mock_server.features.leaderboards.runtime_errors import task
from mock_server.features.tournaments.core import (
    TournamentFilter,
    TournamentRefused,
    Tournaments,
)
from mock_server.features.tournaments.messages import tournament_table
from mock_server.runtime.arguments import Arguments
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import SCRIPT_MODULE, RuntimeFunctions

_log = logging.getLogger("mock_server.runtime")

ID = "expects a tournament ID string"
_LAST_CATEGORY = 127


class TournamentFunctions(RuntimeFunctions):
    """Create, find, list and delete tournaments, and let users in."""

    def __init__(self, tournaments: Tournaments) -> None:
        self._tournaments = tournaments

    def tournament_create(
        self,
        tournament_id: Any = None,
        authoritative: Any = None,
        sort: Any = None,
        score_operator: Any = None,
        duration: Any = None,
        schedule: Any = None,
        details: Any = None,
        title: Any = None,
        description: Any = None,
        category: Any = None,
        start_time: Any = None,
        end_time: Any = None,
        max_size: Any = None,
        max_num_score: Any = None,
        join_required: Any = None,
        enable_ranks: Any = None,
    ) -> None:
        """Create a tournament; one that is there already stays as it is.

        Args:
            tournament_id: Its name, up to 128 characters.
            authoritative: Whether only the server writes scores; True when left out.
            sort: `asc` or `desc` (when left out).
            score_operator: `best` (when left out), `set`, `incr` or `decr`.
            duration: Seconds in which it takes scores, from its start or from each reset.
            schedule: A cron expression: when its records expire and it starts again.
            details: A table, its metadata.
            title: Its title, up to 255 characters.
            description: Its description, up to 255 characters.
            category: 0 (when left out) to 127.
            start_time: When it starts, in seconds since the epoch; now when left out or 0.
            end_time: When it is over for good; never when left out or 0.
            max_size: How many owners it takes; everybody when left out or 0.
            max_num_score: How many scores an owner may submit; a million when left out or 0.
            join_required: Whether an owner must join first; False when left out.
            enable_ranks: Whether records are ranked; False when left out.

        Raises:
            ModuleError: A bad argument, a leaderboard has the id, or a schedule that a real Nakama
                would not survive.
        """
        given = Arguments(
            "tournament_create",
            tournament_id,
            authoritative,
            sort,
            score_operator,
            duration,
            schedule,
            details,
            title,
            description,
            category,
            start_time,
            end_time,
            max_size,
            max_num_score,
            join_required,
            enable_ranks,
        )
        board = _board(given)
        try:
            self._tournaments.create(board)
        except (BoardRejected, CrashingSchedule) as error:
            raise ModuleError(f"error creating tournament: {error}") from None
        except ScheduleCrash as crash:
            raise ModuleError(str(crash)) from None

    def tournament_delete(self, tournament_id: Any = None) -> None:
        """Delete a tournament; an unknown one or a leaderboard is no error, and stays.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("tournament_delete", tournament_id)
        self._tournaments.delete(given.filled_text(1, ID))

    def tournament_join(
        self, tournament_id: Any = None, user_id: Any = None, username: Any = None
    ) -> None:
        """Let a user take part in a tournament that one must join.

        Raises:
            ModuleError: A bad argument, there is no such tournament, or it is over or full.
        """
        given = Arguments("tournament_join", tournament_id, user_id, username)
        name = given.filled_text(1, ID)
        user = given.uuid(
            2, "expects user ID to be a valid identifier", absent="expects a user ID string"
        )
        with task("joining tournament", TournamentRefused):
            self._tournaments.join(name, user, given.filled_text(3, "expects a username string"))

    def tournament_add_attempt(
        self, tournament_id: Any = None, owner_id: Any = None, count: Any = None
    ) -> None:
        """Change how many scores an owner may submit in this period.

        Raises:
            ModuleError: A bad argument, there is no such tournament, or it is over.
        """
        given = Arguments("tournament_add_attempt", tournament_id, owner_id, count)
        name = given.filled_text(1, ID)
        owner = given.uuid(
            2, "expects owner ID to be a valid identifier", absent="expects an owner ID string"
        )
        attempts = given.integer(3)
        if attempts == 0:
            raise given.error(3, "expects an attempt count number != 0")
        with task("adding tournament attempts", TournamentRefused):
            self._tournaments.add_attempts(name, owner, attempts)

    def tournaments_get_id(self, ids: Any = None) -> list[dict[str, Any]]:
        """Tournaments by id, each once; unknown ones are left out.

        Raises:
            ModuleError: A bad argument.
        """
        names = board_ids(Arguments("tournaments_get_id", ids))
        with task("getting tournaments", TournamentRefused):
            found = self._tournaments.get(names)
        # As in Nakama, which does not fill in whether one must join here.
        return [tournament_table(each) | {"join_required": False} for each in found]

    def tournament_list(
        self,
        category_start: Any = None,
        category_end: Any = None,
        start_time: Any = None,
        end_time: Any = None,
        limit: Any = None,
        cursor: Any = None,
    ) -> tuple[list[dict[str, Any]], str | None]:
        """List tournaments by start, end and category.

        Args:
            category_start: The lowest category; 0 when left out.
            category_end: The highest category; 0 when left out.
            start_time: They start then or later, 0 or more; it must be given, as in Nakama.
            end_time: They end until then; 0 lists those without an end. It must be given.
            limit: How many at most, 1 to 100; 10 when left out.
            cursor: Where to go on.

        Returns:
            The tournaments, and a cursor, or None on the last page.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments(
            "tournament_list", category_start, category_end, start_time, end_time, limit, cursor
        )
        wanted = _filter(given)
        size = given.optional_integer(5, 10)
        if not 1 <= size <= 100:
            raise given.error(5, "limit must be 1-100")
        with task("listing tournaments", TournamentRefused):
            return _page(self._tournaments, given, wanted, size)

    def tournament_ranks_disable(self, tournament_id: Any = None) -> None:
        """Refuse: Nakama knows no tournament here, whatever its id.

        Raises:
            ModuleError: Always.
        """
        given = Arguments("tournament_ranks_disable", tournament_id)
        given.filled_text(1, "expects a tournament id string")
        raise ModuleError("error disabling tournament ranks: leaderboard not found")


class TournamentScriptFunctions(RuntimeFunctions):
    """Functions for tournaments that only JavaScript has."""

    _module: ClassVar[str] = SCRIPT_MODULE

    def __init__(self, tournaments: Tournaments) -> None:
        self._tournaments = tournaments

    def tournaments_ranks_disable(self, tournament_id: str) -> None:
        """Drop the ranks of a tournament for good.

        A real Nakama 3.40 also takes it for a leaderboard from then on, until it is restarted.

        Raises:
            ModuleError: There is no such tournament.
        """
        try:
            self._tournaments.disable_ranks(tournament_id)
        except TournamentRefused as error:
            raise ModuleError(str(error)) from None
        _log.warning(
            "tournamentsRanksDisable: a real Nakama 3.40 takes the tournament %s for a leaderboard "
            "now, until it is restarted",
            tournament_id,
        )

    def tournament_list(
        self,
        category_start: int,
        category_end: int,
        start_time: int,
        end_time: int,
        limit: int,
        cursor: str,
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Do as the function of this name, with arguments that were looked at.

        The times may be -1: tournaments that start at any time, that are not over.

        Raises:
            ModuleError: A bad cursor.
        """
        wanted = TournamentFilter(category_start, category_end, start_time, end_time)
        given = Arguments(
            "tournament_list", category_start, category_end, start_time, end_time, limit, cursor
        )
        return _page(self._tournaments, given, wanted, limit)


def _page(
    tournaments: Tournaments, given: Arguments, wanted: TournamentFilter, size: int
) -> tuple[list[dict[str, Any]], str | None]:
    try:
        page = tournaments.page(wanted, size, given.optional_text(6))
    except BadCursor:
        raise given.error(6, "expects cursor to be valid when provided") from None
    return [tournament_table(each) for each in page.tournaments], page.cursor or None


def _board(given: Arguments) -> Board:
    name, authoritative = given.filled_text(1, ID), given.optional_flag(2, default=True)
    is_ascending, action = sort_order(given, 3), operator(given, 4)
    duration = given.optional_integer(5, 0)
    if duration <= 0:
        raise given.error(5, "duration must be > 0")
    schedule, details = reset_schedule(given, 6), metadata(given, 7, absent="{}")
    title, description = given.optional_text(8), given.optional_text(9)
    category = given.optional_integer(10, 0)
    if not 0 <= category <= _LAST_CATEGORY:
        raise given.error(10, "category must be 0-127")
    start, end = _times(given)
    return Board(
        id=name,
        authoritative=authoritative,
        is_ascending=is_ascending,
        operator=action,
        reset_schedule=schedule,
        metadata=details,
        duration=duration,
        title=title,
        description=description,
        category=category,
        start_time=start,
        end_time=end,
        max_size=_bound(given, 13, "maxSize") or NO_MAX_SIZE,
        max_num_score=_bound(given, 14, "maxNumScore") or MAX_NUM_SCORE,
        join_required=given.optional_flag(15),
        enable_ranks=given.optional_flag(16),
    )


def _times(given: Arguments) -> tuple[int, int]:
    start = given.optional_integer(11, 0)
    if start < 0:
        raise given.error(11, "startTime must be >= 0.")
    end = given.optional_integer(12, 0)
    if end != 0 and end <= start:
        raise given.error(
            12,
            "endTime must be > startTime. Use 0 to indicate a tournament that never ends.",
        )
    return start, end


def _bound(given: Arguments, number: int, name: str) -> int:
    value = given.optional_integer(number, 0)
    if value < 0:
        raise given.error(number, f"{name} must be >= 0")
    return value


def _filter(given: Arguments) -> TournamentFilter:
    first = given.optional_integer(1, 0)
    if not 0 <= first <= _LAST_CATEGORY:
        raise given.error(1, "categoryStart must be 0-127")
    last = given.optional_integer(2, 0)
    if not 0 <= last <= _LAST_CATEGORY:
        raise given.error(2, "categoryEnd must be 0-127")
    if first > last:
        raise given.error(2, "categoryEnd must be >= categoryStart")
    start = given.optional_integer(3, -1)
    if start < 0:
        raise given.error(3, "startTime must be >= -1")
    end = given.optional_integer(4, -1)
    if end < 0:
        raise given.error(4, "endTime must be >= -1")
    if start > end:
        raise given.error(4, "endTime must be >= startTime")
    return TournamentFilter(first, last, start, end)

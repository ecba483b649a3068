"""`nk.leaderboard_record_*`: the records."""

from __future__ import annotations

from typing import Any

from mock_server.features.leaderboards.arguments import (
    OPERATORS,
    haystack_arguments,
    haystack_results,
    list_arguments,
    list_results,
    metadata,
    record_table,
)
from mock_server.features.leaderboards.board import Operator
from mock_server.features.leaderboards.core import LeaderboardNotFound, Leaderboards
from mock_server.features.leaderboards.ranks import NoRanks
from mock_server.features.leaderboards.record import Submission
from mock_server.features.leaderboards.runtime import ID
from mock_server.features.leaderboards.runtime_errors import task
from mock_server.features.leaderboards.scores import Score
from mock_server.runtime.arguments import Arguments
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions


class LeaderboardRecordFunctions(RuntimeFunctions):
    """Write, list and delete the records of leaderboards, also of authoritative ones."""

    def __init__(self, leaderboards: Leaderboards) -> None:
        self._leaderboards = leaderboards

    def leaderboard_record_write(
        self,
        leaderboard_id: Any = None,
        owner_id: Any = None,
        username: Any = None,
        score: Any = None,
        subscore: Any = None,
        details: Any = None,
        score_operator: Any = None,
    ) -> dict[str, Any]:
        """Write a score.

        Args:
            leaderboard_id: Where.
            owner_id: Whose; any uuid.
            username: The owner's name; the stored one stays when left out.
            score: 0 or more; 0 when left out, and fractions are cut.
            subscore: Decides among equal scores.
            details: A table, the record's metadata; the stored ones stay when left out.
            score_operator: `best`, `set`, `incr` or `decr`; the board's when left out.

        Returns:
            The record as it is now.

        Raises:
            ModuleError: A bad argument, or there is no such leaderboard.
        """
        given = Arguments(
            "leaderboard_record_write",
            leaderboard_id,
            owner_id,
            username,
            score,
            subscore,
            details,
            score_operator,
        )
        board_id = given.filled_text(1, ID)
        owner = given.uuid(2, "expects owner ID to be a valid identifier")
        name = given.optional_text(3)
        submission = Submission(
            owner,
            name,
            _score(given),
            metadata(given, 6, absent=""),
            _operator(given),
        )
        with task("writing leaderboard record", LeaderboardNotFound):
            record = self._leaderboards.write(board_id, submission, authoritative=True)
        return record_table(record)

    def leaderboard_record_delete(self, leaderboard_id: Any = None, owner_id: Any = None) -> None:
        """Delete an owner's record of the current period; one that is not there is no error.

        Raises:
            ModuleError: A bad argument, or there is no such leaderboard.
        """
        given = Arguments("leaderboard_record_delete", leaderboard_id, owner_id)
        board_id = given.filled_text(1, ID)
        owner = given.uuid(2, "expects owner ID to be a valid identifier")
        with task("deleting leaderboard record", LeaderboardNotFound):
            self._leaderboards.delete_record(board_id, owner, authoritative=True)

    def leaderboard_records_list(
        self,
        leaderboard_id: Any = None,
        owner_ids: Any = None,
        limit: Any = None,
        cursor: Any = None,
        expiry: Any = None,
    ) -> Any:
        """List records in the leaderboard's order.

        Args:
            leaderboard_id: Which leaderboard.
            owner_ids: Whose records are listed beside; an empty table lists nothing at all.
            limit: How many at most, 0 (when left out) to 10,000.
            cursor: Where to go on, to either side.
            expiry: Another period, by its end in seconds; the current one when left out.

        Returns:
            Records, the owners' records, the cursors to what follows and to what is before (or
            None), and how many records are ranked.

        Raises:
            ModuleError: A bad argument or cursor, or there is no such leaderboard.
        """
        given = Arguments(
            "leaderboard_records_list", leaderboard_id, owner_ids, limit, cursor, expiry
        )
        asked = list_arguments(given, ID)
        if asked.owner_ids is None:
            return []
        with task("listing leaderboard records", LeaderboardNotFound):
            page = self._leaderboards.page(
                asked.board_id,
                asked.limit,
                cursor=asked.cursor,
                owner_ids=asked.owner_ids,
                expiry=asked.expiry,
            )
        return list_results(page)

    def leaderboard_records_haystack(
        self,
        leaderboard_id: Any = None,
        owner_id: Any = None,
        limit: Any = None,
        cursor: Any = None,
        expiry: Any = None,
    ) -> tuple[Any, ...]:
        """List the records around an owner's.

        Args:
            leaderboard_id: Which leaderboard.
            owner_id: Around whom.
            limit: How many at most, 1 to 100; 10 when left out.
            cursor: Where to go on; the owner does not count then.
            expiry: Another period, by its end in seconds; the current one when left out.

        Returns:
            Records, the cursors to what follows and to what is before (or None), and how many
            records are ranked.

        Raises:
            ModuleError: A bad argument or cursor, or there is no such leaderboard.
        """
        given = Arguments(
            "leaderboard_records_haystack", leaderboard_id, owner_id, limit, cursor, expiry
        )
        asked = haystack_arguments(given, ID)
        with task("listing leaderboard records haystack", LeaderboardNotFound):
            page = self._leaderboards.around(
                asked.board_id,
                asked.owner_id,
                asked.limit,
                cursor=asked.cursor,
                expiry=asked.expiry,
            )
        return haystack_results(page)

    def leaderboard_records_list_cursor_from_rank(
        self, leaderboard_id: Any = None, rank: Any = None, expiry: Any = None
    ) -> str:
        """The cursor of the list that begins at a rank; an empty text for rank 1.

        Raises:
            ModuleError: A bad argument, there is no such leaderboard, or no such rank.
        """
        given = Arguments("leaderboard_records_list_cursor_from_rank", leaderboard_id, rank, expiry)
        board_id, position = given.filled_text(1, ID), given.integer(2)
        if position < 1:
            raise given.error(2, "invalid rank - must be > 1")
        period = given.optional_integer(3, 0)
        with task("listing leaderboard records", LeaderboardNotFound):
            try:
                return self._leaderboards.cursor_from_rank(board_id, position, period)
            except NoRanks as error:
                raise ModuleError(f"failed to get cursor from rank: {error}") from None


def _score(given: Arguments) -> Score:
    score, subscore = given.optional_integer(4, 0), given.optional_integer(5, 0)
    if score < 0:
        raise given.error(4, "expects score to be >= 0")
    if subscore < 0:
        raise given.error(4, "expects subscore to be >= 0")  # the number is Nakama's
    return Score(score, subscore)


def _operator(given: Arguments) -> Operator:
    name = given.optional_text(7)
    found = OPERATORS.get(name) if name else Operator.NO_OVERRIDE
    if found is None:
        raise given.error(7, "invalid operator")
    return found

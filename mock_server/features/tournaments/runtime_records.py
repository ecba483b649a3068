"""`nk.tournament_record_*`: the records of tournaments."""

from __future__ import annotations

from typing import Any

from mock_server.features.leaderboards.arguments import (
    haystack_arguments,
    haystack_results,
    list_arguments,
    list_results,
    metadata,
    record_table,
)
from mock_server.features.leaderboards.board import Operator
from mock_server.features.leaderboards.record import Submission
from mock_server.features.leaderboards.runtime_errors import task
from mock_server.features.leaderboards.scores import Score
from mock_server.features.tournaments.core import Refusal, TournamentRefused, Tournaments
from mock_server.features.tournaments.runtime import ID
from mock_server.runtime.arguments import Arguments
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions


class TournamentRecordFunctions(RuntimeFunctions):
    """Write, list and delete the records of tournaments, also of authoritative ones."""

    def __init__(self, tournaments: Tournaments) -> None:
        self._tournaments = tournaments

    def tournament_record_write(
        self,
        tournament_id: Any = None,
        owner_id: Any = None,
        username: Any = None,
        score: Any = None,
        subscore: Any = None,
        details: Any = None,
        score_operator: Any = None,
    ) -> dict[str, Any]:
        """Write a score; it counts as an attempt.

        Args:
            tournament_id: Where.
            owner_id: Whose; any uuid.
            username: The owner's name; the stored one stays when left out.
            score: 0 when left out, and fractions are cut.
            subscore: Decides among equal scores.
            details: A table, the record's metadata; the stored ones stay when left out.
            score_operator: `best`, `set`, `increment` or `decrement`; the tournament's when left
                out or `no_override`.

        Returns:
            The record as it is now.

        Raises:
            ModuleError: A bad argument, there is no such tournament, or it does not take the score.
        """
        given = Arguments(
            "tournament_record_write",
            tournament_id,
            owner_id,
            username,
            score,
            subscore,
            details,
            score_operator,
        )
        name = given.filled_text(1, ID)
        owner = given.uuid(2, "expects user ID to be a valid identifier")
        shown_name = given.optional_text(3)
        sent = Score(given.optional_integer(4, 0), given.optional_integer(5, 0))
        submission = Submission(
            owner, shown_name, sent, metadata(given, 6, absent=""), _operator(given)
        )
        with task("writing tournament record", TournamentRefused):
            record = self._tournaments.write(name, submission, authoritative=True)
        return record_table(record)

    def tournament_record_delete(self, tournament_id: Any = None, owner_id: Any = None) -> None:
        """Delete an owner's record of this period; one that is not there is no error.

        Raises:
            ModuleError: A bad argument, or there is no such tournament.
        """
        given = Arguments("tournament_record_delete", tournament_id, owner_id)
        name = given.filled_text(1, ID)
        owner = given.uuid(2, "expects owner ID to be a valid identifier")
        with task("deleting tournament record", TournamentRefused):
            self._tournaments.delete_record(name, owner, authoritative=True)

    def tournament_records_list(
        self,
        tournament_id: Any = None,
        owner_ids: Any = None,
        limit: Any = None,
        cursor: Any = None,
        expiry: Any = None,
    ) -> Any:
        """List records; arguments and results are those of `leaderboard_records_list`.

        Raises:
            ModuleError: A bad argument or cursor, there is no such tournament, or it has ended.
        """
        given = Arguments(
            "tournament_records_list", tournament_id, owner_ids, limit, cursor, expiry
        )
        asked = list_arguments(given, ID)
        if asked.owner_ids is None:
            return []
        with task("listing tournament records", TournamentRefused):
            page = self._tournaments.records(
                asked.board_id,
                asked.limit,
                cursor=asked.cursor,
                owner_ids=asked.owner_ids,
                expiry=asked.expiry,
            )
        return list_results(page)

    def tournament_records_haystack(
        self,
        tournament_id: Any = None,
        owner_id: Any = None,
        limit: Any = None,
        cursor: Any = None,
        expiry: Any = None,
    ) -> tuple[Any, ...]:
        """List the records around an owner's; see `leaderboard_records_haystack`.

        Raises:
            ModuleError: A bad argument or cursor, or there is no such tournament.
        """
        given = Arguments(
            "tournament_records_haystack", tournament_id, owner_id, limit, cursor, expiry
        )
        asked = haystack_arguments(given, ID)
        with task("listing tournament records haystack", TournamentRefused):
            try:
                page = self._tournaments.around(
                    asked.board_id,
                    asked.owner_id,
                    asked.limit,
                    cursor=asked.cursor,
                    expiry=asked.expiry,
                )
            except TournamentRefused as error:
                if error.reason is not Refusal.NOT_FOUND:
                    raise
                raise ModuleError(
                    "error listing tournament records haystack: leaderboard not found"
                ) from None
        return haystack_results(page)


def _operator(given: Arguments) -> Operator:
    name = given.optional_text(7, Operator.NO_OVERRIDE.name)
    try:
        return Operator[name.upper()]
    except KeyError:
        raise given.error(7, "invalid operator") from None

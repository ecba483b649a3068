"""Tournaments over HTTP."""

from __future__ import annotations

from typing import Any

from mock_server.cron_schedule import ScheduleCrash
from mock_server.cursor import BadCursor
from mock_server.features.leaderboards.messages import (
    checked_limit,
    checked_owner,
    checked_owners,
    internal,
    not_found,
    page_message,
    record_message,
    refusal,
    submission_of,
)
from mock_server.features.leaderboards.records import RecordRejected
from mock_server.features.leaderboards.scores import BadOperator, BadScore
from mock_server.features.tournaments.core import (
    Refusal,
    TournamentFilter,
    TournamentRefused,
    Tournaments,
    tournament_list_position,
)
from mock_server.features.tournaments.messages import tournament_message
from mock_server.http.routing import Auth, Call, Route
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.output import omit_empty

_UNKNOWN = "Tournament not found."
_JOIN_REFUSALS = {
    Refusal.NOT_FOUND: (GrpcCode.NOT_FOUND, _UNKNOWN),
    Refusal.MAX_SIZE: (
        GrpcCode.INVALID_ARGUMENT,
        "Tournament cannot be joined as it has reached its max size.",
    ),
    Refusal.OUTSIDE_DURATION: (
        GrpcCode.INVALID_ARGUMENT,
        "Tournament is not active and cannot accept new joins.",
    ),
}
_WRITE_REFUSALS = {
    Refusal.AUTHORITATIVE: (
        GrpcCode.PERMISSION_DENIED,
        "Tournament only allows authoritative score submissions.",
    ),
    Refusal.OUTSIDE_DURATION: (
        GrpcCode.FAILED_PRECONDITION,
        "Tournament is not active and cannot accept new scores.",
    ),
    Refusal.JOIN_REQUIRED: (
        GrpcCode.FAILED_PRECONDITION,
        "Must join tournament before attempting to write value.",
    ),
    Refusal.MAX_NUM_SCORE: (
        GrpcCode.FAILED_PRECONDITION,
        "Reached allowed max number of score attempts.",
    ),
    Refusal.MAX_SIZE: (GrpcCode.FAILED_PRECONDITION, "Tournament has reached max size."),
}
_LIST_REFUSALS = {
    Refusal.NOT_FOUND: (GrpcCode.NOT_FOUND, _UNKNOWN),
    Refusal.OUTSIDE_DURATION: (GrpcCode.NOT_FOUND, "Tournament has ended."),
}


class _TournamentsApi:
    def __init__(self, tournaments: Tournaments) -> None:
        self._tournaments = tournaments

    def list(self, call: Call) -> dict[str, Any]:
        request = call.request
        limit = 100 if request["limit"] is None else request["limit"]
        try:
            tournament_list_position(request["cursor"])
            wanted = _filter(request)
            if not 1 <= limit <= 100:
                raise refusal("Limit must be between 1 and 100.")
            page = self._tournaments.page(wanted, limit, request["cursor"])
        except BadCursor:
            raise GrpcError(GrpcCode.UNKNOWN, "leaderboard cursor invalid") from None
        except ScheduleCrash as crash:
            raise internal(f"Error listing tournaments: {crash}") from None
        return omit_empty(
            {
                "tournaments": [tournament_message(each) for each in page.tournaments],
                "cursor": page.cursor,
            }
        )

    def join(self, call: Call) -> dict[str, Any]:
        identity = call.identity
        try:
            self._tournaments.join(
                call.request["tournament_id"], identity.user_id, identity.username
            )
        except TournamentRefused as error:
            raise GrpcError(*_JOIN_REFUSALS[error.reason]) from None
        except (RecordRejected, ScheduleCrash):
            raise internal("Error while trying to join tournament.") from None
        return {}

    def write(self, call: Call) -> dict[str, Any]:
        tournament_id = call.request["tournament_id"]
        if not tournament_id:
            raise refusal("Tournament ID must be provided.")
        submission = submission_of(call.request["record"], call.identity)
        board = self._tournaments.find(tournament_id)
        if board is None:
            raise not_found(_UNKNOWN)
        if self._tournaments.has_ended(board):
            raise not_found("Tournament not found or has ended.")
        failure = internal("Error writing score to tournament.")
        try:
            record = self._tournaments.write(tournament_id, submission, authoritative=False)
        except TournamentRefused as error:
            worded = _WRITE_REFUSALS.get(error.reason)
            raise (failure if worded is None else GrpcError(*worded)) from None
        except (BadOperator, BadScore, RecordRejected, ScheduleCrash):
            raise failure from None
        return record_message(record)

    def delete(self, call: Call) -> dict[str, Any]:
        tournament_id = call.request["tournament_id"]
        if not tournament_id:
            raise refusal("Invalid tournament ID.")
        try:
            self._tournaments.delete_record(
                tournament_id, call.identity.user_id, authoritative=False
            )
        except (TournamentRefused, ScheduleCrash):
            raise internal("Error deleting score from tournament.") from None
        return {}

    def records(self, call: Call) -> dict[str, Any]:
        request = call.request
        if not request["tournament_id"]:
            raise refusal("Tournament ID must be provided")
        owners = checked_owners(request["owner_ids"])
        default = None if owners and request["cursor"] else 10
        limit = checked_limit(request["limit"], default=default, maximum=100)
        try:
            page = self._tournaments.records(
                request["tournament_id"],
                limit,
                cursor=request["cursor"],
                owner_ids=owners,
                expiry=request["expiry"] or 0,
            )
        except TournamentRefused as error:
            raise GrpcError(*_LIST_REFUSALS[error.reason]) from None
        except BadCursor:
            raise refusal("Cursor is invalid or expired.") from None
        except ScheduleCrash as crash:
            raise internal(f"Error listing records from tournament: {crash}") from None
        return page_message(page)

    def around(self, call: Call) -> dict[str, Any]:
        request = call.request
        if not request["tournament_id"]:
            raise refusal("Invalid tournament ID.")
        limit = checked_limit(request["limit"], default=100, maximum=100)
        owner = checked_owner(request["owner_id"])
        assert limit is not None
        try:
            page = self._tournaments.around(
                request["tournament_id"],
                owner,
                limit,
                cursor=request["cursor"],
                expiry=request["expiry"] or 0,
            )
        except TournamentRefused:
            raise not_found(_UNKNOWN) from None
        except (BadCursor, ScheduleCrash):
            raise internal("Error querying records from leaderboard.") from None
        return page_message(page)


def routes(tournaments: Tournaments) -> tuple[Route, ...]:
    """The routes of tournaments."""
    api = _TournamentsApi(tournaments)
    path = "/v2/tournament/{tournament_id}"
    bearer = Auth.BEARER
    return (
        Route("ListTournaments", "GET", "/v2/tournament", bearer, api.list),
        Route("ListTournamentRecords", "GET", path, bearer, api.records),
        Route("WriteTournamentRecord", "POST", path, bearer, api.write, body="record"),
        Route("WriteTournamentRecord", "PUT", path, bearer, api.write, body="record"),
        Route("DeleteTournamentRecord", "DELETE", path, bearer, api.delete),
        Route("JoinTournament", "POST", f"{path}/join", bearer, api.join),
        Route(
            "ListTournamentRecordsAroundOwner",
            "GET",
            f"{path}/owner/{{owner_id}}",
            bearer,
            api.around,
        ),
    )


def _filter(request: dict[str, Any]) -> TournamentFilter:
    first, last = request["category_start"] or 0, request["category_end"]
    if last is not None:
        if last >= 128:
            raise refusal("Tournament category end must be >=0 and <128.")
        if last < first:
            raise refusal("Tournament category end must be greater than category start.")
    start = -1 if request["start_time"] is None else request["start_time"]
    end = -1 if request["end_time"] is None else request["end_time"]
    if request["end_time"] and end < start:
        raise refusal("Tournament end time must be greater than start time.")
    return TournamentFilter(first, 127 if last is None else last, start, end)

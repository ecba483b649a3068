"""Leaderboards over HTTP."""

from __future__ import annotations

from typing import Any

from mock_server.cron_schedule import ScheduleCrash
from mock_server.cursor import BadCursor
from mock_server.features.leaderboards.core import (
    LeaderboardAuthoritative,
    LeaderboardNotFound,
    Leaderboards,
)
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
from mock_server.http.routing import Auth, Call, Route
from mock_server.wire.errors import GrpcCode, GrpcError

_UNKNOWN = "Leaderboard not found."


class _LeaderboardsApi:
    def __init__(self, leaderboards: Leaderboards) -> None:
        self._leaderboards = leaderboards

    def list(self, call: Call) -> dict[str, Any]:
        request = call.request
        _require_id(request)
        default = None if request["owner_ids"] and not request["cursor"] else 1
        limit = checked_limit(request["limit"], default=default, maximum=1000)
        owners = checked_owners(request["owner_ids"])
        try:
            page = self._leaderboards.page(
                request["leaderboard_id"],
                limit,
                cursor=request["cursor"],
                owner_ids=owners,
                expiry=request["expiry"] or 0,
            )
        except LeaderboardNotFound:
            raise not_found(_UNKNOWN) from None
        except BadCursor:
            raise refusal("Cursor is invalid or expired.") from None
        except ScheduleCrash as crash:
            raise internal(f"Error listing records from leaderboard: {crash}") from None
        return page_message(page)

    def write(self, call: Call) -> dict[str, Any]:
        _require_id(call.request)
        try:
            submission = submission_of(call.request["record"], call.identity)
            record = self._leaderboards.write(
                call.request["leaderboard_id"], submission, authoritative=False
            )
        except LeaderboardNotFound:
            raise not_found(_UNKNOWN) from None
        except LeaderboardAuthoritative:
            raise GrpcError(
                GrpcCode.PERMISSION_DENIED,
                "Leaderboard only allows authoritative score submissions.",
            ) from None
        except (BadOperator, BadScore, RecordRejected):
            raise internal("Error writing score to leaderboard.") from None
        return record_message(record)

    def delete(self, call: Call) -> dict[str, Any]:
        _require_id(call.request)
        try:
            self._leaderboards.delete_record(
                call.request["leaderboard_id"], call.identity.user_id, authoritative=False
            )
        except LeaderboardNotFound:
            raise not_found(_UNKNOWN) from None
        except LeaderboardAuthoritative:
            raise GrpcError(
                GrpcCode.PERMISSION_DENIED,
                "Leaderboard only allows authoritative score deletions.",
            ) from None
        return {}

    def around(self, call: Call) -> dict[str, Any]:
        request = call.request
        _require_id(request)
        limit = checked_limit(request["limit"], default=1, maximum=100)
        owner = checked_owner(request["owner_id"])
        assert limit is not None
        try:
            page = self._leaderboards.around(
                request["leaderboard_id"],
                owner,
                limit,
                cursor=request["cursor"],
                expiry=request["expiry"] or 0,
            )
        except LeaderboardNotFound:
            raise not_found(_UNKNOWN) from None
        except (BadCursor, ScheduleCrash):
            raise internal("Error querying records from leaderboard.") from None
        return page_message(page)


def routes(leaderboards: Leaderboards) -> tuple[Route, ...]:
    """The routes of leaderboards."""
    api = _LeaderboardsApi(leaderboards)
    path = "/v2/leaderboard/{leaderboard_id}"
    return (
        Route("ListLeaderboardRecords", "GET", path, Auth.BEARER, api.list),
        Route(
            "WriteLeaderboardRecord",
            "POST",
            path,
            Auth.BEARER,
            api.write,
            body="record",
        ),
        Route("DeleteLeaderboardRecord", "DELETE", path, Auth.BEARER, api.delete),
        Route(
            "ListLeaderboardRecordsAroundOwner",
            "GET",
            f"{path}/owner/{{owner_id}}",
            Auth.BEARER,
            api.around,
        ),
    )


def _require_id(request: dict[str, Any]) -> None:
    if not request["leaderboard_id"]:
        raise refusal("Invalid leaderboard ID.")

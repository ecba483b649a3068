"""Records of leaderboards and tournaments as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mock_server.features.leaderboards.record import Record, RecordPage, Submission
from mock_server.features.leaderboards.scores import Score
from mock_server.identity import Identity
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.gojson import is_json_object
from mock_server.wire.messages import api_message
from mock_server.wire.output import omit_empty, timestamp
from mock_server.wire.uuids import parse_uuid

_NS = 1_000_000_000


def submission_of(record: dict[str, Any] | None, identity: Identity) -> Submission:
    """The score that a client sends.

    Raises:
        GrpcError: There is none, or its metadata are no JSON object.
    """
    if record is None:
        raise refusal("Invalid input, record score value is required.")
    metadata = record["metadata"]
    if metadata and not is_json_object(metadata):
        raise refusal("Metadata value must be JSON, if provided.")
    score = Score(record["score"], record["subscore"])
    return Submission(identity.user_id, identity.username, score, metadata, record["operator"])


def record_message(record: Record) -> dict[str, Any]:
    """The `LeaderboardRecord` message of a record."""
    return omit_empty(
        {
            "leaderboard_id": record.board_id,
            "owner_id": record.owner_id,
            "username": record.username,
            "score": _int64(record.score.score),
            "subscore": _int64(record.score.subscore),
            "num_score": record.num_score,
            "metadata": record.metadata,
            "create_time": seconds_text(record.create_time),
            "update_time": seconds_text(record.update_time),
            "expiry_time": seconds_text(record.expiry) if record.expiry else None,
            "rank": _int64(record.rank),
            "max_num_score": record.max_num_score,
        },
        api_message("LeaderboardRecord"),
    )


def page_message(page: RecordPage) -> dict[str, Any]:
    """The `LeaderboardRecordList` message, which is also `TournamentRecordList`, of a page."""
    return omit_empty(
        {
            "records": [record_message(record) for record in page.records],
            "owner_records": [record_message(record) for record in page.owner_records],
            "next_cursor": page.next_cursor,
            "prev_cursor": page.prev_cursor,
            "rank_count": _int64(page.rank_count),
        }
    )


def seconds_text(seconds: int) -> str:
    """A time in seconds as the API writes it."""
    return timestamp(seconds * _NS, digits=0)


def checked_limit(limit: int | None, *, default: int | None, maximum: int) -> int | None:
    """A request's limit, or the default where it has none.

    Raises:
        GrpcError: It is not from 1 to `maximum`.
    """
    if limit is None:
        return default
    if not 1 <= limit <= maximum:
        raise refusal(f"Invalid limit - limit must be between 1 and {maximum}.")
    return limit


def checked_owners(texts: Sequence[str]) -> list[str]:
    """The ids of owners in their canonical form.

    Raises:
        GrpcError: One is no uuid.
    """
    owners = [parse_uuid(text) for text in texts]
    if None in owners:
        raise refusal("One or more owner IDs are invalid.")
    return [owner for owner in owners if owner]


def checked_owner(text: str) -> str:
    """The id of the owner around whom records are listed, in its canonical form.

    Raises:
        GrpcError: It is empty, or no uuid.
    """
    if not text:
        raise refusal("Owner ID must be provided for a haystack query.")
    owner = parse_uuid(text)
    if owner is None:
        raise refusal("Invalid owner ID provided.")
    return owner


def refusal(message: str) -> GrpcError:
    """The refusal of a bad argument."""
    return GrpcError(GrpcCode.INVALID_ARGUMENT, message)


def internal(message: str) -> GrpcError:
    """An internal error in Nakama's words."""
    return GrpcError(GrpcCode.INTERNAL, message)


def not_found(message: str) -> GrpcError:
    """The refusal of an id that is not known."""
    return GrpcError(GrpcCode.NOT_FOUND, message)


def _int64(value: int) -> str:
    return str(value) if value else ""

"""A record of a leaderboard, and a position in a list of records."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from mock_server.cursor import BadCursor, decode_cursor, encode_cursor
from mock_server.features.leaderboards.board import Board, Operator
from mock_server.features.leaderboards.scores import Score
from server_kit.store import Row

_CURSOR = "leaderboard"


@frozen
class Submission:
    """One score that somebody submits.

    Attributes:
        owner_id: Whose record it is.
        username: The owner's name; empty leaves the stored one.
        score: The score.
        metadata: JSON text of an object; empty leaves the stored one.
        operator: What it does to the stored score, a number of `Operator`; 0 is the board's way.
    """

    owner_id: str
    username: str
    score: Score
    metadata: str = ""
    operator: int = Operator.NO_OVERRIDE


@frozen
class Record:
    """A record as it is shown.

    Attributes:
        board_id: Its board.
        owner_id: Whose it is.
        username: The owner's name when it was written; None where it was never given.
        score: The score.
        num_score: How many scores were written.
        max_num_score: How many may be.
        metadata: JSON text.
        create_time: When it was created, seconds.
        update_time: When it was written last, seconds.
        expiry: When its period ends, seconds; 0 is never.
        rank: Its position; 0 where it is not known.
    """

    board_id: str
    owner_id: str
    username: str | None
    score: Score
    num_score: int
    max_num_score: int
    metadata: str
    create_time: int
    update_time: int
    expiry: int
    rank: int = 0


@frozen
class RecordPage:
    """Records, and how many are ranked; a cursor is empty where there is nothing on its side."""

    records: Sequence[Record] = ()
    owner_records: Sequence[Record] = ()
    next_cursor: str = ""
    prev_cursor: str = ""
    rank_count: int = 0


@frozen
class RecordCursor:
    """A position in a list: the record there, and on which side of it the page lies."""

    is_next: bool
    record: Record

    def text(self) -> str:
        """The position as clients get it."""
        record = self.record
        score = record.score
        return encode_cursor(
            _CURSOR,
            self.is_next,
            record.board_id,
            record.expiry,
            score.score,
            score.subscore,
            record.owner_id,
            record.rank,
        )


def cursor_position(cursor: str, board: Board, expiry: int) -> RecordCursor:
    """Read a cursor.

    Raises:
        BadCursor: Not one of this board and period.
    """
    is_next, board_id, period, score, subscore, owner, rank = decode_cursor(
        _CURSOR, cursor, bool, str, int, int, int, str, int
    )
    if (board_id, period) != (board.id, expiry):
        raise BadCursor(cursor)
    record = Record(board_id, owner, None, Score(score, subscore), 0, 0, "", 0, 0, period, rank)
    return RecordCursor(is_next, record)


def record_of(row: Row, rank: int = 0) -> Record:
    """The record of a row of the `leaderboard_record` table."""
    return Record(
        row["leaderboard_id"],
        row["owner_id"],
        row["username"],
        Score(row["score"], row["subscore"]),
        row["num_score"],
        row["max_num_score"],
        row["metadata"],
        row["create_time"] // 1_000_000,
        row["update_time"] // 1_000_000,
        row["expiry_time"],
        rank,
    )


def record_order(record: Record) -> tuple[int, int, str]:
    """The key by which the records of an ascending board are sorted."""
    return record.score.score, record.score.subscore, record.owner_id

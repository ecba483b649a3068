"""Records of leaderboards and tournaments: rules and SQL of the `leaderboard_record` table."""

from __future__ import annotations

from collections.abc import Collection

from attrs import evolve

from mock_server.features.leaderboards.board import MAX_NUM_SCORE, Board
from mock_server.features.leaderboards.periods import listed_expiry
from mock_server.features.leaderboards.ranks import Ranks
from mock_server.features.leaderboards.record import (
    Record,
    RecordCursor,
    RecordPage,
    Submission,
    cursor_position,
    record_of,
    record_order,
)
from mock_server.features.leaderboards.scores import (
    Score,
    effective_operator,
    first_score,
    is_written,
    merged_score,
)
from mock_server.features.leaderboards.window import around
from mock_server.wire.jsonb import jsonb_text
from mock_server.wire.varchar import varchar_problem
from server_kit import Clock, Store
from server_kit.store import Row

_NAME_WIDTH = 128


class RecordRejected(Exception):
    """A record that the database refuses; the text is PostgreSQL's."""


class Records:
    """The records of one server.

    Args:
        store: The database.
        clock: The server's time.
        ranks: Their ranks.
    """

    def __init__(self, store: Store, clock: Clock, ranks: Ranks) -> None:
        self._store = store
        self._clock = clock
        self._ranks = ranks

    def find(self, board: Board, expiry: int, owner_id: str) -> Record | None:
        """An owner's record of a period, with its rank, or None."""
        row = self._row(board, expiry, owner_id)
        return None if row is None else self._ranked(board, row)

    def submit(self, board: Board, expiry: int, submission: Submission) -> Record:
        """Write a score as leaderboards do: what does not change the score changes nothing.

        Raises:
            BadOperator: The operator is none.
            BadScore: The score is negative, or beyond 64 bits.
            RecordRejected: The name is too long, or metadata are beyond what jsonb holds.
        """
        operator = effective_operator(board.operator, submission.operator)
        sent, is_ascending = submission.score, board.is_ascending
        stored = self.find(board, expiry, submission.owner_id)
        score = first_score(operator, sent)
        if stored is not None:
            if not is_written(operator, stored.score, sent, is_ascending=is_ascending):
                return self.unchanged(stored, submission)
            score = merged_score(operator, stored.score, sent, is_ascending=is_ascending)
        if stored is None:
            return self.insert(board, expiry, submission, score, MAX_NUM_SCORE)
        return self.update(board, stored, submission, score)

    def insert(
        self,
        board: Board,
        expiry: int,
        submission: Submission,
        score: Score,
        max_num_score: int,
        num_score: int = 1,
    ) -> Record:
        """Make a new record.

        Raises:
            RecordRejected: The name is too long, or metadata are beyond what jsonb holds.
        """
        now = self._clock.tick()
        self._store.run(
            "INSERT INTO leaderboard_record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            board.id,
            expiry,
            submission.owner_id,
            score.score,
            score.subscore,
            _checked_name(submission.username),
            num_score,
            max_num_score,
            _stored_metadata(submission.metadata) or "{}",
            now,
            now,
        )
        return self._written(board, expiry, submission.owner_id, score)

    def update(self, board: Board, stored: Record, submission: Submission, score: Score) -> Record:
        """Write over a record; the score is counted.

        Raises:
            RecordRejected: The name is too long, or metadata are beyond what jsonb holds.
        """
        self._store.run(
            "UPDATE leaderboard_record SET score = ?, subscore = ?, num_score = num_score + 1, "
            "username = coalesce(?, username), metadata = coalesce(?, metadata), "
            "update_time = ? WHERE leaderboard_id = ? AND expiry_time = ? AND owner_id = ?",
            score.score,
            score.subscore,
            _checked_name(submission.username),
            _stored_metadata(submission.metadata),
            self._clock.tick(),
            board.id,
            stored.expiry,
            stored.owner_id,
        )
        return self._written(board, stored.expiry, stored.owner_id, score)

    def unchanged(self, stored: Record, submission: Submission) -> Record:
        """Leave a record as it is; the database looks at the values nevertheless.

        Raises:
            RecordRejected: The name is too long, or metadata are beyond what jsonb holds.
        """
        _checked_name(submission.username)
        _stored_metadata(submission.metadata)
        return stored

    def delete(self, board: Board, expiry: int, owner_id: str) -> bool:
        """Delete an owner's record of a period; tells whether there was one."""
        deleted = self._store.run(
            "DELETE FROM leaderboard_record "
            "WHERE leaderboard_id = ? AND expiry_time = ? AND owner_id = ?",
            board.id,
            expiry,
            owner_id,
        )
        self._ranks.remove(board.id, expiry, owner_id)
        return bool(deleted)

    def forget_all(self) -> None:
        """Drop the ranks of records that are gone."""
        self._ranks.clear()

    def forget_user(self, user_id: str) -> None:
        """Delete every record of a user; tournaments keep their places taken, as in Nakama."""
        rows = self._store.all(
            "DELETE FROM leaderboard_record WHERE owner_id = ? "
            "RETURNING leaderboard_id, expiry_time",
            user_id,
        )
        for row in rows:
            self._ranks.remove(row["leaderboard_id"], row["expiry_time"], user_id)

    def add_attempts(self, board: Board, expiry: int, owner_id: str, count: int) -> None:
        """Change how many scores an owner may submit in a period; no record, no change."""
        self._store.run(
            "UPDATE OR IGNORE leaderboard_record SET max_num_score = max_num_score + ? "
            "WHERE leaderboard_id = ? AND expiry_time = ? AND owner_id = ? "
            "AND max_num_score + ? BETWEEN 1 AND 2147483647",
            count,
            board.id,
            expiry,
            owner_id,
            count,
        )

    def page(
        self,
        board: Board,
        limit: int | None,
        *,
        cursor: str = "",
        owner_ids: Collection[str] = (),
        expiry: int = 0,
    ) -> RecordPage:
        """List records in the board's order.

        Args:
            board: The board.
            limit: How many at most; None or 0 lists none but those of the owners.
            cursor: Where to go on, to either side.
            owner_ids: Whose records are added, in the board's order.
            expiry: The period, by its end; 0 is the current one.

        Raises:
            BadCursor: Not a cursor of this board and period.
            ScheduleCrash: The board's schedule has no period.
        """
        period = listed_expiry(board, self._now(), expiry)
        if period is None:
            return RecordPage()
        page = RecordPage()
        if limit is not None:
            position = cursor_position(cursor, board, period) if cursor else None
            page = self._page(board, period, limit, position)
        return evolve(
            page,
            owner_records=self._of_owners(board, period, owner_ids),
            rank_count=self._ranks.count(board, period, now=self._now()),
        )

    def around(
        self, board: Board, owner_id: str, limit: int, *, cursor: str = "", expiry: int = 0
    ) -> RecordPage:
        """List the records around an owner's; with a cursor it is the plain list from there.

        Raises:
            BadCursor: Not a cursor of this board and period.
            ScheduleCrash: The board's schedule has no period.
        """
        period = listed_expiry(board, self._now(), expiry)
        if period is None:
            return RecordPage()
        if cursor:
            return self.page(board, limit, cursor=cursor, expiry=period)
        row = self._row(board, period, owner_id)
        if row is None:
            return RecordPage()
        owner = record_of(row)
        before = self._beside(board, owner, limit + 1, is_next=False)
        after = self._beside(board, owner, limit + 1, is_next=True)
        window = around(before, row, after, limit)
        shown = [self._ranked(board, each) for each in window.items]
        return RecordPage(
            shown,
            next_cursor=RecordCursor(True, shown[-1]).text() if window.has_after else "",
            prev_cursor=RecordCursor(False, shown[0]).text() if window.has_before else "",
            rank_count=self._ranks.count(board, period, now=self._now()),
        )

    def cursor_from_rank(self, board: Board, rank: int, expiry: int) -> str:
        """The cursor of the list that begins at a rank; empty for the first one.

        Raises:
            NoRanks: The board has no ranks, or not so many.
            ScheduleCrash: The board's schedule has no period.
        """
        period = listed_expiry(board, self._now(), expiry)
        if period is None or rank == 1:
            return ""
        score, subscore, owner = self._ranks.at(board, period, rank - 1, now=self._now())
        record = Record(
            board.id, owner, None, Score(score, subscore), 0, 0, "", 0, 0, period, rank - 1
        )
        return RecordCursor(True, record).text()

    def _now(self) -> int:
        return int(self._clock.time())

    def _written(self, board: Board, expiry: int, owner_id: str, score: Score) -> Record:
        entry = (score.score, score.subscore, owner_id)
        self._ranks.put(board, expiry, entry, now=self._now())
        record = self.find(board, expiry, owner_id)
        assert record is not None
        return record

    def _row(self, board: Board, expiry: int, owner_id: str) -> Row | None:
        return self._store.one(
            "SELECT * FROM leaderboard_record "
            "WHERE leaderboard_id = ? AND expiry_time = ? AND owner_id = ?",
            board.id,
            expiry,
            owner_id,
        )

    def _ranked(self, board: Board, row: Row) -> Record:
        rank = self._ranks.rank(board, row["expiry_time"], row["owner_id"], now=self._now())
        return record_of(row, rank)

    def _of_owners(self, board: Board, expiry: int, owner_ids: Collection[str]) -> list[Record]:
        found = [self.find(board, expiry, owner_id) for owner_id in dict.fromkeys(owner_ids)]
        return sorted(
            (record for record in found if record is not None),
            key=record_order,
            reverse=not board.is_ascending,
        )

    def _page(
        self, board: Board, expiry: int, limit: int, position: RecordCursor | None
    ) -> RecordPage:
        is_next = position is None or position.is_next
        if position is None:
            found = self._from_top(board, expiry, limit + 1)
        else:
            found = self._beside(board, position.record, limit + 1, is_next=is_next)
        step = 1 if is_next else -1
        first = (position.record.rank if position else 0) + step
        shown = [record_of(row, first + step * index) for index, row in enumerate(found[:limit])]
        has_more = len(found) > limit and bool(shown)
        if not is_next:
            shown.reverse()
            has_after, has_before = bool(shown), has_more
        else:
            has_after, has_before = has_more, position is not None and bool(shown)
        return RecordPage(
            shown,
            next_cursor=RecordCursor(True, shown[-1]).text() if has_after else "",
            prev_cursor=RecordCursor(False, shown[0]).text() if has_before else "",
        )

    def _from_top(self, board: Board, expiry: int, limit: int) -> list[Row]:
        direction = "ASC" if board.is_ascending else "DESC"
        return self._store.all(
            "SELECT * FROM leaderboard_record WHERE leaderboard_id = ? AND expiry_time = ? "
            f"ORDER BY score {direction}, subscore {direction}, owner_id {direction} LIMIT ?",
            board.id,
            expiry,
            limit,
        )

    def _beside(self, board: Board, record: Record, limit: int, *, is_next: bool) -> list[Row]:
        """The records before or after another one, the nearest first."""
        comparison, direction = (">", "ASC") if board.is_ascending == is_next else ("<", "DESC")
        return self._store.all(
            "SELECT * FROM leaderboard_record WHERE leaderboard_id = ? AND expiry_time = ? "
            f"AND (score, subscore, owner_id) {comparison} (?, ?, ?) "
            f"ORDER BY score {direction}, subscore {direction}, owner_id {direction} LIMIT ?",
            board.id,
            record.expiry,
            record.score.score,
            record.score.subscore,
            record.owner_id,
            limit,
        )


def _checked_name(name: str) -> str | None:
    if problem := varchar_problem(name, _NAME_WIDTH):
        raise RecordRejected(problem)
    return name or None


def _stored_metadata(text: str) -> str | None:
    if not text:
        return None
    try:
        return jsonb_text(text)
    except ValueError as error:
        raise RecordRejected(str(error)) from None

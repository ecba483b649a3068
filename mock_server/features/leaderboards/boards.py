"""Leaderboards and tournaments: the SQL of their definitions."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from mock_server.cursor import decode_cursor, encode_cursor
from mock_server.features.leaderboards.board import Board, board_of
from mock_server.features.leaderboards.ranks import Ranks
from mock_server.signals import Signal
from mock_server.wire.jsonb import jsonb_text
from mock_server.wire.varchar import varchar_problem
from server_kit import Clock, Store

SCHEMA = """
CREATE TABLE leaderboard (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, authoritative INTEGER NOT NULL,
    is_ascending INTEGER NOT NULL, operator INTEGER NOT NULL, reset_schedule TEXT NOT NULL,
    metadata TEXT NOT NULL, enable_ranks INTEGER NOT NULL, create_time INTEGER NOT NULL,
    duration INTEGER NOT NULL, title TEXT NOT NULL, description TEXT NOT NULL,
    category INTEGER NOT NULL, start_time INTEGER NOT NULL, end_time INTEGER NOT NULL,
    max_size INTEGER NOT NULL, max_num_score INTEGER NOT NULL, join_required INTEGER NOT NULL,
    size INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE leaderboard_record (
    leaderboard_id TEXT NOT NULL REFERENCES leaderboard (id) ON DELETE CASCADE,
    expiry_time INTEGER NOT NULL, owner_id TEXT NOT NULL, score INTEGER NOT NULL,
    subscore INTEGER NOT NULL, username TEXT, num_score INTEGER NOT NULL,
    max_num_score INTEGER NOT NULL, metadata TEXT NOT NULL, create_time INTEGER NOT NULL,
    update_time INTEGER NOT NULL,
    PRIMARY KEY (leaderboard_id, expiry_time, owner_id)
) WITHOUT ROWID;
CREATE INDEX leaderboard_order
    ON leaderboard_record (leaderboard_id, expiry_time, score, subscore, owner_id);
CREATE INDEX leaderboard_owner ON leaderboard_record (owner_id);
"""

_LIST = "leaderboard_list"
_WIDTHS = {"id": 128, "reset_schedule": 64, "title": 255, "description": 255}


class BoardRejected(Exception):
    """A board that the database refuses; the text is the real server's."""


@frozen
class BoardPage:
    """Boards, and where the next page starts; empty on the last page."""

    boards: Sequence[Board]
    cursor: str


class Boards:
    """The leaderboards and tournaments of one server.

    Args:
        store: The database.
        clock: The server's time.
        ranks: The ranks of their records.

    Attributes:
        changed: Sent with the id of each board that is created or deleted.
    """

    def __init__(self, store: Store, clock: Clock, ranks: Ranks) -> None:
        self._store = store
        self._clock = clock
        self._ranks = ranks
        self.changed = Signal[str]()

    def create(self, board: Board) -> bool:
        """Create a board; one that is there already stays as it is.

        Args:
            board: Its definition; a start time of 0 is now.

        Returns:
            Whether it is new.

        Raises:
            BoardRejected: A text does not fit its column.
        """
        if self.find(board.id) is not None:
            return False
        for name, width in _WIDTHS.items():
            if problem := varchar_problem(getattr(board, name), width):
                raise BoardRejected(problem)
        now = self._clock.tick()
        self._store.run(
            "INSERT INTO leaderboard VALUES "
            "(NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
            board.id,
            board.authoritative,
            board.is_ascending,
            int(board.operator),
            board.reset_schedule,
            jsonb_text(board.metadata),
            board.enable_ranks,
            now,
            board.duration,
            board.title,
            board.description,
            board.category,
            board.start_time or now // 1_000_000,
            board.end_time,
            board.max_size,
            board.max_num_score,
            board.join_required,
        )
        self.changed.send(board.id)
        return True

    def delete(self, board_id: str) -> None:
        """Delete a board with its records and ranks; an unknown one is no error."""
        if self._store.run("DELETE FROM leaderboard WHERE id = ?", board_id):
            self._ranks.drop(board_id)
            self.changed.send(board_id)

    def find(self, board_id: str) -> Board | None:
        """The board of an id, or None."""
        row = self._store.one("SELECT * FROM leaderboard WHERE id = ?", board_id)
        return None if row is None else board_of(row)

    def all(self) -> list[Board]:
        """Every leaderboard and tournament, in the order of creation."""
        rows = self._store.all("SELECT * FROM leaderboard ORDER BY position")
        return [board_of(row) for row in rows]

    def page(self, limit: int, cursor: str = "") -> BoardPage:
        """Leaderboards, without tournaments, in the order of creation.

        Raises:
            BadCursor: Not a cursor of such a list.
        """
        offset = _offset(cursor)
        rows = self._store.all(
            "SELECT * FROM leaderboard WHERE duration = 0 ORDER BY position LIMIT ? OFFSET ?",
            limit + 1,
            offset,
        )
        following = encode_cursor(_LIST, offset + limit) if len(rows) > limit else ""
        return BoardPage([board_of(row) for row in rows[:limit]], following)

    def tournaments(self) -> list[Board]:
        """Every tournament, in the order of lists: start, end (latest first), category, id."""
        rows = self._store.all(
            "SELECT * FROM leaderboard WHERE duration > 0 "
            "ORDER BY start_time, end_time DESC, category, id"
        )
        return [board_of(row) for row in rows]

    def change_size(self, board_id: str, change: int) -> bool:
        """Take (1) or give back (-1) a place; tells whether there was one to take."""
        return bool(
            self._store.run(
                "UPDATE leaderboard SET size = size + ? "
                "WHERE id = ? AND (? < 0 OR size < max_size)",
                change,
                board_id,
                change,
            )
        )

    def empty(self, board_id: str) -> None:
        """Give back all places, for a new period."""
        self._store.run("UPDATE leaderboard SET size = 0 WHERE id = ?", board_id)

    def disable_ranks(self, board_id: str) -> None:
        """Drop the ranks of a board for good."""
        self._store.run("UPDATE leaderboard SET enable_ranks = 0 WHERE id = ?", board_id)
        self._ranks.drop(board_id)


def _offset(cursor: str) -> int:
    return int(decode_cursor(_LIST, cursor, int)[0]) if cursor else 0

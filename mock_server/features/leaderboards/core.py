"""Leaderboards: the SQL of their definitions."""

from __future__ import annotations

from attrs import frozen

from mock_server.wire.jsonb import jsonb_text
from server_kit import Clock, Store
from server_kit.store import Row

SCHEMA = """
CREATE TABLE leaderboard (
    id TEXT PRIMARY KEY, authoritative INTEGER NOT NULL, sort_order TEXT NOT NULL,
    operator TEXT NOT NULL, reset_schedule TEXT NOT NULL, metadata TEXT NOT NULL,
    enable_ranks INTEGER NOT NULL, create_time INTEGER NOT NULL
);
"""


@frozen
class Leaderboard:
    """The definition of a leaderboard.

    Attributes:
        id: Its name.
        authoritative: Whether only the server writes scores.
        sort_order: `asc` or `desc`.
        operator: `best`, `set`, `incr` or `decr`: what a new score does to the old one.
        reset_schedule: A cron expression, or empty.
        metadata: JSON text.
        enable_ranks: Whether records are ranked.
    """

    id: str
    authoritative: bool = False
    sort_order: str = "desc"
    operator: str = "best"
    reset_schedule: str = ""
    metadata: str = "{}"
    enable_ranks: bool = False


class Leaderboards:
    """The leaderboards of one server."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(self, leaderboard: Leaderboard) -> bool:
        """Create a leaderboard; one that is there already stays as it is.

        Returns:
            Whether it is new.
        """
        return bool(
            self._store.run(
                "INSERT OR IGNORE INTO leaderboard VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                leaderboard.id,
                leaderboard.authoritative,
                leaderboard.sort_order,
                leaderboard.operator,
                leaderboard.reset_schedule,
                jsonb_text(leaderboard.metadata),
                leaderboard.enable_ranks,
                self._clock.tick(),
            )
        )

    def delete(self, leaderboard_id: str) -> None:
        """Delete a leaderboard; an unknown one is no error."""
        self._store.run("DELETE FROM leaderboard WHERE id = ?", leaderboard_id)

    def find(self, leaderboard_id: str) -> Row | None:
        """The leaderboard's row, or None."""
        return self._store.one("SELECT * FROM leaderboard WHERE id = ?", leaderboard_id)

"""What a statement fails with."""

from __future__ import annotations


class DatabaseError(Exception):
    """A statement could not be run.

    Args:
        message: The text of Nakama's database driver, pgx.
        sqlstate: PostgreSQL's code, where it is the database that refused.
    """

    def __init__(self, message: str, sqlstate: str | None = None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate

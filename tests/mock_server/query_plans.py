"""Watches how SQLite finds the rows of each query that a test makes the mock ask."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from server_kit import Store

_QUERIES = ("SELECT", "UPDATE", "DELETE", "WITH")
# Queries that read a whole table, each for a reason.
_MAY_SCAN = (
    # Everything of it is wanted.
    "SELECT id FROM users WHERE id <> ?",
    "SELECT record, message FROM push_pending ORDER BY number",
    "SELECT count(*)",
    "SELECT * FROM users WHERE username <> ''",
    "SELECT * FROM push_device ORDER BY id",
    "DELETE FROM leaderboard_record",
    "DELETE FROM message",
    "DELETE FROM storage",
    "DELETE FROM users WHERE id <> ?",
    # A pattern may be anywhere in a text.
    "SELECT * FROM groups WHERE ilike(name, ?)",
    # It has a row for each board that modules made.
    "SELECT * FROM leaderboard ORDER BY position",
    "SELECT * FROM leaderboard WHERE duration",
    # Any of them may be the one.
    "SELECT * FROM groups ORDER BY random()",
    # The console's search looks for a part of many texts.
    "SELECT o.*, u.username FROM storage o JOIN users u",
    "SELECT u.* FROM users u WHERE u.id = ? OR u.username = ? OR",
    # The newest come first, up to a limit.
    "SELECT d.*, n.id AS notification_id, n.app_id",
    # It has one row for each rule with a schedule.
    "SELECT * FROM push_schedule",
    "SELECT event, cron FROM push_schedule",
)
_NO_TABLE = ("SCAN json_each", "SCAN CONSTANT")
_FEW_ROWS = ("SCAN unfinished",)  # the stub's messages that are being sent


class QueryPlans:
    """Explains each query once; `scans` has those that read a whole table without a reason."""

    def __init__(self) -> None:
        self.scans: list[str] = []
        self._explained: set[str] = set()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch all stores."""
        execute = Store._execute

        def explain(store: Store, sql: str, params: Sequence[Any] = ()) -> sqlite3.Cursor:
            if sql not in self._explained:
                self._explained.add(sql)
                query = " ".join(sql.split())
                if query.startswith(_QUERIES) and not query.startswith(_MAY_SCAN):
                    self._explain(execute(store, f"EXPLAIN QUERY PLAN {sql}", params), query)
            return execute(store, sql, params)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Store, "_execute", explain)
            yield

    def _explain(self, plan: sqlite3.Cursor, query: str) -> None:
        for row in plan:
            detail = row["detail"]
            in_order = " USING INDEX " in detail and "WHERE TRUE" in query and "LIMIT" in query
            is_empty = "IN ()" in query
            if detail.startswith("SCAN") and not (
                in_order or is_empty or detail.startswith(_NO_TABLE + _FEW_ROWS)
            ):
                self.scans.append(f"{detail}: {query}")

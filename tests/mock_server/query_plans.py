"""Watches how SQLite finds the rows of each query that a test makes the mock ask."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
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
    "DELETE FROM purchase",
    "DELETE FROM storage",
    "DELETE FROM subscription",
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
    # Any row will do.
    "SELECT 1 FROM push_device LIMIT 1",
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
        execute, run_many = Store._execute, Store.run_many

        def explained(store: Store, sql: str, params: Sequence[Any] = ()) -> sqlite3.Cursor:
            self._explain(store, sql)
            return execute(store, sql, params)

        def explained_many(store: Store, sql: str, rows: Iterable[Sequence[Any]]) -> None:
            self._explain(store, sql)
            run_many(store, sql, rows)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Store, "_execute", explained)
            patch.setattr(Store, "run_many", explained_many)
            yield

    def _explain(self, store: Store, sql: str) -> None:
        if sql in self._explained:
            return
        self._explained.add(sql)
        query = " ".join(sql.split())
        if not query.startswith(_QUERIES) or query.startswith(_MAY_SCAN):
            return
        nothing = [None] * sql.count("?")  # a plan does not depend on the values
        for row in store._db.execute(f"EXPLAIN QUERY PLAN {sql}", nothing):
            detail = row["detail"]
            in_order = " USING INDEX " in detail and "WHERE TRUE" in query and "LIMIT" in query
            is_empty = "IN ()" in query
            if detail.startswith("SCAN") and not (
                in_order or is_empty or detail.startswith(_NO_TABLE + _FEW_ROWS)
            ):
                self.scans.append(f"{detail}: {query}")

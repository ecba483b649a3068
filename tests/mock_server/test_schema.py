"""The tables of the mock: what SQLite itself has to be spared."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from mock_server.schema import SCHEMA


def test_the_key_of_a_table_without_rowid_comes_first() -> None:
    # SQLite 3.40 looks into the wrong column otherwise, and takes whole data files for damaged.
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(SCHEMA)
        tables = [
            name
            for name, sql in db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
            if sql.endswith("WITHOUT ROWID")
        ]
        assert "notification" in tables
        for table in tables:
            columns = db.execute("SELECT name, pk FROM pragma_table_info(?)", (table,)).fetchall()
            places = [place for _, place in columns if place]
            assert [place for _, place in columns][: len(places)] == [*range(1, len(places) + 1)], (
                table
            )

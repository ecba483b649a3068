"""A SQLite database with reset, snapshot and restore in about a millisecond."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Row = sqlite3.Row

# Bytes 18 and 19 of a database file: an image that asks for a write-ahead log opens only as a file.
_ROLLBACK_JOURNAL = b"\x01\x01"


class WrongTables(Exception):
    """A database file has not the tables that this version of the server works with."""


class Store:
    """The tables of one server; used by the thread of that server's event loop only.

    Args:
        schema: The `CREATE` statements (and first rows) of an empty database.
        path: A file that outlives the process, also a killed one; None keeps everything in memory.

    Raises:
        WrongTables: The file was written with another schema.
        sqlite3.DatabaseError: The file cannot be opened, or is no database.
    """

    def __init__(self, schema: str, path: Path | None = None) -> None:
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._db.row_factory = sqlite3.Row
        try:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._require(schema, path)
            self._db.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            self._db.close()
            raise
        self._empty = _image_of(schema)
        self._depth = 0

    def _require(self, schema: str, path: Path | None) -> None:
        """Make the tables of an empty database; refuse one that has others."""
        mark = _mark(schema)
        if not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            self._db.executescript(f"{schema}; PRAGMA user_version = {mark}")
        elif self._db.execute("PRAGMA user_version").fetchone()[0] != mark:
            raise WrongTables(
                f"{path} was written by another version of this server; delete it, or name "
                "another file"
            )

    def run(self, sql: str, *params: Any) -> int:
        """Execute one statement.

        Returns:
            How many rows it wrote.

        Raises:
            sqlite3.IntegrityError: A rule of the schema forbids it.
        """
        return self._db.execute(sql, params).rowcount

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute one statement for each row of parameters."""
        self._db.executemany(sql, rows)

    def one(self, sql: str, *params: Any) -> Row | None:
        """The first row of a query, or None."""
        row: Row | None = self._db.execute(sql, params).fetchone()
        return row

    def all(self, sql: str, *params: Any) -> list[Row]:
        """Every row of a query."""
        return self._db.execute(sql, params).fetchall()

    def create_function(self, name: str, arguments: int, function: Any) -> None:
        """Make a deterministic Python function callable from SQL under `name`."""
        self._db.create_function(name, arguments, function, deterministic=True)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything in the block is written, or nothing is. Blocks may be nested."""
        name = f"level_{self._depth}"
        self._db.execute(f"SAVEPOINT {name}")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._db.execute(f"ROLLBACK TO {name}")
            raise
        finally:
            self._depth -= 1
            self._db.execute(f"RELEASE {name}")

    def snapshot(self) -> bytes:
        """The whole database as bytes, for `restore`."""
        with sqlite3.connect(":memory:") as copy:
            self._db.backup(copy)
            image = bytearray(copy.serialize())
        copy.close()
        image[18:20] = _ROLLBACK_JOURNAL
        return bytes(image)

    def restore(self, image: bytes) -> None:
        """Replace everything by what `snapshot` returned."""
        with sqlite3.connect(":memory:") as source:
            source.deserialize(image)
            source.backup(self._db)
        source.close()

    def reset(self) -> None:
        """Back to the empty database of the schema."""
        self.restore(self._empty)

    def close(self) -> None:
        """Close the database; a second call does nothing."""
        self._db.close()


def _image_of(schema: str) -> bytes:
    with sqlite3.connect(":memory:") as empty:
        empty.executescript(f"{schema}; PRAGMA user_version = {_mark(schema)}")
        image = empty.serialize()
    empty.close()
    return image


def _mark(schema: str) -> int:
    """What tells one schema from another, as SQLite's 31-bit user version."""
    return zlib.crc32(schema.encode()) >> 1

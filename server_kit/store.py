"""A SQLite database with reset, snapshot and restore in about a millisecond."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from server_kit.data_file import (
    APPLICATION_ID,
    DataFileLock,
    UnusableDataFile,
    protect,
    require_own,
    require_whole,
)

Row = sqlite3.Row

# Bytes 18 and 19 of a database file: an image that asks for a write-ahead log opens only as a file.
_ROLLBACK_JOURNAL = b"\x01\x01"


class RolledBack(Exception):
    """A statement comes in a transaction that SQLite has rolled back after an error before it."""


class Store:
    """The tables of one server; used by the thread of that server's event loop only.

    A write that fails, as on a full disk, leaves nothing behind: its transaction is rolled back
    wholly, and the next write begins a new one.

    Args:
        schema: The `CREATE` statements (and first rows) of an empty database.
        path: A file that outlives the process, also a killed one, and that no other server may have
            at the same time; only its owner can read it. None keeps everything in memory.

    Attributes:
        replacements: How often everything was replaced, by `restore` or `reset`.

    Raises:
        UnusableDataFile: The file is another program's or schema's, is damaged, in use, or cannot
            be opened.
        sqlite3.Error: The tables cannot be written.
    """

    def __init__(self, schema: str, path: Path | None = None) -> None:
        self.replacements = 0
        self._depth = 0
        self._after_commit: list[Callable[[], None]] = []
        self._after_rollback: list[Callable[[], None]] = []
        self._empty = _image_of(schema)
        self._lock: DataFileLock | None = None
        if path is None:
            self._db = _connect(":memory:")
        else:
            self._lock, self._db = _open(path, schema)
        try:
            if path is None:
                self.restore(self._empty)
            self._first_rows = _first_rows(schema)
            self._db.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            self.close()
            raise

    def run(self, sql: str, *params: Any) -> int:
        """Execute one statement.

        Returns:
            How many rows it wrote.

        Raises:
            sqlite3.IntegrityError: A rule of the schema forbids it.
        """
        return self._execute(sql, params).rowcount

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute one statement for each row of parameters."""
        self._require_open_transaction(self._depth)
        self._db.executemany(sql, rows)

    def keep_newest(self, table: str, count: int) -> bool:
        """Remove the oldest rows of a table beyond a number, and tell whether there were any.

        Args:
            table: One whose rows are numbered in order by an integer key `number`.
            count: How many rows are kept.
        """
        newest = f"(SELECT max(number) FROM {table})"
        return self.run(f"DELETE FROM {table} WHERE number <= {newest} - ?", count) > 0

    def one(self, sql: str, *params: Any) -> Row | None:
        """The first row of a query, or None."""
        row: Row | None = self._execute(sql, params).fetchone()
        return row

    def all(self, sql: str, *params: Any) -> list[Row]:
        """Every row of a query."""
        return self._execute(sql, params).fetchall()

    def create_function(self, name: str, arguments: int, function: Any) -> None:
        """Make a deterministic Python function callable from SQL under `name`."""
        self._db.create_function(name, arguments, function, deterministic=True)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything in the block is written, or nothing is. Blocks may be nested.

        Raises:
            sqlite3.OperationalError: It cannot be written; nothing is.
            RolledBack: The block went on after such an error.
        """
        with self._savepoint() if self._depth else self._whole_transaction():
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1

    def after_commit(self, action: Callable[[], None]) -> None:
        """Do something once what is written now is kept; nothing, if it is rolled back.

        Outside of a transaction it is done at once. It must not raise: what is written stays.
        """
        if self._depth:
            self._after_commit.append(action)
        else:
            action()

    def after_rollback(self, action: Callable[[], None]) -> None:
        """Do something, as forget what memory holds, if what is written now is rolled back."""
        if self._depth:
            self._after_rollback.append(action)

    @contextmanager
    def _whole_transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN")
        try:
            yield
            self._require_open_transaction(1)
            self._db.execute("COMMIT")
        except BaseException:
            # After an error SQLite may have rolled back by itself. Where it has not, as when the
            # commit fails on a full disk, what comes later would be lost with this transaction.
            self._after_commit.clear()
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            _do_all(self._after_rollback)
            raise
        self._after_rollback.clear()
        _do_all(self._after_commit)

    @contextmanager
    def _savepoint(self) -> Iterator[None]:
        name = f"level_{self._depth}"
        self._execute(f"SAVEPOINT {name}")
        outer_commit, self._after_commit = self._after_commit, []
        outer_rollback, self._after_rollback = self._after_rollback, []
        try:
            yield
            self._execute(f"RELEASE {name}")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute(f"ROLLBACK TO {name}")
                self._db.execute(f"RELEASE {name}")
            _do_all(self._after_rollback)
            self._after_commit, self._after_rollback = outer_commit, outer_rollback
            raise
        self._after_commit = outer_commit + self._after_commit
        self._after_rollback = outer_rollback + self._after_rollback

    def _execute(self, sql: str, params: Sequence[Any] = ()) -> sqlite3.Cursor:
        self._require_open_transaction(self._depth)
        return self._db.execute(sql, params)

    def _require_open_transaction(self, depth: int) -> None:
        """Refuse what would be written by itself, where the transaction it belongs to is gone."""
        if depth and not self._db.in_transaction:
            raise RolledBack(
                "this transaction was rolled back after an error in it; nothing of it is written"
            )

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
        self.replacements += 1

    def reset(self) -> None:
        """Back to the empty database of the schema."""
        if self._lock is None:
            self._delete_rows()
        else:
            self.restore(self._empty)  # gives back the room that a file takes on the disk

    def _delete_rows(self) -> None:
        """Delete all rows but those of the schema.

        SQLite would read all tables again after `restore`, and look for references to each row, if
        it were to keep the rules of foreign keys meanwhile.
        """
        self._db.execute("PRAGMA foreign_keys = OFF")
        try:
            with self.transaction():
                for table in self._first_rows:
                    self._db.execute(f"DELETE FROM {table}")
                for table, rows in self._first_rows.items():
                    for row in rows:
                        values = ", ".join("?" * len(row))
                        self._db.execute(f"INSERT INTO {table} VALUES ({values})", row)
        finally:
            self._db.execute("PRAGMA foreign_keys = ON")
        self.replacements += 1

    def close(self) -> None:
        """Close the database; a second call does nothing."""
        self._db.close()
        if self._lock is not None:
            self._lock.close()


def _do_all(actions: list[Callable[[], None]]) -> None:
    """Empty a list of actions by doing them in order."""
    while actions:
        actions.pop(0)()


def _open(path: Path, schema: str) -> tuple[DataFileLock, sqlite3.Connection]:
    """Open a file, or make it; one that cannot be used stays as it is."""
    mark = _mark(schema)
    try:
        require_own(path, mark)
        lock = DataFileLock(path)
    except OSError as error:
        raise UnusableDataFile(f"{path}: cannot be opened: {error.strerror}") from None
    try:
        is_there = require_own(path, mark)  # another server may have made it meanwhile
        protect(path)
        db = _connect(path)
        try:
            _prepare(path, db, schema, is_there=is_there)
        except BaseException:
            db.close()
            raise
    except BaseException:
        lock.close()
        raise
    return lock, db


def _prepare(path: Path, db: sqlite3.Connection, schema: str, *, is_there: bool) -> None:
    if is_there:
        require_whole(path, db)
    elif db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise UnusableDataFile(f"{path}: is empty, but a journal beside it is not; delete both")
    else:
        # Before there is a write-ahead log, so that the file itself always shows whose it is.
        db.executescript(f"BEGIN; {_script(schema)}; COMMIT")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute("SELECT count(*) FROM sqlite_master")  # makes what readers need, while there is room


def _connect(path: Path | str) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.row_factory = sqlite3.Row
    return db


def _script(schema: str) -> str:
    return (
        f"{schema}; PRAGMA user_version = {_mark(schema)}; PRAGMA application_id = {APPLICATION_ID}"
    )


@lru_cache(maxsize=8)  # a test starts many servers with the same one
def _image_of(schema: str) -> bytes:
    with sqlite3.connect(":memory:") as empty:
        empty.executescript(_script(schema))
        image = empty.serialize()
    empty.close()
    return image


@lru_cache(maxsize=8)
def _first_rows(schema: str) -> dict[str, list[tuple[Any, ...]]]:
    """The tables of a schema, each with the rows that it has from it."""
    with sqlite3.connect(":memory:") as empty:
        empty.deserialize(_image_of(schema))
        tables = empty.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        rows = {name: empty.execute(f"SELECT * FROM {name}").fetchall() for (name,) in tables}
    empty.close()
    if "sqlite_sequence" in rows:  # what AUTOINCREMENT counts; SQLite writes its rows by itself
        rows["sqlite_sequence"] = []
    return rows


def _mark(schema: str) -> int:
    """What tells one schema from another, as SQLite's 31-bit user version."""
    return zlib.crc32(schema.encode()) >> 1

"""Checks the file of a store: its owner, that it is undamaged, and that only one server uses it.

A file is looked at before it is touched: the first 100 bytes of an SQLite database hold who wrote
it (https://www.sqlite.org/fileformat2.html, `application_id` and `user_version`).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
from pathlib import Path
from typing import Self

APPLICATION_ID = 0x4E4B4B54  # "NKKT": a data file of these servers

_MAGIC = b"SQLite format 3\0"
_HEADER_SIZE = 100
_USER_VERSION, _APPLICATION_ID = slice(60, 64), slice(68, 72)
_MODE = 0o600  # a data file holds password hashes, and keys
_COMPANIONS = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a file
_LOCK_SCHEMA = "CREATE TABLE IF NOT EXISTS owner (name TEXT NOT NULL)"


class UnusableDataFile(Exception):
    """A data file is another program's or version's, is damaged, or another server has it."""


class DataFileLock:
    """Keeps a data file for one server until it is closed or its process ends, also by a kill.

    The lock is one of SQLite, which works alike on every platform, on a small database beside the
    file: a write that is begun and never ended keeps out other writers, but lets them read who
    holds it.

    Args:
        path: The data file.

    Raises:
        UnusableDataFile: Another server has it (the message says which), or the lock can't be
            written.
    """

    def __init__(self, path: Path) -> None:
        beside = lock_path(path)
        self._db = sqlite3.connect(_created(beside), isolation_level=None, timeout=0)
        try:
            self._db.execute("PRAGMA journal_mode = MEMORY")
            self._take()
        except sqlite3.Error as error:
            owner = self._owner()
            self._db.close()
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                why = f"{path}: is in use by {owner}; stop that one, or name another file"
            else:
                why = f"{beside}, which says who uses {path}, cannot be written: {error}"
            raise UnusableDataFile(why) from None

    def close(self) -> None:
        """Let others have the file; a second call does nothing."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _take(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(_LOCK_SCHEMA)
        self._db.execute("DELETE FROM owner")
        name = f"process {os.getpid()} ({Path(sys.argv[0]).name or 'python'})"
        self._db.execute("INSERT INTO owner VALUES (?)", (name,))
        self._db.execute("COMMIT")
        self._db.execute("BEGIN IMMEDIATE")  # never ended: this is the lock

    def _owner(self) -> str:
        with contextlib.suppress(sqlite3.Error):
            row = self._db.execute("SELECT name FROM owner").fetchone()
            if row is not None:
                return str(row[0])
        return "another process"


def lock_path(path: Path) -> Path:
    """The file of the lock on a data file."""
    return path.with_name(path.name + ".lock")


def require_own(path: Path, mark: int) -> bool:
    """Look at a data file without changing it; tell whether there is one.

    Args:
        path: The file.
        mark: What the `user_version` of this server's tables is.

    Raises:
        UnusableDataFile: The file is another program's or version's.
        OSError: It can't be read.
    """
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_SIZE)
    except FileNotFoundError:
        return False
    if not header:
        return False
    if (
        not header.startswith(_MAGIC)
        or int.from_bytes(header[_APPLICATION_ID]) != APPLICATION_ID
        or len(header) < _HEADER_SIZE
    ):
        raise UnusableDataFile(
            f"{path}: is no data file of this server, or its beginning is damaged; "
            "name another file"
        )
    if int.from_bytes(header[_USER_VERSION]) != mark:
        raise UnusableDataFile(
            f"{path}: was written by another version of this server; delete it, "
            "or name another file"
        )
    return True


def require_whole(path: Path, db: sqlite3.Connection) -> None:
    """Read everything in a database once, so that damage shows now and not in a request.

    Raises:
        UnusableDataFile: It is damaged; the message has the first fault that was found.
    """
    try:
        fault = _first_fault(db)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        fault = str(error)
    if fault is not None:
        raise UnusableDataFile(
            f"{path}: is damaged ({fault.splitlines()[0]}); delete it, or put a copy in its place"
        )


def protect(path: Path) -> None:
    """Let nobody else read a data file and what SQLite keeps beside it; creates the file."""
    _created(path)
    for each in (path, *(path.with_name(path.name + ending) for ending in _COMPANIONS)):
        with contextlib.suppress(FileNotFoundError):
            each.chmod(_MODE)


def _created(path: Path) -> Path:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, _MODE))
    return path


def _first_fault(db: sqlite3.Connection) -> str | None:
    for (text,) in db.execute("PRAGMA integrity_check(1)"):
        if text != "ok":
            return str(text)
    if (row := db.execute("PRAGMA foreign_key_check").fetchone()) is not None:
        return f"a row of {row[0]} refers to one of {row[2]} that is not there"
    for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for _ in db.execute(f'SELECT * FROM "{table}"'):  # decodes every text
            pass
    return None

"""Storage: rules and SQL of the storage table."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from attrs import frozen

from mock_server.cursor import BadCursor, decode_cursor, encode_cursor
from mock_server.features.accounts.core import Accounts
from mock_server.wire.jsonb import jsonb_text
from mock_server.wire.uuids import NIL
from server_kit import Clock, Store
from server_kit.store import Row

SCHEMA = """
CREATE TABLE storage (
    collection TEXT NOT NULL, key TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    value TEXT NOT NULL, version TEXT NOT NULL, read INTEGER NOT NULL, write INTEGER NOT NULL,
    create_time INTEGER NOT NULL, update_time INTEGER NOT NULL,
    PRIMARY KEY (collection, read, key, user_id), UNIQUE (collection, key, user_id)
) WITHOUT ROWID;
"""

_CURSOR = "storage"
_MUST_NOT_EXIST = "*"


class StorageRejected(Exception):
    """An operation that the rules do not allow; nothing of its batch is done."""


@frozen
class ObjectId:
    """Which object is meant.

    Attributes:
        collection: Its collection.
        key: Its key.
        user_id: Its owner; the nil uuid for the server itself.
        version: The version it must have, or empty.
    """

    collection: str
    key: str
    user_id: str = NIL
    version: str = ""


@frozen
class Write:
    """One object to write.

    Attributes:
        id: Which; its version is the one it must have so far, `*` if it must not exist.
        value: JSON text of an object.
        read: Who may read it: 0 nobody, 1 its owner, 2 everybody.
        write: Who may write it: 0 the server only, 1 its owner, too.
    """

    id: ObjectId
    value: str
    read: int = 1
    write: int = 1


@frozen
class Page:
    """Listed objects, and where the next page starts; empty on the last page."""

    rows: Sequence[Row]
    cursor: str


class Storage:
    """The storage of one server.

    Where a `caller` is given, permissions are checked for that user; without one, the server
    itself acts.
    """

    def __init__(self, store: Store, clock: Clock, accounts: Accounts) -> None:
        self._store = store
        self._clock = clock
        self._accounts = accounts

    def read(self, ids: Iterable[ObjectId], caller: str = "") -> list[Row]:
        """The objects of these ids that exist and may be read."""
        rows = [self._find(each) for each in ids]
        return [row for row in rows if row is not None and _may_read(row, caller)]

    def write(self, writes: Iterable[Write], caller: str = "") -> list[Row]:
        """Write objects, all or none.

        Returns:
            The rows as they are now, in the order of the writes.

        Raises:
            StorageRejected: A version that does not match, or an object that is not the caller's
                to write.
        """
        now = self._clock.tick()
        with self._store.transaction():
            return [self._write(each, caller, now) for each in writes]

    def delete(self, ids: Iterable[ObjectId], caller: str = "") -> None:
        """Delete objects, all or none.

        Raises:
            StorageRejected: A version that does not match, or an object that is not there or not
                the caller's to delete; without a version the server's deletes never fail.
        """
        with self._store.transaction():
            for each in ids:
                deleted = self._store.run(
                    "DELETE FROM storage WHERE collection = ? AND key = ? AND user_id = ? "
                    "AND (? OR write > 0) AND ? IN ('', version)",
                    each.collection,
                    each.key,
                    each.user_id,
                    not caller,
                    each.version,
                )
                if not deleted and (caller or each.version):
                    raise StorageRejected(
                        "Storage delete rejected - not found, version check failed, or "
                        "permission denied."
                    )

    def page(
        self,
        collection: str,
        user_id: str | None,
        limit: int,
        *,
        cursor: str = "",
        caller: str = "",
    ) -> Page:
        """List a collection, of one owner or of all.

        Raises:
            BadCursor: Not a cursor of a storage list.
        """
        after = decode_cursor(_CURSOR, cursor) if cursor else [-1, "", ""]
        if len(after) != 3:
            raise BadCursor(cursor)
        rows = self._store.all(
            "SELECT * FROM storage WHERE collection = ? AND (? IS NULL OR user_id = ?) "
            "AND read >= ? AND (read, key, user_id) > (?, ?, ?) "
            "ORDER BY read, key, user_id LIMIT ?",
            collection,
            user_id,
            user_id,
            _least_read(user_id, caller),
            *after,
            limit + 1,
        )
        page = rows[:limit]
        if len(rows) <= limit or not page:
            return Page(page, "")
        last = page[-1]
        following = encode_cursor(_CURSOR, last["read"], last["key"], last["user_id"])
        return Page(page, following)

    def _find(self, which: ObjectId) -> Row | None:
        return self._store.one(
            "SELECT * FROM storage WHERE collection = ? AND key = ? AND user_id = ?",
            which.collection,
            which.key,
            which.user_id,
        )

    def _write(self, write: Write, caller: str, now: int) -> Row:
        which = write.id
        before = self._find(which)
        _check(which, before, caller)
        if self._accounts.find(which.user_id) is None:
            raise StorageRejected(
                'ERROR: insert or update on table "storage" violates foreign key constraint '
                '"storage_user_id_fkey" (SQLSTATE 23503)'
            )
        self._store.run(
            "INSERT OR REPLACE INTO storage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            which.collection,
            which.key,
            which.user_id,
            jsonb_text(write.value),
            hashlib.md5(write.value.encode(), usedforsecurity=False).hexdigest(),
            write.read,
            write.write,
            before["create_time"] if before is not None else now,
            now,
        )
        row = self._find(which)
        assert row is not None
        return row


def _check(which: ObjectId, before: Row | None, caller: str) -> None:
    must_not_exist = which.version == _MUST_NOT_EXIST
    if before is not None and not must_not_exist and caller and before["write"] != 1:
        raise StorageRejected("Storage write rejected - permission denied.")
    expected = "" if before is None else before["version"]
    matches = before is None if must_not_exist else which.version in ("", expected)
    if not matches:
        raise StorageRejected("Storage write rejected - version check failed.")


def _may_read(row: Row, caller: str) -> bool:
    return not caller or row["read"] == 2 or (row["read"] == 1 and row["user_id"] == caller)


def _least_read(user_id: str | None, caller: str) -> int:
    if not caller:
        return 0
    return 1 if user_id == caller else 2

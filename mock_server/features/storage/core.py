"""Storage: rules and SQL of the storage table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from mock_server.cursor import decode_cursor, encode_cursor
from mock_server.features.storage.objects import (
    ObjectId,
    ObjectPage,
    StorageFailed,
    StorageRejected,
    StoredObject,
    Write,
)
from mock_server.signals import Signal
from mock_server.wire.varchar import NUL_REFUSED, varchar_problem
from server_kit import Clock, Store
from server_kit.store import Row

SCHEMA = """
CREATE TABLE storage (
    collection TEXT NOT NULL, key TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    value TEXT NOT NULL, version TEXT NOT NULL, read INTEGER NOT NULL, write INTEGER NOT NULL,
    create_time INTEGER NOT NULL, update_time INTEGER NOT NULL,
    PRIMARY KEY (collection, key, user_id)
) WITHOUT ROWID;
CREATE INDEX storage_of_all ON storage (collection, read, key, user_id);
CREATE INDEX storage_of_user ON storage (user_id, collection, read, key);
"""

_CURSOR = "storage"
_MUST_NOT_EXIST = "*"
_VERSION_WIDTH = 32


class Storage:
    """The storage of one server.

    Where a `caller` is given, permissions are checked for that user; without one, the server
    itself acts.

    Args:
        store: The database.
        clock: The server's time.

    Attributes:
        written: Sent with the rows of each batch that was written.
        deleted: Sent with the ids of each batch that was deleted.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.written = Signal[Sequence[Row]]()
        self.deleted = Signal[Sequence[ObjectId]]()

    def read(self, ids: Sequence[ObjectId], caller: str = "") -> list[Row]:
        """The objects of these ids that exist and may be read.

        They come as they were changed, the oldest change first, and one that is named twice comes
        once. But where at least two of collection, key and owner differ among the ids they come in
        the order of these, and twice, as in Nakama.

        Raises:
            StorageFailed: An id has a NUL character.
        """
        for each in ids:
            _check_condition(each.collection, each.key)
        differing = sum(
            len(set(values)) > 1
            for values in (
                [each.collection for each in ids],
                [each.key for each in ids],
                [each.user_id for each in ids],
            )
        )
        wanted: Iterable[ObjectId] = ids if differing >= 2 else dict.fromkeys(ids)
        rows = [row for each in wanted if (row := self._find(each)) is not None]
        if differing < 2:
            rows.sort(key=_age)
        return [row for row in rows if _may_read(row, caller)]

    def write(self, writes: Sequence[Write], caller: str = "") -> list[Row]:
        """Write objects, all or none.

        They are written in the order of their ids; of two writes to one object the later one stays.

        Returns:
            The rows as they were written, in the order of the writes.

        Raises:
            StorageRejected: A version that does not match, or an object that is not the caller's
                to write.
            StorageFailed: A value that the database does not take, or an unknown owner.
        """
        rows = self.write_in_transaction(writes, caller)
        self.written.send(rows)
        return rows

    def write_in_transaction(self, writes: Sequence[Write], caller: str = "") -> list[Row]:
        """As `write`, for a transaction that holds more; `written` is to be sent after its end."""
        now = self._clock.tick()
        rows: dict[int, Row] = {}
        with self._store.transaction():
            for index in sorted(range(len(writes)), key=lambda each: writes[each].id.order):
                rows[index] = self._write(writes[index], caller, now)
        return [rows[index] for index in range(len(writes))]

    def delete(self, ids: Sequence[ObjectId], caller: str = "") -> None:
        """Delete objects, all or none.

        Raises:
            StorageRejected: A version that does not match, or an object that is not there or not
                the caller's to delete; without a version the server's deletes never fail so.
            StorageFailed: An id or a version has a NUL character.
        """
        self.delete_in_transaction(ids, caller)
        self.deleted.send(ids)

    def delete_in_transaction(self, ids: Sequence[ObjectId], caller: str = "") -> None:
        """As `delete`, for a transaction that holds more; `deleted` is to be sent after its end."""
        with self._store.transaction():
            for each in sorted(ids, key=lambda each: each.order):
                _check_condition(each.collection, each.key, each.version)
                deleted = self._store.run(
                    "DELETE FROM storage WHERE collection = ? AND key = ? AND user_id = ? "
                    "AND (? OR write > 0) AND ? IN ('', version)",
                    *each.order,
                    not caller,
                    each.version,
                )
                if not deleted and (caller or each.version):
                    raise StorageRejected(
                        "Storage delete rejected - not found, version check failed, or "
                        "permission denied."
                    )

    def replace_all(self, user_id: str, objects: Sequence[StoredObject]) -> None:
        """Put objects back in the place of all that a user has.

        Raises:
            StorageFailed: A value that the database does not take, or two objects of one key.
        """
        with self._store.transaction():
            before = self._store.all("SELECT * FROM storage WHERE user_id = ?", user_id)
            self._store.run("DELETE FROM storage WHERE user_id = ?", user_id)
            for each in objects:
                self._put_back(each)
            after = self._store.all("SELECT * FROM storage WHERE user_id = ?", user_id)
        gone = [ObjectId(row["collection"], row["key"], user_id) for row in before]
        self._store.after_commit(lambda: self.deleted.send(gone))
        self._store.after_commit(lambda: self.written.send(after))

    def page(
        self,
        collection: str,
        user_id: str | None,
        limit: int,
        *,
        cursor: str = "",
        caller: str = "",
    ) -> ObjectPage:
        """List a collection, of one owner or of all.

        The server sees all objects. A user sees public ones, and of the own ones those with read 1.

        Args:
            collection: Which collection.
            user_id: Whose objects; None is everybody's.
            limit: How many at most; 0 lists none.
            cursor: Where to go on. It is a position only, and fits each of these lists.
            caller: Who lists; empty is the server.

        Raises:
            BadCursor: Not a cursor of a storage list.
            StorageFailed: The collection has a NUL character.
        """
        if limit <= 0:
            return ObjectPage([], "")
        key, user, read = _position(cursor)
        _check_condition(collection)
        after: tuple[int | str, ...]
        if user_id is None:
            least, read = (0, read) if not caller else (2, 2)
            where, after = "read >= ? AND (read, key, user_id) > (?, ?, ?)", (read, key, user)
        elif caller in ("", user_id):
            least = 1 if caller else 0
            where, after = "user_id = ? AND read >= ? AND (read, key) > (?, ?)", (read, key)
        else:
            least = 2
            where, after = "user_id = ? AND read = ? AND key > ?", (key,)
        owner = () if user_id is None else (user_id,)
        rows = self._store.all(
            f"SELECT * FROM storage WHERE collection = ? AND {where} "
            "ORDER BY read, key, user_id LIMIT ?",
            collection,
            *owner,
            least,
            *after,
            limit + 1,
        )
        page = rows[:limit]
        if len(rows) <= limit:
            return ObjectPage(page, "")
        last = page[-1]
        return ObjectPage(page, encode_cursor(_CURSOR, last["key"], last["user_id"], last["read"]))

    def all_of(self, collection: str, key: str, limit: int) -> list[Row]:
        """The first objects of a collection by key and owner; an empty key is every key."""
        return self._store.all(
            "SELECT * FROM storage WHERE collection = ? AND ? IN ('', key) "
            "ORDER BY collection, key, user_id LIMIT ?",
            collection,
            key,
            limit,
        )

    def _find(self, which: ObjectId) -> Row | None:
        return self._store.one(
            "SELECT * FROM storage WHERE collection = ? AND key = ? AND user_id = ?", *which.order
        )

    def _write(self, write: Write, caller: str, now: int) -> Row:
        which = write.id
        value = write.jsonb
        _check_condition(which.version)
        before = self._find(which)
        _check(which, before, caller)
        new = (write.version, write.read, write.write)
        if before is None:
            return self._insert(which, value, new, now)
        if not which.version and new == (before["version"], before["read"], before["write"]):
            return before
        row = self._store.one(
            "UPDATE storage SET value = ?, version = ?, read = ?, write = ?, update_time = ? "
            "WHERE collection = ? AND key = ? AND user_id = ? RETURNING *",
            value,
            *new,
            now,
            *which.order,
        )
        assert row is not None
        return row

    def _put_back(self, given: StoredObject) -> None:
        write, version = given.write, given.version
        value = write.jsonb
        if problem := varchar_problem(version, _VERSION_WIDTH):
            raise StorageFailed(problem)
        if self._find(write.id) is not None:
            raise StorageFailed(
                'ERROR: duplicate key value violates unique constraint "storage_pkey" '
                "(SQLSTATE 23505)"
            )
        self._store.run(
            "INSERT INTO storage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *write.id.order,
            value,
            version,
            write.read,
            write.write,
            given.create_time,
            given.update_time,
        )

    def _insert(self, which: ObjectId, value: str, new: tuple[str, int, int], now: int) -> Row:
        try:
            row = self._store.one(
                "INSERT INTO storage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
                *which.order,
                value,
                *new,
                now,
                now,
            )
        except sqlite3.IntegrityError:
            raise StorageFailed(
                'ERROR: insert or update on table "storage" violates foreign key constraint '
                '"storage_user_id_fkey" (SQLSTATE 23503)'
            ) from None
        assert row is not None
        return row


def _check_condition(*texts: str) -> None:
    """Check what a condition compares with: PostgreSQL reads no text with a NUL character."""
    if any("\0" in text for text in texts):
        raise StorageFailed(NUL_REFUSED)


def _position(cursor: str) -> tuple[str, str, int]:
    """Key, owner and read permission of the last object shown."""
    if not cursor:
        return "", "", -1
    key, user, read = decode_cursor(_CURSOR, cursor, str, str, int)
    return key, user, read


def _check(which: ObjectId, before: Row | None, caller: str) -> None:
    must_not_exist = which.version == _MUST_NOT_EXIST
    if before is not None and not must_not_exist and caller and before["write"] != 1:
        raise StorageRejected("Storage write rejected - permission denied.")
    expected = "" if before is None else before["version"]
    matches = before is None if must_not_exist else which.version in ("", expected)
    if not matches:
        raise StorageRejected("Storage write rejected - version check failed.")


def _age(row: Row) -> tuple[int, str, str, str]:
    """The order in which PostgreSQL finds rows that were changed one after the other."""
    return row["update_time"], row["collection"], row["key"], row["user_id"]


def _may_read(row: Row, caller: str) -> bool:
    return not caller or row["read"] == 2 or (row["read"] == 1 and row["user_id"] == caller)

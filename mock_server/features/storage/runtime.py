"""`nk.storage_*`."""

from __future__ import annotations

from typing import Any

from mock_server.cursor import BadCursor
from mock_server.features.storage.arguments import ack_table, object_id, object_table, write_of
from mock_server.features.storage.core import Storage
from mock_server.features.storage.objects import StorageFailed, StorageRejected
from mock_server.runtime.arguments import Arguments
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.wire.uuids import NIL


class StorageFunctions(RuntimeFunctions):
    """Read, write, delete and list storage objects, without regard to permissions."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def storage_read(self, keys: Any = None) -> list[dict[str, Any]]:
        """Read objects; those that do not exist are left out.

        Args:
            keys: Tables with `collection`, `key` and, if wanted, `user_id`.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("storage_read", keys)
        ids = [object_id(entry) for entry in given.entries(1, "expects a valid set of keys")]
        try:
            rows = self._storage.read(ids)
        except StorageFailed as error:
            raise ModuleError(f"failed to read storage objects: {error}") from None
        return [object_table(row) for row in rows]

    def storage_write(self, objects: Any = None) -> list[dict[str, Any]]:
        """Write objects, all or none.

        Args:
            objects: Tables with `collection`, `key`, `value` (a table) and, if wanted, `user_id`,
                `version`, `permission_read` and `permission_write`.

        Returns:
            Tables with `collection`, `key`, `user_id` and `version`, in the same order.

        Raises:
            ModuleError: A bad argument, or a version that does not match.
        """
        given = Arguments("storage_write", objects)
        writes = [write_of(entry) for entry in given.entries(1, "expects a valid set of data")]
        try:
            rows = self._storage.write(writes)
        except (StorageRejected, StorageFailed) as error:
            raise ModuleError(f"failed to write storage objects: {error}") from None
        return [ack_table(row) for row in rows]

    def storage_delete(self, keys: Any = None) -> None:
        """Delete objects, all or none.

        Args:
            keys: Tables with `collection`, `key` and, if wanted, `user_id` and `version`.

        Raises:
            ModuleError: A bad argument, or a version that does not match.
        """
        given = Arguments("storage_delete", keys)
        entries = given.entries(1, "expects a valid set of object IDs")
        ids = [object_id(entry, has_version=True) for entry in entries]
        try:
            self._storage.delete(ids)
        except (StorageRejected, StorageFailed) as error:
            raise ModuleError(f"failed to remove storage: {error}") from None

    def storage_list(
        self,
        user_id: Any = None,
        collection: Any = None,
        limit: Any = None,
        cursor: Any = None,
        caller_id: Any = None,
    ) -> tuple[list[dict[str, Any]], str | None]:
        """List a collection.

        Args:
            user_id: Whose objects; everybody's when left out or empty.
            collection: Which collection.
            limit: How many at most.
            cursor: Where to go on.
            caller_id: For whom permissions are checked; nobody when left out.

        Returns:
            The objects, and a cursor, or None on the last page.

        Raises:
            ModuleError: A bad argument or cursor.
        """
        given = Arguments("storage_list", user_id, collection, limit, cursor, caller_id)
        given.optional_text(1)
        name, size = given.optional_text(2), given.integer(3)
        if size < 0:
            raise given.error(3, "limit must not be negative")
        position = given.optional_text(4)
        owner = _optional_uuid(given, 1, "expects empty or a valid user ID")
        caller = _optional_uuid(given, 5, "expects caller ID to be empty or a valid identifier")
        try:
            page = self._storage.page(
                name, owner, size, cursor=position, caller="" if caller in (None, NIL) else caller
            )
        except BadCursor:
            raise ModuleError(
                "failed to list storage objects: Malformed cursor was used."
            ) from None
        except StorageFailed as error:
            raise ModuleError(f"failed to list storage objects: {error}") from None
        return [object_table(row) for row in page.rows], page.cursor or None


def _optional_uuid(given: Arguments, number: int, expected: str) -> str | None:
    return given.uuid(number, expected) if given.optional_text(number) else None

"""Objects of the storage, as they are asked for, written and listed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property

from attrs import frozen

from mock_server.wire.jsonb import jsonb_text
from mock_server.wire.uuids import NIL
from mock_server.wire.varchar import varchar_problem
from server_kit.store import Row

_WIDTH = 128
_LARGEST_INT2 = (1 << 15) - 1


class StorageRejected(Exception):
    """An operation that the rules do not allow; nothing of its batch is done."""


class StorageFailed(Exception):
    """An operation that the database refuses; nothing of its batch is done.

    The text is PostgreSQL's.
    """


@frozen
class ObjectId:
    """The id of an object.

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

    @property
    def order(self) -> tuple[str, str, str]:
        """By what the operations of a batch are sorted."""
        return self.collection, self.key, self.user_id


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

    @cached_property
    def version(self) -> str:
        """The version that it makes."""
        return hashlib.md5(self.value.encode(), usedforsecurity=False).hexdigest()

    def prepare(self) -> None:
        """Do beforehand what of the writing needs no database."""
        _ = self.version, self._jsonb

    @property
    def jsonb(self) -> str:
        """The jsonb text of the value.

        Raises:
            StorageFailed: The database does not take it, or something else of the object.
        """
        if isinstance(self._jsonb, StorageFailed):
            raise self._jsonb
        return self._jsonb

    @cached_property
    def _jsonb(self) -> str | StorageFailed:
        try:
            return _checked_value(self)
        except StorageFailed as error:
            return error


@frozen
class StoredObject:
    """An object as it is put back, with its version and its times in microseconds."""

    write: Write
    version: str
    create_time: int
    update_time: int


@frozen
class ObjectPage:
    """Listed objects, and where the next page starts; empty on the last page."""

    rows: Sequence[Row]
    cursor: str


def _checked_value(write: Write) -> str:
    """The jsonb text of a value.

    Raises:
        StorageFailed: The database does not take it, or something else of the object.
    """
    which = write.id
    for place, name in ((5, "read"), (6, "write")):
        number = getattr(write, name)
        if not -_LARGEST_INT2 - 1 <= number <= _LARGEST_INT2:
            bound = "greater than maximum" if number > 0 else "less than minimum"
            raise StorageFailed(
                f"failed to encode args[{place}]: unable to encode {number} into binary format "
                f"for int2 (OID 21): {number} is {bound} value for int2"
            )
    for text in (which.collection, which.key):
        if problem := varchar_problem(text, _WIDTH):
            raise StorageFailed(problem)
    for name in ("read", "write"):
        if getattr(write, name) < 0:
            raise StorageFailed(
                'ERROR: new row for relation "storage" violates check constraint '
                f'"storage_{name}_check" (SQLSTATE 23514)'
            )
    try:
        return jsonb_text(write.value)
    except ValueError as error:
        raise StorageFailed(str(error)) from None

"""Storage objects as server modules name and see them."""

from __future__ import annotations

from typing import Any

from mock_server.features.storage.objects import ObjectId, Write
from mock_server.runtime.arguments import ArgumentTable, whole
from mock_server.runtime.errors import ModuleError
from mock_server.wire import gojson
from mock_server.wire.uuids import NIL
from server_kit.store import Row


def object_id(entry: ArgumentTable, *, has_version: bool = False) -> ObjectId:
    """The object that a table names.

    Raises:
        BadArgument: Something is missing, or no text.
    """
    version = entry.filled("version") if has_version and entry.has("version") else ""
    return ObjectId(
        entry.filled("collection"), entry.filled("key"), entry.uuid("user_id") or NIL, version
    )


def write_of(entry: ArgumentTable) -> Write:
    """The write that a table describes.

    Raises:
        ModuleError: Something is missing, of another type, or no JSON.
    """
    which = object_id(entry, has_version=True)
    value = _value(entry)
    permissions = (entry.typed(f"permission_{name}", "number") for name in ("read", "write"))
    read, write = (1 if each is None else whole(each) for each in permissions)
    if value is None:
        raise entry.error("expects value to be supplied")
    return Write(which, value, read, write)


def _value(entry: ArgumentTable) -> str | None:
    try:
        return entry.json_object("value")
    except ModuleError as error:
        if error.message.startswith("json: "):
            raise entry.error(f"failed to convert value: {error.message}") from None
        raise


def object_table(row: Row | dict[str, Any]) -> dict[str, Any]:
    """An object as modules see it; times are whole seconds."""
    return {
        "key": row["key"],
        "collection": row["collection"],
        "user_id": row["user_id"],
        "version": row["version"],
        "permission_read": row["read"],
        "permission_write": row["write"],
        "create_time": row["create_time"] // 1_000_000,
        "update_time": row["update_time"] // 1_000_000,
        "value": gojson.unmarshal(row["value"]),
    }


def ack_table(row: Row) -> dict[str, Any]:
    """The acknowledgement of a written object, for modules."""
    return {name: row[name] for name in ("key", "collection", "user_id", "version")}

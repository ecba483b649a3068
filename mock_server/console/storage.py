"""The console's storage: list, get, write and delete, whatever the permissions."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from mock_server.console.forms import (
    body_of,
    internal,
    invalid,
    not_found,
    query_of,
    unknown,
    uuid_of,
)
from mock_server.console.services import ConsoleRoute, ConsoleServices
from mock_server.cursor import BadCursor, decode_cursor, encode_cursor
from mock_server.features.account_export.messages import object_message
from mock_server.features.storage.objects import ObjectId, StorageFailed, StorageRejected, Write
from mock_server.wire.gojson import is_json_object
from mock_server.wire.output import timestamp
from mock_server.wire.schema import INT32_VALUE, STRING, Message
from mock_server.wire.uuids import parse_uuid

_LIST = Message("ListStorageRequest", user_id=STRING, key=STRING, collection=STRING, cursor=STRING)
_WRITE = Message(
    "WriteStorageObjectRequest",
    value=STRING,
    version=STRING,
    permission_read=INT32_VALUE,
    permission_write=INT32_VALUE,
)
_DELETE = Message("DeleteStorageObjectRequest", version=STRING)
_PAGE = 100
_CURSOR = "console storage"
_USER_ID = "Requires a valid user ID."
_NOT_WRITTEN = "An error occurred while writing storage object."
_OPAQUE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def list_objects(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Objects by collection, key or owner, without their values."""
    asked = query_of(request, _LIST)
    collection, key, user = asked["collection"], asked["key"], asked["user_id"]
    owner = parse_uuid(user) if user else ""
    if owner is None:
        raise invalid("Requires a valid user ID when provided.")
    after = _position(asked, owner)
    if key and not collection:
        raise invalid("Requires a valid combination of filters.")
    is_prefix = _is_prefix(key)
    by_key = bool(key)
    order = "key, user_id" if by_key else "collection, read, key, user_id"
    conditions = {"collection = ?": collection, "user_id = ?": owner}
    conditions[f"key {'LIKE' if is_prefix else '='} ?"] = key
    given = [condition for condition, value in conditions.items() if value]
    if after:
        given.append(f"({order}) > ({'?, ?' if by_key else '?, ?, ?, ?'})")
    values = [value for value in conditions.values() if value]
    values += after[2:] if after and by_key else after
    paged = not (owner and not collection)
    rows = services.store.all(
        f"SELECT * FROM storage WHERE {' AND '.join(given) or 'TRUE'} ORDER BY {order} LIMIT ?",
        *values,
        _PAGE + 1 if paged else -1,
    )
    cursor = ""
    if paged and len(rows) > _PAGE:
        rows = rows[:_PAGE]
        last = rows[-1]
        cursor = encode_cursor(
            _CURSOR, last["collection"], last["read"], last["key"], last["user_id"]
        )
    (count,) = services.store.all("SELECT count(*) AS count FROM storage")
    return {
        "objects": [_without_value(object_message(row)) for row in rows],
        "total_count": count["count"],
        "next_cursor": cursor,
    }


def _is_prefix(key: str) -> bool:
    return key.endswith("%") and key.count("%") == 1


def _position(asked: dict[str, Any], owner: str) -> tuple[Any, ...]:
    """Where a cursor goes on: collection, read permission, key and owner of the last object.

    Raises:
        GrpcError: It does not fit the filter.
    """
    cursor = asked["cursor"]
    if not cursor:
        return ()
    if owner and not asked["collection"] and not asked["key"]:
        raise invalid("Cursor not allowed when filter only contains user ID.")
    if owner and asked["collection"] and asked["key"] and not _is_prefix(asked["key"]):
        raise invalid("Cursor not allowed when filter only contains collection, key, and user ID.")
    if not set(cursor) <= _OPAQUE or len(cursor) % 4 == 1:
        raise invalid("Malformed cursor was used.")
    try:
        collection, read, key, user = decode_cursor(_CURSOR, cursor, str, int, str, str)
    except BadCursor:
        raise internal(
            "An error occurred while trying to decode console storage list request cursor."
        ) from None
    if asked["collection"] not in ("", collection):
        raise invalid("Requires a matching cursor and collection filter property.")
    if asked["key"] not in ("", key) and not _is_prefix(asked["key"]):
        raise invalid("Requires a matching cursor and key filter property.")
    if owner not in ("", user):
        raise invalid("Requires a matching cursor and user ID filter property.")
    return collection, read, key, user


def collections(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """The names of all collections."""
    rows = services.store.all("SELECT DISTINCT collection FROM storage ORDER BY collection")
    return {"collections": [row["collection"] for row in rows]}


def get_object(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """One object."""
    try:
        rows = services.storage.read([_id(request)])
    except StorageFailed:
        raise internal("An error occurred while reading storage object.") from None
    if not rows:
        raise not_found("Storage object not found.")
    return object_message(rows[0])


async def write_object(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Write one object."""
    given = await body_of(request, _WRITE)
    which = _id(request, given["version"])
    read, write = (
        1 if given[name] is None else given[name]
        for name in ("permission_read", "permission_write")
    )
    if not 0 <= read <= 2:
        raise invalid("Requires a valid read permission read if supplied (0-2).")
    if not 0 <= write <= 1:
        raise invalid("Requires a valid write permission if supplied (0-1).")
    if not given["value"] or not is_json_object(given["value"]):
        raise invalid("Requires a valid JSON object value.")
    try:
        (row,) = services.storage.write([Write(which, given["value"], read, write)])
    except StorageRejected as error:
        raise unknown(str(error)) from None
    except StorageFailed:
        raise internal(_NOT_WRITTEN) from None
    return {
        "collection": row["collection"],
        "key": row["key"],
        "version": row["version"],
        "user_id": row["user_id"],
        "create_time": timestamp(row["create_time"] * 1000, digits=6),
        "update_time": timestamp(row["update_time"] * 1000, digits=6),
    }


def delete_object(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Delete one object; one that is not there is no error."""
    version = request.match_info.get("version") or query_of(request, _DELETE)["version"]
    try:
        services.storage.delete([_id(request, version)])
    except StorageRejected as error:
        raise unknown(str(error)) from None
    except StorageFailed:
        raise internal("An error occurred while deleting storage object.") from None
    return {}


def delete_all(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Delete every object."""
    services.store.run("DELETE FROM storage")
    return {}


def _id(request: web.Request, version: str = "") -> ObjectId:
    path = request.match_info
    return ObjectId(path["collection"], path["key"], uuid_of(request, "user_id", _USER_ID), version)


def _without_value(document: dict[str, Any]) -> dict[str, Any]:
    del document["value"]
    return document


_OBJECT = "/storage/{collection}/{key}/{user_id}"
ROUTES: tuple[ConsoleRoute, ...] = (
    ("GET", "/storage", list_objects),
    ("DELETE", "/storage", delete_all),
    ("GET", "/storage/collections", collections),
    ("GET", _OBJECT, get_object),
    ("PUT", _OBJECT, write_object),
    ("DELETE", _OBJECT, delete_object),
    ("DELETE", _OBJECT + "/{version}", delete_object),
)
"""What is served under `/v2/console`."""

"""Storage over HTTP: write, read, list and delete."""

from __future__ import annotations

from typing import Any

from mock_server.cursor import BadCursor
from mock_server.features.storage.core import Storage
from mock_server.features.storage.objects import ObjectId, StorageFailed, StorageRejected, Write
from mock_server.http.routing import Auth, Call, Route
from mock_server.turns import in_turns
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.gojson import is_json_object
from mock_server.wire.output import omit_empty, timestamp
from mock_server.wire.uuids import NIL, parse_uuid
from server_kit.store import Row

_NO_USER = "Invalid user ID - make sure user ID is a valid UUID."


class _StorageApi:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def write(self, call: Call) -> dict[str, Any]:
        user_id = call.identity.user_id
        writes = [_write(each, user_id) async for each in in_turns(call.request["objects"])]
        async for each in in_turns(writes):
            each.prepare()  # before the transaction, in which nobody else has a turn
        try:
            rows = self._storage.write(writes, user_id)
        except StorageRejected as error:
            raise _refuse(str(error)) from None
        except StorageFailed:
            raise GrpcError(GrpcCode.INTERNAL, "Error writing storage objects.") from None
        return omit_empty({"acks": [_ack(row) async for row in in_turns(rows)]})

    def read(self, call: Call) -> dict[str, Any]:
        ids = [_read_id(each) for each in call.request["object_ids"]]
        try:
            rows = self._storage.read(ids, call.identity.user_id)
        except StorageFailed:
            raise GrpcError(GrpcCode.INTERNAL, "Error reading storage objects.") from None
        return omit_empty({"objects": [_object(row) for row in rows]})

    def list(self, call: Call) -> dict[str, Any]:
        request = call.request
        limit = call.limit(default=1, maximum=100)
        user_id = _listed_user(request["user_id"])
        try:
            page = self._storage.page(
                request["collection"],
                user_id,
                limit,
                cursor=request["cursor"],
                caller=call.identity.user_id,
            )
        except BadCursor:
            raise _refuse("Malformed cursor was used.") from None
        except StorageFailed:
            raise GrpcError(GrpcCode.INTERNAL, "Error listing storage objects.") from None
        return omit_empty({"objects": [_object(row) for row in page.rows], "cursor": page.cursor})

    def delete(self, call: Call) -> dict[str, Any]:
        user_id = call.identity.user_id
        ids = [_delete_id(each, user_id) for each in call.request["object_ids"]]
        try:
            self._storage.delete(ids, user_id)
        except StorageRejected as error:
            raise _refuse(str(error)) from None
        except StorageFailed:
            raise GrpcError(GrpcCode.INTERNAL, "Error deleting storage objects.") from None
        return {}


def routes(storage: Storage) -> tuple[Route, ...]:
    """The routes of storage."""
    api = _StorageApi(storage)
    bearer = Auth.BEARER
    return (
        Route(
            "WriteStorageObjects",
            "PUT",
            "/v2/storage",
            bearer,
            api.write,
            body="*",
        ),
        Route(
            "ReadStorageObjects",
            "POST",
            "/v2/storage",
            bearer,
            api.read,
            body="*",
        ),
        Route(
            "DeleteStorageObjects",
            "PUT",
            "/v2/storage/delete",
            bearer,
            api.delete,
            body="*",
        ),
        Route("ListStorageObjects", "GET", "/v2/storage/{collection}", bearer, api.list),
        Route("ListStorageObjects", "GET", "/v2/storage/{collection}/{user_id}", bearer, api.list),
    )


def _write(fields: dict[str, Any], user_id: str) -> Write:
    if not (fields["collection"] and fields["key"] and fields["value"]):
        raise _refuse("Invalid collection or key value supplied. They must be set.")
    read, write = fields["permission_read"], fields["permission_write"]
    if read is not None and not 0 <= read <= 2:
        raise _refuse("Invalid Read permission supplied. It must be either 0, 1 or 2.")
    if write is not None and not 0 <= write <= 1:
        raise _refuse("Invalid Write permission supplied. It must be either 0 or 1.")
    if not is_json_object(fields["value"]):
        raise _refuse("Value must be a JSON object.")
    which = ObjectId(fields["collection"], fields["key"], user_id, fields["version"])
    return Write(which, fields["value"], 1 if read is None else read, 1 if write is None else write)


def _read_id(fields: dict[str, Any]) -> ObjectId:
    _require_names(fields)
    user_id = NIL
    if fields["user_id"]:
        parsed = parse_uuid(fields["user_id"])
        if parsed in (None, NIL):
            raise _refuse(_NO_USER)
        user_id = str(parsed)
    return ObjectId(fields["collection"], fields["key"], user_id)


def _delete_id(fields: dict[str, Any], user_id: str) -> ObjectId:
    _require_names(fields)
    return ObjectId(fields["collection"], fields["key"], user_id, fields["version"])


def _require_names(fields: dict[str, Any]) -> None:
    if not (fields["collection"] and fields["key"]):
        raise _refuse("Invalid collection or key value supplied. They must be set.")


def _listed_user(text: str) -> str | None:
    if not text:
        return None
    user_id = parse_uuid(text)
    if user_id is None:
        raise _refuse(_NO_USER)
    return user_id


def _ack(row: Row) -> dict[str, Any]:
    return {
        "collection": row["collection"],
        "key": row["key"],
        "version": row["version"],
        "user_id": row["user_id"],
        "create_time": timestamp(row["create_time"] * 1000, digits=6),
        "update_time": timestamp(row["update_time"] * 1000, digits=6),
    }


def _object(row: Row) -> dict[str, Any]:
    return omit_empty(
        {
            "collection": row["collection"],
            "key": row["key"],
            "user_id": row["user_id"],
            "value": row["value"],
            "version": row["version"],
            "permission_read": row["read"],
            "permission_write": row["write"],
            "create_time": timestamp(row["create_time"] * 1000, digits=0),
            "update_time": timestamp(row["update_time"] * 1000, digits=0),
        }
    )


def _refuse(message: str) -> GrpcError:
    return GrpcError(GrpcCode.INVALID_ARGUMENT, message)

"""`nk.storage…`."""

from __future__ import annotations

from typing import Any

from mock_server.runtime.errors import ModuleError
from mock_server.runtime.js.errors import ScriptGoError, ScriptTypeError
from mock_server.runtime.js.functions.table import Nk, retold
from mock_server.runtime.js.given import (
    Fields,
    Given,
    Object,
    camel_keys,
    is_function,
    json_of,
)
from mock_server.runtime.js.values import UNDEFINED
from mock_server.wire.uuids import NIL

_VALUE = frozenset({"value"})
_KEYS = "expects an array of keys"
_REJECTED = "version check failed"


def storage_read(given: Given, nk: Nk) -> Any:
    """`nk.storageRead(keys)`."""
    keys = _reads_of(given.objects(0, _KEYS))
    return camel_keys(nk("storage_read", keys), _VALUE) if keys else []


def storage_write(given: Given, nk: Nk) -> Any:
    """`nk.storageWrite(objects)`."""
    if not given.has(0):
        raise ScriptTypeError("expects a valid array of data")
    writes = writes_of(given.objects(0, "expects an array of storage write objects"))
    return camel_keys(nk("storage_write", writes)) if writes else []


def storage_delete(given: Given, nk: Nk) -> Any:
    """`nk.storageDelete(keys)`."""
    deletes = deletes_of(given.objects(0, _KEYS))
    if deletes:
        nk("storage_delete", deletes)
    return UNDEFINED


def storage_list(given: Given, nk: Nk) -> Any:
    """`nk.storageList(userId?, collection?, limit?, cursor?, callerId?)`."""
    owner = _optional_id(given, 0, "expects empty or valid user id")
    collection = given.optional(1, given.text, "")
    limit = given.optional(2, given.integer, 100)
    if limit < 0:
        raise ScriptTypeError("limit must not be negative")
    cursor = given.optional(3, given.text, "")
    caller = _optional_id(given, 4, "expects caller id to be valid identifier")
    found, following = nk("storage_list", owner, collection, limit, cursor, caller)
    return {"objects": camel_keys(found, _VALUE), "cursor": following or None}


def storage_index_list(given: Given, nk: Nk) -> Any:
    """`nk.storageIndexList(index, query, limit?, order?, callerId?, cursor?)`."""
    index, query = given.text(0), given.text(1)
    limit = given.optional(2, given.integer, 100)
    if not 1 <= limit <= 10_000:
        raise ScriptTypeError("limit must be 1-10000")
    order = given.strings(3, "expects an array of strings") if given.has(3) else []
    caller = _optional_id(given, 4, "expects caller id to be valid identifier")
    cursor = given.optional(5, given.text, "")
    with retold("^error in storage index list: ", "failed to lookup storage index: "):
        found, following = nk("storage_index_list", index, query, limit, order, caller, cursor)
    return {"objects": camel_keys(found, _VALUE), "cursor": following or None}


def storage_write_retry(given: Given, nk: Nk) -> Any:
    """The checks of `nk.storageWriteRetry(keys, update, maxRetries?)`; `prelude/` goes on."""
    entries = given.objects(0, _KEYS)
    if not entries:
        return False
    _reads_of(entries)
    if not is_function(given.value(1)):
        raise ScriptTypeError("expects a valid update function")
    if not 0 <= given.integer(2) <= 10:
        raise ScriptTypeError("max retries must be a value between 0 and 10")
    return True


def register_storage_index(given: Given, nk: Nk) -> None:
    """`initializer.registerStorageIndex(name, collection, key, fields, sortable, …)`."""
    name, collection = given.text(0), given.text(1)
    key = given.optional(2, given.text, "")
    fields, sortable = _fields(given, 3), _fields(given, 4)
    entries = given.integer(5)
    only = given.optional(6, given.flag, False)
    with retold("^failed to create storage index: ", "Failed to register storage index: "):
        nk("register_storage_index", name, collection, key, fields, sortable, entries, only)


def retried_write(given: Given, nk: Nk, *, may_retry: bool) -> list[Object] | None:
    """Write what the update function of `nk.storageWriteRetry` returned.

    Args:
        given: What it returned.
        nk: Calls runtime functions.
        may_retry: Whether another attempt follows one that meets other versions.

    Returns:
        What was written; None, if the versions did not match and another attempt follows.
    """
    try:
        written: list[Object] = storage_write(given, nk)
    except ModuleError as error:
        if may_retry and _REJECTED in error.message:
            return None
        raise
    return written


def writes_of(entries: list[Object], *, supplied: bool = False) -> list[Object]:
    """The writes that an argument holds.

    Args:
        entries: The objects.
        supplied: Whether the checks are those of `nk.multiUpdate`.
    """
    return [_write(Fields(entry), supplied=supplied) for entry in entries]


def deletes_of(entries: list[Object]) -> list[Object]:
    """The deletes that an argument holds."""
    return [_delete(Fields(entry)) for entry in entries]


def _fields(given: Given, number: int) -> list[str]:
    if not given.has(number):
        raise ScriptTypeError("expects an array of fields")
    return given.strings(number, "expects an array of strings")


def _reads_of(entries: list[Object]) -> list[Object]:
    """The keys of a read; one without a collection or a key finds nothing."""
    keys = []
    for entry in map(Fields, entries):
        collection = entry.text("collection")
        if collection == "":
            raise entry.error("collection", "a non empty string")
        key, owner = entry.text("key"), _id(entry)
        if collection and key:
            keys.append({"collection": collection, "key": key, "user_id": owner})
    return keys


def _write(entry: Fields, *, supplied: bool) -> Object:
    if not supplied:
        entry = entry.without_null("userId", "version")
    collection, key = _name(entry, "collection"), _name(entry, "key")
    if key is None and not supplied:
        raise entry.error("key", "a string")
    owner, value = _id(entry), entry.object("value")
    if value is None and not supplied:
        raise entry.error("value", "an object")
    kind = ScriptGoError if supplied else ScriptTypeError
    document = json_of(value, "failed to convert value: {}", kind)
    version = _version(entry)
    read, write = (entry.integer(name) for name in ("permissionRead", "permissionWrite"))
    return _supplied(
        {"collection": collection, "key": key, "value": document},
        {
            "user_id": owner,
            "version": version,
            "permission_read": 1 if read is None else read,
            "permission_write": 1 if write is None else write,
        },
    )


def _delete(entry: Fields) -> Object:
    names = {name: _name(entry, name) for name in ("collection", "key")}
    return _supplied(names, {"user_id": _id(entry), "version": _version(entry)})


def _supplied(required: Object, others: Object) -> Object:
    """All members, of which the required ones must be there; that is looked at last."""
    for name, value in required.items():
        if value is None:
            raise ScriptTypeError(f"expects {name} to be supplied")
    return required | others


def _name(entry: Fields, name: str) -> str | None:
    text = entry.text(name)
    if text == "":
        raise entry.error(name, "non-empty")
    return text


def _id(entry: Fields) -> str:
    return entry.uuid("userId") or NIL


def _version(entry: Fields) -> str | None:
    version = entry.text("version")
    if version == "":
        raise entry.error("version", "a non-empty string")
    return version


def _optional_id(given: Given, number: int, expected: str) -> str | None:
    return given.uuid(number, expected) if given.has(number) else None

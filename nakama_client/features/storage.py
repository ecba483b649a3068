"""Storage: JSON objects of players and of the game.

https://heroiclabs.com/docs/nakama/concepts/storage/
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any, TypeVar

import msgspec
from attrs import Factory, frozen

from nakama_client.errors import ArgumentError, InvalidArgument, StorageConflict
from nakama_client.features.base import ClientFeature
from nakama_client.protocol.codec import JsonObject, encode, encode_payload
from nakama_client.protocol.paging import Page, PageIterator, Progress, paginate
from nakama_client.protocol.replies import Empty
from nakama_client.protocol.requests import Request, present, segment
from nakama_client.protocol.rules import (
    check_count,
    check_id,
    check_limit,
    check_name,
    check_path_name,
    check_plain_function,
    check_type,
    check_user_ids,
)
from nakama_client.session import Session

_T = TypeVar("_T")

# What the server says when a version is not the one that was asked for; it names no object.
_CONFLICT = "version check failed"
_WRITE_REJECTED = "Storage write rejected"

# NUL in a text, as JSON has it; the server's database stores all other characters.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class StorageReadPermission(IntEnum):
    """Who may read an object.

    Attributes:
        NO_READ: Only the server's runtime.
        OWNER_READ: Its owner.
        PUBLIC_READ: Every player.
    """

    NO_READ = 0
    OWNER_READ = 1
    PUBLIC_READ = 2


class StorageWritePermission(IntEnum):
    """Who may write an object, once it is there.

    Attributes:
        NO_WRITE: Only the server's runtime.
        OWNER_WRITE: Its owner.
    """

    NO_WRITE = 0
    OWNER_WRITE = 1


@frozen(kw_only=True)
class StorageObject:
    """An object in the storage. Collection, key and owner together are its identity.

    Attributes:
        collection: The collection's name.
        key: Its name in the collection.
        user_id: The owner's id; the nil UUID for an object of the server.
        value: A JSON object.
        version: Changes with the value; give it to a write or a delete to touch nothing newer.
        permission_read: See `StorageReadPermission`.
        permission_write: See `StorageWritePermission`.
        create_time: When it was written first, in whole seconds.
        update_time: When it was written last.
    """

    collection: str = ""
    key: str = ""
    user_id: str = ""
    value: JsonObject = Factory(JsonObject)
    version: str = ""
    permission_read: int = 0
    permission_write: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None


@frozen
class StorageObjectPage(Page[StorageObject]):
    """A page of a collection.

    Attributes:
        objects: At most as many as the limit.
        cursor: Where the next page begins; "" when there is none.
    """

    objects: tuple[StorageObject, ...] = ()
    cursor: str = ""


@frozen(kw_only=True)
class StorageObjectAck:
    """The server's acknowledgement of a written object.

    Attributes:
        collection: The collection's name.
        key: Its name in the collection.
        version: The version that it has now.
        user_id: The owner's id.
        create_time: When it was written first.
        update_time: When it was last changed: writing the same again changes nothing.
    """

    collection: str = ""
    key: str = ""
    version: str = ""
    user_id: str = ""
    create_time: datetime | None = None
    update_time: datetime | None = None


@frozen
class WriteStorageObject:
    """What to write; the player becomes, or is, the owner.

    Attributes:
        collection: 1 to 128 characters.
        key: 1 to 128 characters.
        value: A JSON object.
        version: "*" to write only what is not there yet, a version to overwrite only this one, None
            to write in any case.
        permission_read: See `StorageReadPermission`; it replaces what the object had.
        permission_write: See `StorageWritePermission`; it replaces what the object had.
    """

    collection: str
    key: str
    value: Mapping[str, Any]
    version: str | None = None
    permission_read: int = StorageReadPermission.OWNER_READ
    permission_write: int = StorageWritePermission.OWNER_WRITE


@frozen
class ReadStorageObjectId:
    """What to read.

    Attributes:
        collection: 1 to 128 characters.
        key: 1 to 128 characters.
        user_id: The owner's id; None for an object of the server.
    """

    collection: str
    key: str
    user_id: str | None = None


@frozen
class DeleteStorageObjectId:
    """What to delete of the player's own objects.

    Attributes:
        collection: 1 to 128 characters.
        key: 1 to 128 characters.
        version: Only delete it when it has this version; None for any.
    """

    collection: str
    key: str
    version: str | None = None


class _Acks(msgspec.Struct):
    acks: tuple[StorageObjectAck, ...] = ()


class _Objects(msgspec.Struct):
    objects: tuple[StorageObject, ...] = ()


class StorageApi(ClientFeature):
    """Writing, reading, listing and deleting storage objects."""

    async def write_storage_objects(
        self, session: Session, objects: Iterable[WriteStorageObject]
    ) -> list[StorageObjectAck]:
        """Write objects of the player: all of them, or none when one is refused.

        Without versions, the last write wins. A write with a version is not repeated after its
        answer was lost, because a repetition could not tell its own version from another's.

        Args:
            session: The owner's session.
            objects: What to write; the server reads 262,144 bytes in one request.

        Returns:
            Acknowledgements with the new versions, in the order of the objects.

        Raises:
            ArgumentError: A name, a value or a permission breaks a rule; nothing was sent.
            StorageConflict: An object has another version than asked for, or is there already;
                nothing was written.
            InvalidArgument: An object may not be written by its owner; nothing was written.
        """
        wanted = _several("objects", objects, WriteStorageObject)
        body = encode({"objects": [_write(each) for each in wanted]})
        conditional = [each for each in wanted if each.version is not None]
        request = Request("PUT", "/v2/storage", body=body, is_idempotent=not conditional)
        try:
            return list((await self._api.call(session, request, _Acks)).acks)
        except InvalidArgument as error:
            if error.message.startswith(_WRITE_REJECTED) and _CONFLICT in error.message:
                names = tuple((each.collection, each.key) for each in conditional)
                conflict = StorageConflict(error.status, error.code, error.message, names)
                conflict._note_call(error.method, error.path, error.attempts)
                raise conflict from error
            raise

    async def read_storage_objects(
        self, session: Session, ids: Iterable[ReadStorageObjectId]
    ) -> list[StorageObject]:
        """Read objects, of the player, of others and of the server.

        Args:
            session: The reading player's session.
            ids: Which objects.

        Returns:
            Those that exist and that this player may read, in no order.

        Raises:
            ArgumentError: A name is empty or too long, or an owner's id is no UUID of a player.
        """
        wanted = list(dict.fromkeys(_several("ids", ids, ReadStorageObjectId)))
        body = encode({"object_ids": [_read(each) for each in wanted]})
        request = Request("POST", "/v2/storage", body=body, is_idempotent=True)
        return list((await self._api.call(session, request, _Objects)).objects)

    async def list_storage_objects(
        self,
        session: Session,
        collection: str,
        *,
        user_id: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> StorageObjectPage:
        """List the objects of a collection that the player may read, in the order of their keys.

        Args:
            session: The reading player's session.
            collection: 1 to 128 characters, no slash.
            user_id: Of which owner; the player's own id lists their private ones, too. None for
                the public objects of everybody.
            limit: 1 to 100.
            cursor: The cursor of the page before, which was listed with the same owner.

        Raises:
            ArgumentError: The collection, the owner's id or the limit breaks a rule.
            InvalidArgument: The cursor is not one of this list.
        """
        query = present(
            user_id=None if user_id is None else check_id("user_id", user_id),
            limit=check_limit(limit, 100),
            cursor=cursor or None,
        )
        path = f"/v2/storage/{segment(check_path_name('the collection', collection))}"
        return await self._api.call(session, Request("GET", path, query), StorageObjectPage)

    def iter_storage_objects(
        self,
        session: Session,
        collection: str,
        *,
        user_id: str | None = None,
        cursor: str | None = None,
        page_size: int = 100,
        on_progress: Progress | None = None,
    ) -> PageIterator[StorageObject]:
        """Iterate over the objects of a collection that the player may read.

        Args:
            session: The reading player's session.
            collection: As in `list_storage_objects`.
            user_id: As in `list_storage_objects`.
            cursor: Begin where a page or an iterator said; None or "" for the beginning.
            page_size: How many to fetch at a time, 1 to 100.
            on_progress: Called after each page. It gets how many were listed so far, and None; at
                the end how many there were. What it raises, the loop raises.

        Raises:
            ArgumentError: As in `list_storage_objects`, or `on_progress` is no function.
        """
        if on_progress is not None:
            check_plain_function("on_progress", on_progress)
        check_limit(page_size, 100)
        check_path_name("the collection", collection)
        owner = None if user_id is None else check_id("user_id", user_id)

        return paginate(
            self._api.resumable(
                lambda position: self.list_storage_objects(
                    session, collection, user_id=owner, limit=page_size, cursor=position
                )
            ),
            lambda page: page.objects,
            cursor=cursor,
            on_progress=on_progress,
        )

    async def delete_storage_objects(
        self, session: Session, ids: Iterable[DeleteStorageObjectId]
    ) -> None:
        """Delete objects of the player: all of them, or none when one is refused.

        It is not repeated after its answer was lost, because what is gone can't be deleted again.

        Args:
            session: The owner's session.
            ids: Which objects.

        Raises:
            ArgumentError: A name is empty or too long.
            InvalidArgument: There is no such object, it has another version, or its owner may not
                write it; nothing was deleted.
        """
        wanted = _several("ids", ids, DeleteStorageObjectId)
        body = encode({"object_ids": [_delete(each) for each in wanted]})
        request = Request("PUT", "/v2/storage/delete", body=body, is_idempotent=False)
        await self._api.call(session, request, Empty)


def _several(name: str, items: Iterable[_T], kind: type[_T]) -> list[_T]:
    if isinstance(items, kind) or not isinstance(items, Iterable):
        raise ArgumentError(f"{name} must be several, such as a list, not one")
    found = list(items)
    for each in found:
        check_type(f"each of {name}", each, kind)
    return found


def _names(
    item: WriteStorageObject | ReadStorageObjectId | DeleteStorageObjectId,
) -> dict[str, Any]:
    return {
        "collection": check_name("the collection", item.collection),
        "key": check_name("the key", item.key),
    }


def _write(item: WriteStorageObject) -> dict[str, Any]:
    body = _names(item)
    where = f"{item.collection}/{item.key}"
    body["value"] = _value(where, item.value)
    if item.version is not None:
        body["version"] = item.version
    for field, permission, most in (
        ("permission_read", item.permission_read, 2),
        ("permission_write", item.permission_write, 1),
    ):
        if not 0 <= check_count(field, permission, least=-(1 << 63)) <= most:
            raise ArgumentError(
                f"{field} of {where} must be between 0 and {most}, not {permission}"
            )
        body[field] = int(permission)
    return body


def _value(where: str, value: Mapping[str, Any]) -> str:
    if not isinstance(value, Mapping):
        raise ArgumentError(f"the value of {where} must be a dict, not {type(value).__name__}")
    text = encode_payload(value)
    if _NUL.search(text):
        raise ArgumentError(f"the value of {where} may not hold the character NUL")
    return text


def _read(item: ReadStorageObjectId) -> dict[str, Any]:
    body = _names(item)
    if item.user_id is not None:
        (body["user_id"],) = check_user_ids("user_id", [item.user_id])
    return body


def _delete(item: DeleteStorageObjectId) -> dict[str, Any]:
    body = _names(item)
    if item.version is not None:
        body["version"] = item.version
    return body

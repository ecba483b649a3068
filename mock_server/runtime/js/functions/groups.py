"""`nk.group…`, `nk.groups…` and `nk.userGroupsList`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_server.features.accounts.core import PROVIDER_COLUMNS
from mock_server.runtime.js.errors import ScriptGoError, ScriptTypeError
from mock_server.runtime.js.functions.table import Nk, retold
from mock_server.runtime.js.given import Given, Object, camel_keys, json_of
from mock_server.runtime.js.values import UNDEFINED
from mock_server.wire.uuids import NIL, parse_uuid

_METADATA = frozenset({"metadata"})
_GROUP = "expects group ID to be a valid identifier"
_NO_GROUP = "expects a group ID string"
_USER = "expects user ID to be a valid identifier"
_NO_USER = "expects a user ID string"


def group_create(given: Given, nk: Nk) -> Any:
    """`nk.groupCreate(userId, name, creatorId?, langTag?, description?, avatarUrl?, open?, …)`."""
    user_id = given.uuid(0, _USER, _NO_USER)
    name = given.filled(1, "expects group name to not be empty")
    creator = _optional_id(given, 2, "expects owner ID to be a valid identifier")
    texts = _texts(given, 3)
    is_open = given.optional(6, given.flag, False)
    metadata = _metadata(
        given, 7, "expects metadata to be an object", "error encoding metadata: {}"
    )
    count = given.optional(8, given.integer, 100)
    if count <= 0:
        count = 100  # the column's default
    row = nk("group_create", user_id, name, creator, *texts, is_open, metadata, count)
    return camel_keys(row, _METADATA)


def group_update(given: Given, nk: Nk) -> Any:
    """`nk.groupUpdate(groupId, userId?, name?, creatorId?, langTag?, description?, …)`."""
    group_id, user_id = given.uuid(0, _GROUP), _optional_id(given, 1, _USER)
    changes: Object = {"name": given.text(2)} if given.has(2) else {}
    creator = _optional_id(given, 3, "expects creator ID to be a valid identifier") or NIL
    if creator != NIL:
        changes["creator_id"] = creator
    for number, column in enumerate(("lang_tag", "description", "avatar_url"), 4):
        if given.has(number):
            changes[column] = given.text(number)
    if given.has(7):
        changes["state"] = int(not given.flag(7))
    metadata = _metadata(
        given, 8, "expects metadata to be a key value object", "failed to convert metadata: {}"
    )
    if metadata is not None:
        changes["metadata"] = metadata
    count = given.optional(9, given.integer, 0)
    if count > 0:
        changes["max_count"] = count
    nk("javascript.group_update", group_id, user_id or NIL, changes)
    return UNDEFINED


def group_delete(given: Given, nk: Nk) -> Any:
    """`nk.groupDelete(groupId)`."""
    nk("group_delete", given.uuid(0, _GROUP))
    return UNDEFINED


def groups_get_id(given: Given, nk: Nk) -> Any:
    """`nk.groupsGetId(groupIds)`."""
    if not given.has(0):
        raise ScriptTypeError("expects an array of group ids")
    ids = given.strings(0, "expects array of strings")
    for each in ids:
        if parse_uuid(each) is None:
            raise ScriptGoError(
                "failed to get groups: ERROR: invalid input syntax for type uuid: "
                f'"{each}" (SQLSTATE 22P02)'
            )
    return camel_keys(nk("groups_get_id", ids), _METADATA) if ids else []


def groups_list(given: Given, nk: Nk) -> Any:
    """`nk.groupsList(name?, langTag?, open?, edgeCount?, limit?, cursor?)`."""
    name, lang_tag = (given.optional(number, given.text, "") for number in (0, 1))
    is_open = given.flag(2) if given.has(2) else None
    count = given.optional(3, given.integer, -1)
    limit = given.optional(4, given.integer, 100)
    if not 1 <= limit <= 100:
        raise ScriptTypeError("expects limit to be 1-100")
    cursor = given.optional(5, given.text, "")
    found, following = nk("groups_list", name, lang_tag, is_open, count, limit, cursor)
    return {"groups": camel_keys(found, _METADATA), "cursor": following or None}


def groups_get_random(given: Given, nk: Nk) -> Any:
    """`nk.groupsGetRandom(count)`."""
    count = given.integer(0)
    if not 0 <= count <= 1000:
        raise ScriptTypeError("count must be 0-1000")
    return camel_keys(nk("groups_get_random", count), _METADATA)


def group_user_join(given: Given, nk: Nk) -> Any:
    """`nk.groupUserJoin(groupId, userId, username)`."""
    member = _member(given)
    with retold("^error while trying to join a group", "error trying to join group"):
        nk("group_user_join", *member)
    return UNDEFINED


def group_user_leave(given: Given, nk: Nk) -> Any:
    """`nk.groupUserLeave(groupId, userId, username)`."""
    member = _member(given)
    with retold("^error while trying to leave a group", "error while trying to leave group"):
        nk("group_user_leave", *member)
    return UNDEFINED


def group_users_add(given: Given, nk: Nk) -> Any:
    """`nk.groupUsersAdd(groupId, userIds, callerId?)`."""
    return _change(given, nk, "add", "expects an array of strings")


def group_users_ban(given: Given, nk: Nk) -> Any:
    """`nk.groupUsersBan(groupId, userIds, callerId?)`."""
    return _change(given, nk, "ban")


def group_users_kick(given: Given, nk: Nk) -> Any:
    """`nk.groupUsersKick(groupId, userIds, callerId?)`."""
    return _change(given, nk, "kick", "expects an array of strings")


def group_users_promote(given: Given, nk: Nk) -> Any:
    """`nk.groupUsersPromote(groupId, userIds, callerId?)`."""
    return _change(given, nk, "promote")


def group_users_demote(given: Given, nk: Nk) -> Any:
    """`nk.groupUsersDemote(groupId, userIds, callerId?)`."""
    return _change(given, nk, "demote")


def group_users_list(given: Given, nk: Nk) -> Any:
    """`nk.groupUsersList(groupId, limit?, state?, cursor?)`."""
    group_id = given.uuid(0, _GROUP)
    found, following = nk("group_users_list", group_id, *_paging(given, 10_000))
    # In Lua a member's ids of providers are there though empty, in JavaScript not.
    found = [each | {"user": _without_empty_ids(each["user"])} for each in found]
    return {"groupUsers": camel_keys(found, _METADATA), "cursor": following or None}


def user_groups_list(given: Given, nk: Nk) -> Any:
    """`nk.userGroupsList(userId, limit?, state?, cursor?)`."""
    user_id = given.uuid(0, _USER)
    found, following = nk("user_groups_list", user_id, *_paging(given, 100))
    return {"userGroups": camel_keys(found, _METADATA), "cursor": following or None}


def _without_empty_ids(user: Mapping[str, Any]) -> dict[str, Any]:
    return {name: user[name] for name in user if user[name] or name not in PROVIDER_COLUMNS}


def _change(given: Given, nk: Nk, verb: str, each: str = "expects an array of user ids") -> Any:
    group_id = given.uuid(0, _GROUP, None if verb == "kick" else _NO_GROUP)
    if not given.has(1):
        raise ScriptTypeError("expects an array of user ids")
    ids = given.strings(1, each)
    for text in ids:
        user_id = parse_uuid(text)
        if user_id is None:
            raise ScriptTypeError("expects user id to be valid identifier")
        if user_id == NIL:
            raise ScriptTypeError(f"cannot {verb} the root user")
    if ids:
        caller = _optional_id(given, 2, "expects caller id to be valid identifier")
        text = "ban users from group" if verb == "ban" else "add users into group"
        with retold("add users into a group", text):
            nk(f"group_users_{verb}", group_id, ids, caller)
    return UNDEFINED


def _paging(given: Given, maximum: int) -> tuple[int, int | None, str]:
    limit = given.optional(1, given.integer, 100)
    if not 1 <= limit <= maximum:
        raise ScriptTypeError(f"expects limit to be 1-{maximum}")
    state = given.optional(2, given.integer, -1)
    if state > 4:
        raise ScriptTypeError("expects state to be 0-4")
    return limit, None if state < 0 else state, given.optional(3, given.text, "")


def _member(given: Given) -> tuple[str, str, str]:
    group_id, user_id = given.uuid(0, _GROUP, _NO_GROUP), given.uuid(1, _USER, _NO_USER)
    return group_id, user_id, given.filled(2, "expects a username string")


def _texts(given: Given, first: int) -> list[str]:
    return [given.optional(first + offset, given.text, "") for offset in range(3)]


def _metadata(given: Given, number: int, expected: str, failed: str) -> Any:
    return json_of(given.object(number, expected), failed) if given.has(number) else None


def _optional_id(given: Given, number: int, expected: str) -> str | None:
    return given.uuid(number, expected) if given.has(number) else None

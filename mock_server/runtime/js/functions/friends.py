"""`nk.friends…`."""

from __future__ import annotations

from typing import Any

from mock_server.runtime.errors import ModuleError
from mock_server.runtime.js.errors import ScriptTypeError
from mock_server.runtime.js.functions.table import Nk, retold
from mock_server.runtime.js.given import Given, camel_keys, json_of
from mock_server.runtime.js.values import UNDEFINED
from mock_server.wire.uuids import NIL, parse_uuid

_METADATA = frozenset({"metadata"})
_USER = "expects user ID to be a valid identifier"
_NO_USER = "expects a user ID string"
_NOBODY = "no valid ID or username was provided"
_STRINGS = "expects an array of strings"


def friends_list(given: Given, nk: Nk) -> Any:
    """`nk.friendsList(userId, limit?, state?, cursor?)`."""
    user_id, limit = given.uuid(0, _USER, _NO_USER), _limit(given)
    state = given.optional(2, given.integer, -1)
    if state != -1 and not 0 <= state <= 3:
        raise ScriptTypeError("expects state to be 0-3")
    cursor = given.optional(3, given.text, "")
    found, following = nk("friends_list", user_id, limit, None if state < 0 else state, cursor)
    friends = {"friends": camel_keys(found, _METADATA)}
    return {**friends, "cursor": following} if following else friends


def friends_of_friends_list(given: Given, nk: Nk) -> Any:
    """`nk.friendsOfFriendsList(userId, limit?, cursor?)`."""
    user_id, limit = given.uuid(0, _USER, _NO_USER), _limit(given)
    cursor = given.optional(2, given.text, "")
    with retold("list friends of friends for", "list friends for"):
        found, following = nk("friends_of_friends_list", user_id, limit, cursor)
    friends = {"friendsOfFriends": camel_keys(found, _METADATA)}
    return {**friends, "cursor": following} if following else friends


def friends_add(given: Given, nk: Nk) -> Any:
    """`nk.friendsAdd(userId, username, ids?, usernames?, metadata)`."""
    named = _named(given, nk, "add", "cannot add self as friend")
    metadata = json_of(
        given.object(4, "invalid metadata: must be an object"),
        "failed to marshal metadata: {}",
        ScriptTypeError,
    )
    _refusing(nk, "friends_add", "error adding friends: ", *named, metadata)
    return UNDEFINED


def friends_delete(given: Given, nk: Nk) -> Any:
    """`nk.friendsDelete(userId, username, ids?, usernames?)`."""
    if _names_nobody(given):
        return UNDEFINED
    named = _named(given, nk, "delete", "cannot delete self")
    _refusing(nk, "friends_delete", "error deleting friends: ", *named)
    return UNDEFINED


def friends_block(given: Given, nk: Nk) -> Any:
    """`nk.friendsBlock(userId, username, ids?, usernames?)`."""
    if _names_nobody(given):
        return UNDEFINED
    named = _named(given, nk, "block", "cannot block self")
    with retold("^error blocking friends", "error while trying to block friends"):
        nk("friends_block", *named)
    return UNDEFINED


def friend_metadata_update(given: Given, nk: Nk) -> Any:
    """`nk.friendMetadataUpdate(userId, friendId, metadata)`."""
    user_id, friend_id = given.uuid(0, _USER), given.uuid(1, _USER)
    metadata = json_of(
        given.object(2, "expects metadata to be an object"),
        "error updating froind metadata: {}",
    )
    nk("friend_metadata_update", user_id, friend_id, metadata)
    return UNDEFINED


def _limit(given: Given) -> int:
    limit = given.optional(1, given.integer, 100)
    if not 1 <= limit <= 1000:
        raise ScriptTypeError("expects limit to be 1-1000")
    return limit


def _named(
    given: Given, nk: Nk, verb: str, self_refusal: str
) -> tuple[str, str, list[str], list[str]]:
    """The user, their name, and those whom the third and the fourth argument name."""
    user_id = given.uuid(0, _USER)
    username = given.filled(1, "expects a username string")
    ids = given.strings(2, _STRINGS) if given.has(2) else []
    for each in ids:
        friend_id = parse_uuid(each)
        if friend_id in (None, NIL):
            raise ScriptTypeError(f"invalid user id: {user_id}")  # the wrong one, as in Nakama
        if friend_id == user_id:
            raise ScriptTypeError(self_refusal)
    names = given.strings(3, _STRINGS) if given.has(3) else []
    for each in names:
        if not each:
            raise ScriptTypeError(f"username to {verb} must not be empty")
        if each == username:
            raise ScriptTypeError(self_refusal)
    if not ids and not (names and nk("users_get_username", names)):
        raise ScriptTypeError(_NOBODY)
    return user_id, username, ids, names


def _names_nobody(given: Given) -> bool:
    """Whether neither ids nor names are given, which Nakama takes for nothing to do."""
    given.uuid(0, _USER)
    given.filled(1, "expects a username string")
    return not given.has(2) and not given.has(3)


def _refusing(nk: Nk, name: str, dropped: str, *arguments: Any) -> None:
    """Call a function of `nk` whose failures are TypeErrors, without a beginning."""
    try:
        nk(name, *arguments)
    except ModuleError as error:
        raise ScriptTypeError(error.message.removeprefix(dropped)) from None

"""`nk.friends_*` and `nk.friend_*`."""

from __future__ import annotations

from typing import Any

from mock_server.cursor import BadCursor
from mock_server.features.accounts.core import Accounts
from mock_server.features.accounts.runtime import user_table
from mock_server.features.friends import listing
from mock_server.features.friends.core import Friends
from mock_server.features.notifications.core import RowRejected
from mock_server.runtime.arguments import Arguments, object_json, stored_json
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.wire import gojson
from mock_server.wire.uuids import NIL, parse_uuid
from server_kit import Store
from server_kit.store import Row

_USER_ID = "expects user ID to be a valid identifier"


class FriendFunctions(RuntimeFunctions):
    """List, add, delete and block friends of any user."""

    def __init__(self, store: Store, accounts: Accounts, friends: Friends) -> None:
        self._store = store
        self._accounts = accounts
        self._friends = friends

    def friends_list(
        self, user_id: Any = None, limit: Any = None, state: Any = None, cursor: Any = None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """List a user's friends, invites and blocks.

        Args:
            user_id: Whose.
            limit: 1 to 1000; 100 when left out.
            state: 0 to 3, or None for all states.
            cursor: Where to go on.

        Returns:
            Tables with `state`, `update_time`, `user`, `metadata`, and a cursor, or None on the
            last page.

        Raises:
            ModuleError: A bad argument or cursor.
        """
        given = Arguments("friends_list", user_id, limit, state, cursor)
        owner = given.uuid(1, _USER_ID)
        size = _limit(given)
        wanted = given.optional_integer(3, -1)
        if not -1 <= wanted <= 3:
            raise given.error(3, "expects state to be 0-3")
        try:
            page = listing.friends(
                self._store, owner, size, None if wanted == -1 else wanted, given.optional_text(4)
            )
        except BadCursor:
            raise ModuleError(
                "error while trying to list friends for a user: friend cursor invalid"
            ) from None
        return [self._friend(row) for row in page.rows], page.cursor or None

    def friends_of_friends_list(
        self, user_id: Any = None, limit: Any = None, cursor: Any = None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """List the friends of a user's friends.

        Returns:
            Tables with `referrer` and `user`, and a cursor, or None on the last page.

        Raises:
            ModuleError: A bad argument or cursor.
        """
        given = Arguments("friends_of_friends_list", user_id, limit, cursor)
        owner = given.uuid(1, _USER_ID)
        size = _limit(given)
        try:
            page = listing.friends_of_friends(self._store, owner, size, given.optional_text(3))
        except BadCursor:
            raise ModuleError(
                "error while trying to list friends of friends for a user: friend cursor invalid"
            ) from None
        found = [
            {"referrer": row["referrer"], "user": user_table(self._accounts, row)}
            for row in page.rows
        ]
        return found, page.cursor or None

    def users_get_friend_status(
        self, user_id: Any = None, user_ids: Any = None
    ) -> list[dict[str, Any]]:
        """Read the friend states of some users for a user; those without one are left out.

        Returns:
            Tables as those of `friends_list`.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("users_get_friend_status", user_id, user_ids)
        owner = given.uuid(1, "invalid user id")
        others = given.table(2)
        if not isinstance(others, list) or not others:
            raise given.error(2, "invalid user ids list")
        wanted = []
        for each in others:
            if not isinstance(each, str) or not each:
                raise given.error(2, "each user id must be a string")
            other_id = parse_uuid(each)
            if other_id is None:
                raise given.error(2, "invalid user id")
            wanted.append(other_id)
        rows = listing.friends_among(self._store, owner, wanted)
        return [self._friend(row) for row in rows]

    def friends_add(
        self,
        user_id: Any = None,
        username: Any = None,
        user_ids: Any = None,
        usernames: Any = None,
        metadata: Any = None,
    ) -> None:
        """Add friends to a user, as the user's own request does.

        Raises:
            ModuleError: A bad argument, or no name that is known.
        """
        given = Arguments("friends_add", user_id, username, user_ids, usernames, metadata)
        owner, name, friend_ids = self._named(given, "cannot add self as friend")
        table = given.optional_table(5)
        if not friend_ids:
            return
        text = "" if table is None else object_json(table)
        try:
            self._friends.add(owner, name, friend_ids, text)
        except RowRejected as error:
            raise ModuleError(f"error adding friends: {error}") from None

    def friends_delete(
        self,
        user_id: Any = None,
        username: Any = None,
        user_ids: Any = None,
        usernames: Any = None,
    ) -> None:
        """Delete friends, invites and blocks of a user, as the user's own request does.

        Raises:
            ModuleError: A bad argument, or no name that is known.
        """
        given = Arguments("friends_delete", user_id, username, user_ids, usernames)
        owner, name, friend_ids = self._named(given, "cannot delete self")
        self._friends.delete(owner, name, friend_ids)

    def friends_block(
        self,
        user_id: Any = None,
        username: Any = None,
        user_ids: Any = None,
        usernames: Any = None,
    ) -> None:
        """Block users for a user, as the user's own request does.

        Raises:
            ModuleError: A bad argument, or no name that is known.
        """
        given = Arguments("friends_block", user_id, username, user_ids, usernames)
        owner, _, friend_ids = self._named(given, "cannot block self")
        try:
            self._friends.block(owner, friend_ids)
        except RowRejected as error:
            raise ModuleError(f"error blocking friends: {error}") from None

    def friend_metadata_update(
        self, user_id: Any = None, friend_user_id: Any = None, metadata: Any = None
    ) -> None:
        """Replace the metadata of a friend in a user's list.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("friend_metadata_update", user_id, friend_user_id, metadata)
        owner, friend_id = given.uuid(1, _USER_ID), given.uuid(2, _USER_ID)
        text = stored_json(given.table(3))
        self._friends.update_metadata(owner, friend_id, text)

    def _friend(self, row: Row) -> dict[str, Any]:
        return {
            "state": row["edge_state"],
            "update_time": row["edge_time"] // 1_000_000,
            "user": user_table(self._accounts, row) | {"edge_count": 0},
            "metadata": gojson.unmarshal(row["edge_metadata"]) or {},
        }

    def _named(self, given: Arguments, self_refusal: str) -> tuple[str, str, list[str]]:
        """The user, their name, and the users of arguments 3 and 4."""
        owner = given.uuid(1, _USER_ID)
        name = given.text(2)
        if not name:
            raise given.error(2, "expects username string")
        ids = [
            _friend_id(given, each, owner, self_refusal) for each in _array(given, 3, "user ids")
        ]
        names = _array(given, 4, "username")
        for each in names:
            if not isinstance(each, str) or not each:
                raise given.error(4, "each username must be a non-empty string")
            if each == name:
                raise given.error(4, self_refusal)
        friend_ids = ids + self._friends.ids_of(names)
        if names and not friend_ids:
            raise ModuleError("no valid ID or username was provided")
        return owner, name, friend_ids


def _limit(given: Arguments) -> int:
    limit = given.optional_integer(2, 100)
    if not 1 <= limit <= 1000:
        raise given.error(2, "expects limit to be 1-1000")
    return limit


def _array(given: Arguments, number: int, what: str) -> list[Any]:
    table = given.optional_table(number)
    if isinstance(table, dict):
        raise given.error(number, f"invalid {what} list")
    return table or []


def _friend_id(given: Arguments, value: Any, owner: str, self_refusal: str) -> str:
    if not isinstance(value, str) or not value:
        raise given.error(3, "each user id must be a string")
    friend_id = parse_uuid(value)
    if friend_id is None or friend_id == NIL:
        raise given.error(3, f"invalid user ID {value}")
    if friend_id == owner:
        raise given.error(3, self_refusal)
    return friend_id

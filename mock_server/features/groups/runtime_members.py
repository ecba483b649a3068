"""`nk.group_user*` and `nk.user_groups_list`: the members of groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.cursor import BadCursor
from mock_server.features.accounts.core import Accounts
from mock_server.features.accounts.runtime import user_table
from mock_server.features.groups import listing
from mock_server.features.groups.members import GroupMembers
from mock_server.features.groups.runtime import GROUP_ID, USER_ID, group_table, worded
from mock_server.identity import SYSTEM_USER
from mock_server.runtime.arguments import Arguments
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.wire.uuids import NIL, parse_uuid
from server_kit import Store

_Change = Callable[[GroupMembers, str, str, list[str]], None]


class MemberFunctions(RuntimeFunctions):
    """Decide who is what in a group, and list it."""

    def __init__(self, store: Store, accounts: Accounts, members: GroupMembers) -> None:
        self._store = store
        self._accounts = accounts
        self._members = members

    def group_user_join(
        self, group_id: Any = None, user_id: Any = None, username: Any = None
    ) -> None:
        """Let a user join a group, or ask to, as the user's own request does.

        Raises:
            ModuleError: A bad argument, no such group, or a full one.
        """
        given = Arguments("group_user_join", group_id, user_id, username)
        group, user, name = _member(given)
        with worded("error while trying to join a group"):
            self._members.join(group, user, name)

    def group_user_leave(
        self, group_id: Any = None, user_id: Any = None, username: Any = None
    ) -> None:
        """Let a user leave a group, as the user's own request does.

        Raises:
            ModuleError: A bad argument, or the last superadmin of others.
        """
        given = Arguments("group_user_leave", group_id, user_id, username)
        group, user, name = _member(given)
        with worded("error while trying to leave a group"):
            self._members.leave(group, user, name)

    def group_users_add(
        self, group_id: Any = None, user_ids: Any = None, caller_id: Any = None
    ) -> None:
        """Make users members of a group, or accept their join requests.

        Args:
            group_id: The group.
            user_ids: The users.
            caller_id: Who does it, at least an admin; None or empty for the system.

        Raises:
            ModuleError: A bad argument, no right, an unknown group or user, or a full group.
        """
        given = Arguments("group_users_add", group_id, user_ids, caller_id)
        self._change(given, "add", GroupMembers.add, "add users into a group")

    def group_users_ban(
        self, group_id: Any = None, user_ids: Any = None, caller_id: Any = None
    ) -> None:
        """Ban users from a group; the arguments are those of `group_users_add`.

        Raises:
            ModuleError: A bad argument, or no right.
        """
        given = Arguments("group_users_ban", group_id, user_ids, caller_id)
        # The words are those of an addition, in Nakama, too.
        self._change(given, "ban", GroupMembers.ban, "add users into a group")

    def group_users_kick(
        self, group_id: Any = None, user_ids: Any = None, caller_id: Any = None
    ) -> None:
        """Kick users from a group; the arguments are those of `group_users_add`.

        Raises:
            ModuleError: A bad argument, no right, or an unknown group.
        """
        given = Arguments("group_users_kick", group_id, user_ids, caller_id)
        self._change(given, "kick", GroupMembers.kick, "kick users from a group")

    def group_users_promote(
        self, group_id: Any = None, user_ids: Any = None, caller_id: Any = None
    ) -> None:
        """Promote users in a group; the arguments are those of `group_users_add`.

        Raises:
            ModuleError: A bad argument, no right, or an unknown group.
        """
        given = Arguments("group_users_promote", group_id, user_ids, caller_id)
        self._change(given, "promote", GroupMembers.promote, "promote users in a group")

    def group_users_demote(
        self, group_id: Any = None, user_ids: Any = None, caller_id: Any = None
    ) -> None:
        """Demote users in a group; the arguments are those of `group_users_add`.

        Raises:
            ModuleError: A bad argument, no right, or an unknown group.
        """
        given = Arguments("group_users_demote", group_id, user_ids, caller_id)
        self._change(given, "demote", GroupMembers.demote, "demote users in a group")

    def group_users_list(
        self, group_id: Any = None, limit: Any = None, state: Any = None, cursor: Any = None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """List who is what in a group; banned users only with state 4.

        Args:
            group_id: The group.
            limit: 1 to 10000; 100 when left out.
            state: 0 to 4, or None for all but bans.
            cursor: Where to go on.

        Returns:
            Tables with `user` and `state`, and a cursor, or None on the last page.

        Raises:
            ModuleError: A bad argument or cursor.
        """
        given = Arguments("group_users_list", group_id, limit, state, cursor)
        group = given.uuid(1, GROUP_ID)
        size, wanted = _limit(given, 10_000), _state(given)
        try:
            page = listing.users(self._store, group, size, wanted, given.optional_text(4))
        except BadCursor:
            raise ModuleError(
                "error while trying to list users in a group: group user cursor invalid"
            ) from None
        found = [
            {"user": user_table(self._accounts, row), "state": row["edge_state"]}
            for row in page.rows
        ]
        return found, page.cursor or None

    def user_groups_list(
        self, user_id: Any = None, limit: Any = None, state: Any = None, cursor: Any = None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """List the groups of a user.

        Args:
            user_id: Whose.
            limit: 1 to 100; 100 when left out.
            state: 0 to 4, or None for all.
            cursor: Where to go on.

        Returns:
            Tables with `group` and `state`, and a cursor, or None on the last page.

        Raises:
            ModuleError: A bad argument or cursor.
        """
        given = Arguments("user_groups_list", user_id, limit, state, cursor)
        user = given.uuid(1, USER_ID)
        size, wanted = _limit(given, 100), _state(given)
        try:
            page = listing.groups_of_user(self._store, user, size, wanted, given.optional_text(4))
        except BadCursor:
            raise ModuleError(
                "error while trying to list groups for a user: user group cursor invalid"
            ) from None
        found = [{"group": group_table(row), "state": row["edge_state"]} for row in page.rows]
        return found, page.cursor or None

    def _change(self, given: Arguments, verb: str, change: _Change, task: str) -> None:
        group = given.uuid(1, GROUP_ID)
        ids = [_user(given, each, verb) for each in given.items(2)]
        if not ids:
            return
        caller = SYSTEM_USER
        if given.optional_text(3):
            caller = given.uuid(3, "expects caller ID to be empty or a valid identifier")
        with worded(f"error while trying to {task}"):
            change(self._members, group, caller, ids)


def _member(given: Arguments) -> tuple[str, str, str]:
    group, user, name = given.uuid(1, GROUP_ID), given.uuid(2, USER_ID), given.text(3)
    if not name:
        raise given.error(3, "expects username string")
    return group, user, name


def _user(given: Arguments, value: Any, verb: str) -> str:
    if not isinstance(value, str):
        raise given.error(2, "expects each user ID to be a string")
    user_id = parse_uuid(value)
    if user_id is None:
        raise given.error(2, "expects each user ID to be a valid identifier")
    if user_id == NIL:
        raise given.error(2, f"cannot {verb} the root user")
    return user_id


def _limit(given: Arguments, maximum: int) -> int:
    limit = given.optional_integer(2, 100)
    if not 1 <= limit <= maximum:
        raise given.error(2, f"expects limit to be 1-{maximum}")
    return limit


def _state(given: Arguments) -> int | None:
    state = given.optional_integer(3, -1)
    if not -1 <= state <= 4:
        raise given.error(3, "expects state to be 0-4")
    return None if state == -1 else state

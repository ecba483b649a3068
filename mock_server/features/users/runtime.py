"""`nk.users_*`."""

from __future__ import annotations

import random
from typing import Any

from mock_server.features.accounts.core import Accounts
from mock_server.features.accounts.runtime import user_table
from mock_server.features.moderation.core import Moderation
from mock_server.runtime.arguments import Arguments
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.wire.varchar import NUL_REFUSED
from server_kit import Store
from server_kit.store import Row


class UserFunctions(RuntimeFunctions):
    """Read users; ban and unban them."""

    def __init__(self, store: Store, accounts: Accounts, moderation: Moderation) -> None:
        self._store = store
        self._accounts = accounts
        self._moderation = moderation

    def users_get_id(self, user_ids: Any = None, facebook_ids: Any = None) -> list[dict[str, Any]]:
        """Read users by id or Facebook id; unknown ids are left out.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("users_get_id", user_ids, facebook_ids)
        ids = [] if user_ids is None else given.ids(1, expected="invalid user ids list")
        facebook = [] if facebook_ids is None else _facebook_ids(given)
        rows = [self._accounts.find(each) for each in ids]
        rows += [
            self._store.one("SELECT * FROM users WHERE facebook_id = ?", each) for each in facebook
        ]
        return self._user_tables(rows)

    def users_get_username(self, usernames: Any = None) -> list[dict[str, Any]]:
        """Read users by name; unknown names are left out.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("users_get_username", usernames)
        if usernames is None:
            raise given.error(1, "invalid username list")
        if not given.array(1):
            return []
        names = given.names(
            1, expected="invalid username data", each="each username must be a string"
        )
        if any("\0" in name for name in names):
            raise ModuleError(f"failed to get users: {NUL_REFUSED}")
        return self._user_tables([self._accounts.find_by_username(name) for name in names])

    def users_get_random(self, count: Any = None) -> list[dict[str, Any]]:
        """Read some random users.

        Args:
            count: How many, 0 to 1000; none when left out.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("users_get_random", count)
        number = given.optional_integer(1, 0)
        if not 0 <= number <= 1000:
            raise given.error(1, "count must be 0-1000")
        rows = self._store.all("SELECT * FROM users WHERE username <> '' ORDER BY id")
        return self._user_tables(random.sample(rows, min(number, len(rows))))

    def users_ban_id(self, user_ids: Any = None) -> None:
        """Ban accounts: tokens become invalid, sockets get notification -8 and are closed.

        Raises:
            ModuleError: A bad argument; no user is banned.
        """
        self._moderation.ban(_user_ids("users_ban_id", user_ids))

    def users_unban_id(self, user_ids: Any = None) -> None:
        """Let accounts log in again.

        Raises:
            ModuleError: A bad argument; no user is unbanned.
        """
        self._moderation.unban(_user_ids("users_unban_id", user_ids))

    def _user_tables(self, rows: list[Row | None] | list[Row]) -> list[dict[str, Any]]:
        found = {row["id"]: row for row in rows if row is not None}
        return [user_table(self._accounts, row) for row in found.values()]


def _user_ids(function: str, user_ids: Any) -> list[str]:
    given = Arguments(function, user_ids)
    if user_ids is None:
        raise given.error(1, "invalid user id list")
    return given.ids(1, expected="invalid user id data") if given.array(1) else []


def _facebook_ids(given: Arguments) -> list[str]:
    # Of what is in the list Nakama says argument 1, too.
    return Arguments("users_get_id", given.table(2)).names(
        1, expected="invalid facebook ids list", each="each facebook id must be a string"
    )

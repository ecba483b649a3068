"""Bans and deletions: what they do to an account's tokens, sockets and groups."""

from __future__ import annotations

from collections.abc import Iterable

from mock_server.features.groups.members import GroupMembers
from mock_server.features.leaderboards.records import Records
from mock_server.features.notifications.core import Notifications
from mock_server.features.notifications.system import NotificationCode
from mock_server.features.sessions.core import Sessions
from mock_server.identity import SYSTEM_USER
from mock_server.realtime.registry import SessionRegistry
from server_kit import Clock, Store

SCHEMA = """
CREATE TABLE user_tombstone (user_id TEXT PRIMARY KEY, create_time INTEGER NOT NULL);
"""

_CONTENT = (  # what does not go with its user
    "groups",
    "group_edge",
    "leaderboard_record",
    "message",
    "purchase",
    "storage",
    "subscription",
    "user_tombstone",
)
_KEPT = ("purchase", "subscription")  # what outlives its user, and is then nobody's


class Moderation:
    """Bans and deletes the accounts of one server."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        registry: SessionRegistry,
        sessions: Sessions,
        notifications: Notifications,
        members: GroupMembers,
        records: Records,
    ) -> None:
        self._store = store
        self._clock = clock
        self._registry = registry
        self._sessions = sessions
        self._notifications = notifications
        self._members = members
        self._records = records

    def delete(self, user_id: str, *, recorded: bool = False) -> None:
        """Delete a user with all their data; tokens become invalid, sockets are closed.

        An unknown user is no error, and keeps their tokens.

        Args:
            user_id: The user's id.
            recorded: Whether the id is kept as a tombstone, which operators can list.

        Raises:
            ValueError: The user is the system.
        """
        if user_id == SYSTEM_USER:
            raise ValueError("cannot delete the system user")
        with self._store.transaction():
            for table in _KEPT:
                self._store.run(
                    f"UPDATE {table} SET user_id = ? WHERE user_id = ?", SYSTEM_USER, user_id
                )
            if not self._store.run("DELETE FROM users WHERE id = ?", user_id):
                return
            if recorded:
                self._store.run(
                    "INSERT INTO user_tombstone VALUES (?, ?)", user_id, self._clock.tick()
                )
            self._members.forget_user(user_id)
            self._records.forget_user(user_id)
        self._sessions.kill_all(user_id)
        self._registry.disconnect_user(user_id)

    def delete_everything(self) -> None:
        """Delete all users and content; leaderboards stay, without records."""
        with self._store.transaction():
            for table in _CONTENT:
                self._store.run(f"DELETE FROM {table}")
            self._store.run("DELETE FROM users WHERE id <> ?", SYSTEM_USER)
        self._records.forget_all()

    def delete_all_accounts(self) -> None:
        """Delete all users, and by that what belongs to them; as in Nakama, no socket is closed."""
        self._store.run("DELETE FROM users WHERE id <> ?", SYSTEM_USER)

    def ban(self, user_ids: Iterable[str]) -> None:
        """Ban accounts: tokens become invalid, each socket gets notification -8 and is closed."""
        now = self._clock.tick()
        for user_id in user_ids:
            self._store.run("UPDATE users SET disable_time = ? WHERE id = ?", now, user_id)
            self._sessions.kill_all(user_id)
            self._notifications.end_sockets(user_id, "banned", NotificationCode.USER_BANNED)

    def unban(self, user_ids: Iterable[str]) -> None:
        """Let accounts log in again; their old tokens stay invalid."""
        for user_id in user_ids:
            self._store.run("UPDATE users SET disable_time = 0 WHERE id = ?", user_id)

"""Friends: two directed edges for each pair of users, and the rules that change them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum

from mock_server.features.accounts.core import Accounts
from mock_server.features.channels.ids import direct_message
from mock_server.features.friends.metadata import merged
from mock_server.features.notifications.core import Notifications, RowRejected
from mock_server.features.notifications.system import NotificationCode, SystemNotification, notify
from mock_server.realtime.tracker import Tracker
from mock_server.wire.jsonb import jsonb_text
from mock_server.wire.varchar import NUL_REFUSED
from server_kit import Clock, Store

# The keys are PostgreSQL's: lists go by state, then by the time of the first contact.
SCHEMA = """
CREATE TABLE user_edge (
    source_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    state INTEGER NOT NULL, position INTEGER NOT NULL,
    destination_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    update_time INTEGER NOT NULL, metadata TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (source_id, state, position), UNIQUE (source_id, destination_id)
) WITHOUT ROWID;
CREATE INDEX user_edge_destination ON user_edge (destination_id);
"""


class FriendState(IntEnum):
    """The relation of the destination of an edge to its source."""

    FRIEND = 0
    INVITE_SENT = 1
    INVITE_RECEIVED = 2
    BLOCKED = 3


class Friends:
    """The friend edges of one server."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        tracker: Tracker,
        accounts: Accounts,
        notifications: Notifications,
    ) -> None:
        self._store = store
        self._clock = clock
        self._tracker = tracker
        self._accounts = accounts
        self._notifications = notifications

    def add(
        self, user_id: str, username: str, friend_ids: Iterable[str], metadata: str = ""
    ) -> None:
        """Invite users, or accept their invites; across a block, either way, nothing happens.

        Args:
            user_id: Who adds.
            username: Their name, for the notifications (-2, -3).
            friend_ids: The other users; unknown ids change nothing.
            metadata: JSON text for the adder's side of the edge; empty for none.

        Raises:
            RowRejected: The metadata is not JSON, or the user does not exist; no friend is added.
        """
        events: list[tuple[str, SystemNotification]] = []
        with self.drawing_edges():
            for friend_id in _others(user_id, friend_ids):
                event = self._add_one(user_id, username, friend_id, metadata or "{}")
                if event is not None:
                    events.append((friend_id, event))
        notify(self._notifications, [event.to(friend_id) for friend_id, event in events])

    def delete(self, user_id: str, username: str, friend_ids: Iterable[str]) -> None:
        """End friendships, withdraw or refuse invites (-9), lift own blocks."""
        with self._store.transaction():
            removed = [
                friend_id
                for friend_id in _others(user_id, friend_ids)
                if self._delete_one(user_id, friend_id)
            ]
        event = SystemNotification(
            NotificationCode.FRIEND_REMOVE,
            f"{username} removed you as a friend",
            {"username": username},
            user_id,
        )
        notify(self._notifications, [event.to(friend_id) for friend_id in removed])

    def block(self, user_id: str, friend_ids: Iterable[str]) -> None:
        """Block users: they lose their side of the edge and leave the direct message channel.

        Raises:
            RowRejected: The user does not exist.
        """
        with self.drawing_edges():
            for friend_id in _others(user_id, friend_ids):
                if self._block_one(user_id, friend_id):
                    self._tracker.untrack_stream(direct_message(user_id, friend_id))

    @contextmanager
    def drawing_edges(self) -> Iterator[None]:
        """A transaction that draws edges from one user.

        Raises:
            RowRejected: The user does not exist; nothing is written.
        """
        try:
            with self._store.transaction():
                yield
        except sqlite3.IntegrityError:
            raise RowRejected(
                'ERROR: insert or update on table "user_edge" violates foreign key constraint '
                '"user_edge_source_id_fkey" (SQLSTATE 23503)'
            ) from None

    def has_blocked(self, user_id: str, other_id: str) -> bool:
        """Tell whether a user blocks another one."""
        return self._state(user_id, other_id) == FriendState.BLOCKED

    def update_metadata(self, user_id: str, friend_id: str, metadata: str) -> None:
        """Replace the metadata of one side of an edge; where there is none, nothing happens."""
        self._store.run(
            "UPDATE user_edge SET metadata = ? WHERE source_id = ? AND destination_id = ?",
            jsonb_text(metadata),
            user_id,
            friend_id,
        )

    def ids_of(self, usernames: Sequence[str]) -> list[str]:
        """The ids of those user names that exist.

        Raises:
            RowRejected: A name holds a NUL character.
        """
        if any("\0" in name for name in usernames):
            raise RowRejected(NUL_REFUSED)
        rows = [self._accounts.find_by_username(name) for name in usernames]
        return [row["id"] for row in rows if row is not None]

    def _state(self, source_id: str, destination_id: str) -> int | None:
        row = self._store.one(
            "SELECT state FROM user_edge WHERE source_id = ? AND destination_id = ?",
            source_id,
            destination_id,
        )
        return None if row is None else int(row["state"])

    def _add_one(
        self, user_id: str, username: str, friend_id: str, metadata: str
    ) -> SystemNotification | None:
        if self.has_blocked(user_id, friend_id):
            return None
        stored = _stored(metadata)
        content = {"username": username}
        if self._accept(user_id, friend_id, stored):
            subject = f"{username} accepted your friend request"
            return SystemNotification(NotificationCode.FRIEND_ACCEPT, subject, content, user_id)
        if self._accounts.find(friend_id) is None or self.has_blocked(friend_id, user_id):
            return None
        sides = ((FriendState.INVITE_SENT, stored), (FriendState.INVITE_RECEIVED, "{}"))
        if self.connect(user_id, friend_id, *sides):
            subject = f"{username} wants to add you as a friend"
            return SystemNotification(NotificationCode.FRIEND_REQUEST, subject, content, user_id)
        return None

    def _accept(self, user_id: str, friend_id: str, metadata: str) -> bool:
        mine = self._store.one(
            "SELECT metadata FROM user_edge WHERE source_id = ? AND destination_id = ? "
            "AND state = ?",
            user_id,
            friend_id,
            FriendState.INVITE_RECEIVED,
        )
        if mine is None:
            return False
        self.befriend(user_id, friend_id, merged(mine["metadata"], metadata))
        self.befriend(friend_id, user_id)
        return True

    def befriend(self, source_id: str, destination_id: str, metadata: str | None = None) -> None:
        """Turn one side of an edge into a friendship; None leaves its metadata alone."""
        self._store.run(
            "UPDATE user_edge SET state = ?, update_time = ?, metadata = coalesce(?, metadata) "
            "WHERE source_id = ? AND destination_id = ?",
            FriendState.FRIEND,
            self._clock.tick(),
            metadata,
            source_id,
            destination_id,
        )

    def connect(
        self,
        user_id: str,
        friend_id: str,
        mine: tuple[FriendState, str],
        theirs: tuple[FriendState, str],
    ) -> bool:
        """Draw both edges between two users, each with a state and metadata.

        Returns:
            Whether they are new; where one is there already, nothing changes.
        """
        if self._state(user_id, friend_id) is not None:
            return False
        now = self._clock.tick()
        sides = ((user_id, friend_id, *mine), (friend_id, user_id, *theirs))
        self._store.run_many(
            "INSERT INTO user_edge (source_id, destination_id, state, metadata, position, "
            "update_time) VALUES (?, ?, ?, ?, ?, ?)",
            [(*side, now, now) for side in sides],
        )
        self.count(user_id, 1)
        self.count(friend_id, 1)
        return True

    def count(self, user_id: str, change: int) -> None:
        """Correct the number of edges that a user's account shows."""
        self._store.run(
            "UPDATE users SET edge_count = edge_count + ?, update_time = ? WHERE id = ?",
            change,
            self._clock.tick(),
            user_id,
        )

    def _delete_one(self, user_id: str, friend_id: str) -> bool:
        """Remove the edges between two users; return whether there were two of them."""
        mine = self._store.run(
            "DELETE FROM user_edge WHERE source_id = ? AND destination_id = ?", user_id, friend_id
        )
        theirs = self._delete_unless_blocked(friend_id, user_id)
        if mine or theirs:
            self.count(user_id, -1)
        if mine and theirs:
            self.count(friend_id, -1)
        return bool(mine and theirs)

    def _delete_unless_blocked(self, source_id: str, destination_id: str) -> int:
        return self._store.run(
            "DELETE FROM user_edge WHERE source_id = ? AND destination_id = ? AND state <> ?",
            source_id,
            destination_id,
            FriendState.BLOCKED,
        )

    def _block_one(self, user_id: str, friend_id: str) -> bool:
        if self._accounts.find(friend_id) is None:
            return False
        now = self._clock.tick()
        if self._state(user_id, friend_id) is None:
            self.count(user_id, 1)
        self._store.run(
            "INSERT INTO user_edge (source_id, destination_id, state, position, update_time) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (source_id, destination_id) "
            "DO UPDATE SET state = excluded.state, update_time = excluded.update_time",
            user_id,
            friend_id,
            FriendState.BLOCKED,
            now,
            now,
        )
        if self._delete_unless_blocked(friend_id, user_id):
            self.count(friend_id, -1)
        return True


def _stored(metadata: str) -> str:
    try:
        return jsonb_text(metadata)
    except ValueError:
        raise RowRejected("ERROR: invalid input syntax for type json (SQLSTATE 22P02)") from None


def _others(user_id: str, friend_ids: Iterable[str]) -> list[str]:
    """Each id once, without the user's own."""
    return [each for each in dict.fromkeys(friend_ids) if each != user_id]

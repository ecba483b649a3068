"""Members of groups: join, leave, add, ban, kick, promote, demote.

Every call is one transaction; notifications and the messages on the group's channel follow it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mock_server.features.accounts.core import Accounts
from mock_server.features.channels.core import (
    Channels,
    MessageCode,
)
from mock_server.features.groups.announcements import GroupAnnouncements
from mock_server.features.groups.core import CLOSED, Groups, GroupState
from mock_server.features.groups.errors import (
    GroupFull,
    GroupNotFound,
    LastSuperadmin,
    PermissionDenied,
    UserNotFound,
)
from mock_server.features.notifications.core import Notifications
from mock_server.features.notifications.system import NotificationCode, SystemNotification, notify
from mock_server.identity import SYSTEM_USER
from mock_server.realtime.tracker import Tracker
from server_kit import Clock, Store

# A membership's edges. As `IN (VALUES …)`, SQLite would read the edges of all groups.
_BOTH_EDGES = "(source_id = ? AND destination_id = ?) OR (source_id = ? AND destination_id = ?)"


class GroupMembers:
    """The states of users in the groups of one server.

    `caller_id` is the acting user: at least an admin of the group, or the system user for server
    modules.
    Their own id among those of other users is ignored.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        tracker: Tracker,
        accounts: Accounts,
        notifications: Notifications,
        groups: Groups,
        channels: Channels,
    ) -> None:
        self._store = store
        self._clock = clock
        self._accounts = accounts
        self._notifications = notifications
        self._groups = groups
        self._channels = channels
        self._announcements = GroupAnnouncements(store, tracker, notifications, channels)

    def join(self, group_id: str, user_id: str, username: str) -> None:
        """Join an open group, or ask to join a closed one (-5 to its admins).

        Users who have a state in the group keep it, also a ban.

        Raises:
            GroupError: No such group, it is full, or the user has no account.
        """
        group = self._groups.find(group_id)
        if group is None:
            raise GroupNotFound
        if group["edge_count"] >= group["max_count"]:
            raise GroupFull
        if self._state(group_id, user_id) is not None:
            return
        if group["state"] == CLOSED:
            self._groups.connect(group_id, user_id, GroupState.JOIN_REQUEST)
            self._announcements.tell_admins(group_id, user_id, username)
            return
        with self._store.transaction():
            self._groups.connect(group_id, user_id, GroupState.MEMBER)
            self._count(group_id, 1)
            message = self._announcements.message(
                group_id, MessageCode.GROUP_JOIN, user_id, username
            )
        self._channels.publish([message])

    def leave(self, group_id: str, user_id: str, username: str) -> None:
        """Leave a group or take back a join request; with the last member the group is deleted.

        Raises:
            GroupError: The user is the last superadmin of others, or has no account.
        """
        state = self._state(group_id, user_id)
        if state in (None, GroupState.BANNED):
            return
        if state == GroupState.SUPERADMIN and not self._superadmins(group_id, besides=user_id):
            if self._members(group_id, besides=user_id):
                raise LastSuperadmin
            self._groups.delete(group_id, user_id)
            return
        with self._store.transaction():
            self._disconnect(group_id, user_id)
            if state != GroupState.JOIN_REQUEST:
                self._count(group_id, -1)
            message = self._announcements.message(
                group_id, MessageCode.GROUP_LEAVE, user_id, username
            )
        self._announcements.publish(group_id, [message], gone=[user_id])

    def add(self, group_id: str, caller_id: str, user_ids: Iterable[str]) -> None:
        """Make users members, or accept their join requests (-4 to each).

        Members and banned users stay what they are.

        Raises:
            GroupError: No right, an unknown user, or too many for the group; no user is added.
        """
        self._rank(group_id, caller_id)
        group = self._groups.find(group_id)
        if group is None:
            raise GroupNotFound
        event = SystemNotification(
            NotificationCode.GROUP_ADD,
            f"You've been added to group {group['name']}",
            {"group_id": group_id, "name": group["name"]},
            caller_id,
        )
        now, messages = self._channels.now(), []
        with self._store.transaction():
            for user_id in _others(caller_id, user_ids):
                username = self._username(user_id)
                if self._make_member(group_id, user_id):
                    self._count(group_id, 1)
                    messages.append(
                        self._announcements.message(
                            group_id, MessageCode.GROUP_ADD, user_id, username, now
                        )
                    )
        self._channels.publish(messages)
        notify(self._notifications, [event.to(message.author.user_id) for message in messages])

    def ban(self, group_id: str, caller_id: str, user_ids: Iterable[str]) -> None:
        """Ban users who have a state in a group, without notification.

        QUIRK: all bans of one call get the same position, which is part of the key, so that in a
        call with several users the first one's ban is kept and the others are merely removed.

        Raises:
            GroupError: No right.
        """
        position = self._clock.tick()

        def ban(user_id: str) -> None:
            self._store.run(
                "INSERT INTO group_edge (source_id, destination_id, state, position, update_time) "
                "VALUES (?, ?, ?, ?, ?) ON CONFLICT (source_id, state, position) "
                "DO UPDATE SET update_time = excluded.update_time",
                group_id,
                user_id,
                GroupState.BANNED,
                position,
                position,
            )

        rank = self._rank(group_id, caller_id)
        self._remove(group_id, caller_id, rank, user_ids, MessageCode.GROUP_BAN, ban)

    def kick(self, group_id: str, caller_id: str, user_ids: Iterable[str]) -> None:
        """Remove members, refuse join requests, lift bans, without notification.

        Raises:
            GroupError: No right, or no such group.
        """
        rank = self._rank(group_id, caller_id)
        self._require(group_id)
        self._remove(group_id, caller_id, rank, user_ids, MessageCode.GROUP_KICK)

    def promote(self, group_id: str, caller_id: str, user_ids: Iterable[str]) -> None:
        """Move members who rank below the caller one rank up.

        Raises:
            GroupError: No right, no such group, or an unknown user.
        """
        rank = self._rank(group_id, caller_id)
        self._require(group_id)

        def may_rise(user_id: str, state: int) -> bool:
            return rank < state <= GroupState.MEMBER and state > GroupState.SUPERADMIN

        self._move(group_id, caller_id, user_ids, may_rise, -1, MessageCode.GROUP_PROMOTE)

    def promote_anybody(self, group_id: str, user_id: str) -> bool:
        """Move anybody one rank up, also who asks to join or is banned, as operators may.

        Returns:
            Whether they had a rank below the highest.

        Raises:
            GroupError: No such group, or it is full.
        """
        self._require(group_id)
        state = self._state(group_id, user_id)
        if state is None or state == GroupState.SUPERADMIN:
            return False
        code = MessageCode.GROUP_PROMOTE
        with self._store.transaction():
            if state == GroupState.JOIN_REQUEST:
                self._count(group_id, 1)
            self._move(group_id, SYSTEM_USER, [user_id], lambda *_: True, -1, code)
        return True

    def demote(self, group_id: str, caller_id: str, user_ids: Iterable[str]) -> None:
        """Move admins who do not rank above the caller one rank down.

        Raises:
            GroupError: No right, no such group, or an unknown user.
        """
        rank = self._rank(group_id, caller_id)
        self._require(group_id)

        def may_fall(user_id: str, state: int) -> bool:
            if rank == GroupState.SUPERADMIN and not self._superadmins(group_id, besides=user_id):
                return False
            return rank <= state < GroupState.MEMBER

        self._move(group_id, caller_id, user_ids, may_fall, 1, MessageCode.GROUP_DEMOTE)

    def forget_user(self, user_id: str) -> None:
        """Remove a deleted user from their groups; those without another superadmin are deleted."""
        edges = self._store.all(
            "SELECT g.id, e.state FROM group_edge e JOIN groups g ON g.id = e.source_id "
            "WHERE e.destination_id = ?",
            user_id,
        )
        for edge in edges:
            if edge["state"] != GroupState.SUPERADMIN:
                self._disconnect(edge["id"], user_id)
                if edge["state"] <= GroupState.MEMBER:
                    self._count(edge["id"], -1)
            elif not self._superadmins(edge["id"], besides=user_id):
                self._groups.erase(edge["id"])

    def _rank(self, group_id: str, caller_id: str) -> int:
        """The caller's state in the group; server modules act as superadmins."""
        if caller_id == SYSTEM_USER:
            return GroupState.SUPERADMIN
        state = self._state(group_id, caller_id)
        if state is None or state > GroupState.ADMIN:
            raise PermissionDenied
        return state

    def _require(self, group_id: str) -> None:
        if self._groups.find(group_id) is None:
            raise GroupNotFound

    def _state(self, group_id: str, user_id: str) -> int | None:
        return self._groups.state_of(group_id, user_id)

    def _superadmins(self, group_id: str, *, besides: str) -> int:
        return self._at_least(group_id, GroupState.SUPERADMIN, besides)

    def _members(self, group_id: str, *, besides: str) -> int:
        return self._at_least(group_id, GroupState.MEMBER, besides)

    def _at_least(self, group_id: str, lowest: GroupState, besides: str) -> int:
        row = self._store.one(
            "SELECT count(*) AS others FROM group_edge "
            "WHERE source_id = ? AND destination_id <> ? AND state <= ?",
            group_id,
            besides,
            lowest,
        )
        assert row is not None
        return int(row["others"])

    def _username(self, user_id: str) -> str:
        row = self._accounts.find(user_id)
        if row is None:
            raise UserNotFound
        return str(row["username"])

    def _make_member(self, group_id: str, user_id: str) -> bool:
        state = self._state(group_id, user_id)
        if state is None:
            self._groups.connect(group_id, user_id, GroupState.MEMBER)
        elif state == GroupState.JOIN_REQUEST:
            self._set_state(group_id, user_id, GroupState.MEMBER)
        else:
            return False
        return True

    def _remove(
        self,
        group_id: str,
        caller_id: str,
        rank: int,
        user_ids: Iterable[str],
        code: MessageCode,
        then: Callable[[str], None] | None = None,
    ) -> None:
        """Remove the users whom a caller of this rank may remove; announce it in the channel."""
        now, messages = self._channels.now(), []
        with self._store.transaction():
            for user_id in _others(caller_id, user_ids):
                state = self._state(group_id, user_id)
                if state is None or not self._may_remove(group_id, rank, user_id, state):
                    continue
                self._disconnect(group_id, user_id)
                if then is not None:
                    then(user_id)
                if state <= GroupState.MEMBER:
                    self._count(group_id, -1)
                    username = self._username(user_id)
                    messages.append(
                        self._announcements.message(group_id, code, user_id, username, now)
                    )
        self._announcements.publish(
            group_id, messages, gone=[each.author.user_id for each in messages]
        )

    def _may_remove(self, group_id: str, rank: int, user_id: str, state: int) -> bool:
        if rank > GroupState.SUPERADMIN:
            return state > GroupState.ADMIN
        if state > GroupState.SUPERADMIN:
            return True
        return self._superadmins(group_id, besides=user_id) > 0

    def _move(
        self,
        group_id: str,
        caller_id: str,
        user_ids: Iterable[str],
        may_move: Callable[[str, int], bool],
        step: int,
        code: MessageCode,
    ) -> None:
        now, messages = self._channels.now(), []
        with self._store.transaction():
            for user_id in _others(caller_id, user_ids):
                state = self._state(group_id, user_id)
                if state is None or not may_move(user_id, state):
                    continue
                self._set_state(group_id, user_id, state + step)
                username = self._username(user_id)
                messages.append(self._announcements.message(group_id, code, user_id, username, now))
        self._channels.publish(messages)

    def _set_state(self, group_id: str, user_id: str, state: int) -> None:
        self._store.run(
            f"UPDATE group_edge SET state = ? WHERE {_BOTH_EDGES}",
            state,
            group_id,
            user_id,
            user_id,
            group_id,
        )

    def _disconnect(self, group_id: str, user_id: str) -> None:
        self._store.run(
            f"DELETE FROM group_edge WHERE {_BOTH_EDGES}",
            group_id,
            user_id,
            user_id,
            group_id,
        )

    def _count(self, group_id: str, change: int) -> None:
        """Correct the number of members.

        Raises:
            GroupFull: There would be more than the group may have.
        """
        changed = self._store.run(
            "UPDATE groups SET edge_count = edge_count + ?, update_time = ? "
            "WHERE id = ? AND edge_count + ? <= max_count",
            change,
            self._clock.tick(),
            group_id,
            change,
        )
        if not changed:
            raise GroupFull


def _others(caller_id: str, user_ids: Iterable[str]) -> list[str]:
    return [user_id for user_id in user_ids if user_id != caller_id]

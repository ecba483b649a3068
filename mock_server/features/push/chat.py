"""The recipients of a chat message's push: the members of the group or room who are not there.

A room has no members in Nakama. Here they are those who joined it and did not leave it: a socket
that closes leaves the channel, its user stays a member.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable

from mock_server.features.channels.core import ChannelUser
from mock_server.features.groups.core import Groups
from mock_server.features.push.recipients import MOST_RECIPIENTS
from mock_server.realtime.stream import Stream, StreamMode
from mock_server.realtime.tracker import Tracker
from server_kit import Clock, Store

_log = logging.getLogger("mock_server.push")

SCHEMA = """
CREATE TABLE push_room_member (
    room TEXT NOT NULL, user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    joined_at INTEGER NOT NULL, PRIMARY KEY (room, user_id)
) WITHOUT ROWID;
CREATE INDEX push_room_member_room ON push_room_member (room, joined_at);
CREATE INDEX push_room_member_user ON push_room_member (user_id, joined_at);
"""

_MOST_MEMBERS = 2 * MOST_RECIPIENTS  # of a room
_MOST_ROOMS = 100  # of a user


class ChatMembers:
    """The members of groups and rooms.

    A room has up to 2,000, a user is in up to 100 rooms; the member or room that was added first is
    dropped for a new one.
    """

    def __init__(self, store: Store, clock: Clock, tracker: Tracker, groups: Groups) -> None:
        self._store = store
        self._clock = clock
        self._tracker = tracker
        self._groups = groups

    def joined(self, user: ChannelUser) -> None:
        """Note that a user joined a channel."""
        if user.stream.mode == StreamMode.CHANNEL:
            self._write(lambda: self._add(user.stream.label, user.user_id), user)

    def left(self, user: ChannelUser) -> None:
        """Note that a user left a channel, unless another of their sockets is in it."""
        if user.stream.mode != StreamMode.CHANNEL or user.user_id in self.present(user.stream):
            return
        sql = "DELETE FROM push_room_member WHERE room = ? AND user_id = ?"
        self._write(lambda: self._store.run(sql, user.stream.label, user.user_id), user)

    def present(self, stream: Stream) -> set[str]:
        """The users who are in a channel now, hidden ones as well."""
        return {presence.user_id for presence in self._tracker.of_stream(stream, hidden=True)}

    def name(self, stream: Stream) -> str:
        """The name of a room or group."""
        if stream.mode == StreamMode.CHANNEL:
            return stream.label
        group = self._groups.find(stream.subject)
        return group["name"] if group is not None else ""

    def absent(self, stream: Stream, sender_id: str) -> list[str]:
        """The members who are not in the channel now, without the sender.

        They are up to 1,001, so that the caller sees whether there are more than 1,000.
        """
        left_out = self.present(stream) | {sender_id}
        most = MOST_RECIPIENTS + 1
        members = self._members(stream, most + len(left_out))
        return [each for each in members if each not in left_out][:most]

    def _members(self, stream: Stream, limit: int) -> Iterable[str]:
        if stream.mode == StreamMode.GROUP:
            return self._groups.member_ids(stream.subject, limit)
        rows = self._store.all(
            "SELECT user_id FROM push_room_member WHERE room = ? ORDER BY joined_at LIMIT ?",
            stream.label,
            limit,
        )
        return [row["user_id"] for row in rows]

    def _add(self, room: str, user_id: str) -> None:
        with self._store.transaction():
            is_new = self._store.run(
                "INSERT INTO push_room_member (room, user_id, joined_at) "
                "SELECT ?, id, ? FROM users WHERE id = ? ON CONFLICT DO NOTHING",
                room,
                self._clock.tick(),
                user_id,
            )
            if is_new:
                self._trim("room", room, _MOST_MEMBERS)
                self._trim("user_id", user_id, _MOST_ROOMS)

    def _trim(self, column: str, value: str, most: int) -> None:
        """Remove the row that was added first, if there is one too many."""
        self._store.run(
            f"DELETE FROM push_room_member WHERE {column} = ? AND joined_at < ("
            f"SELECT joined_at FROM push_room_member WHERE {column} = ? "
            f"ORDER BY joined_at DESC LIMIT 1 OFFSET {most - 1})",
            value,
            value,
        )

    def _write(self, write: Callable[[], object], user: ChannelUser) -> None:
        try:
            write()
        except sqlite3.Error:  # the chat does not depend on it
            _log.exception("the rooms of user %s could not be kept", user.user_id)

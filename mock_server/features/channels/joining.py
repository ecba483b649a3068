"""Finds the channel of a client's request and checks that the user may join it."""

from __future__ import annotations

import re
from enum import IntEnum

from mock_server.features.accounts.core import Accounts
from mock_server.features.channels.ids import LONGEST_NAME, direct_message, group_channel
from mock_server.features.friends.core import Friends
from mock_server.features.groups.core import Groups, GroupState
from mock_server.identity import SYSTEM_USER
from mock_server.realtime.stream import Stream, StreamMode
from mock_server.wire.uuids import NIL, parse_uuid

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_INVALID_TARGET = "Invalid channel target"


class ChannelType(IntEnum):
    """The kinds of channels, as clients number them; without a number it is a room."""

    UNSPECIFIED = 0
    ROOM = 1
    DIRECT_MESSAGE = 2
    GROUP = 3


class InvalidTarget(Exception):
    """There is no such channel for this user; the message is Nakama's."""

    def __init__(self, reason: str = "") -> None:
        super().__init__(f"{reason}: {_INVALID_TARGET}" if reason else _INVALID_TARGET)


class InvalidType(Exception):
    """There is no such kind of channel."""

    def __init__(self) -> None:
        super().__init__("Invalid channel type")


class ChannelResolver:
    """Finds the channel of a client's request."""

    def __init__(self, accounts: Accounts, friends: Friends, groups: Groups) -> None:
        self._accounts = accounts
        self._friends = friends
        self._groups = groups

    def resolve(self, user_id: str, target: str, kind: int) -> Stream:
        """Return the stream of a channel, if the user may join it.

        Args:
            user_id: Who wants to join; the system user is not checked.
            target: A room's name, another user's id, or a group's id.
            kind: A `ChannelType`.

        Raises:
            InvalidTarget: No such room name, user or group, or the user may not join it.
            InvalidType: No such kind of channel.
        """
        if not target:
            raise InvalidTarget
        if kind in (ChannelType.UNSPECIFIED, ChannelType.ROOM):
            return _room(target)
        if kind == ChannelType.DIRECT_MESSAGE:
            return self._direct_message(user_id, target)
        if kind == ChannelType.GROUP:
            return self._group(user_id, target)
        raise InvalidType

    def _direct_message(self, user_id: str, target: str) -> Stream:
        other = parse_uuid(target)
        if other is None or other == NIL:
            raise InvalidTarget("Invalid user ID in direct message join")
        if user_id == SYSTEM_USER:
            # QUIRK: Nakama leaves the stream as it began, a room without a name.
            return Stream(StreamMode.CHANNEL)
        if self._accounts.find(other) is None or self._friends.has_blocked(other, user_id):
            raise InvalidTarget("User ID not found")
        return direct_message(user_id, other)

    def _group(self, user_id: str, target: str) -> Stream:
        group_id = parse_uuid(target)
        if group_id is None:
            raise InvalidTarget("Invalid group ID in group channel join")
        if not self._groups.may(group_id, user_id, GroupState.MEMBER):
            raise InvalidTarget("Group not found")
        return group_channel("" if group_id == NIL else group_id)


def _room(name: str) -> Stream:
    if len(name.encode()) > LONGEST_NAME:
        raise InvalidTarget("Channel name is required and must be 1-64 chars")
    if _CONTROL.search(name):
        raise InvalidTarget("Channel name must not contain control chars")
    return Stream(StreamMode.CHANNEL, label=name)

"""System notifications: those that Nakama sends when one user's action concerns another."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from enum import IntEnum

from attrs import frozen

from mock_server.features.notifications.core import Notification, Notifications, RowRejected
from mock_server.wire import gojson

_log = logging.getLogger("mock_server.notifications")


class NotificationCode(IntEnum):
    """The codes that are Nakama's own."""

    DM_REQUEST = -1
    FRIEND_REQUEST = -2
    FRIEND_ACCEPT = -3
    GROUP_ADD = -4
    GROUP_JOIN_REQUEST = -5
    FRIEND_JOIN_GAME = -6
    SINGLE_SOCKET = -7
    USER_BANNED = -8
    FRIEND_REMOVE = -9


@frozen
class SystemNotification:
    """An event about which Nakama itself notifies.

    Attributes:
        code: What it is about.
        subject: The sentence a player reads.
        content: Names and values.
        sender_id: Who did it.
    """

    code: NotificationCode
    subject: str
    content: Mapping[str, str]
    sender_id: str

    def to(self, user_id: str) -> Notification:
        """The persistent notification of this event to one user."""
        return Notification(
            user_id,
            self.subject,
            gojson.marshal(self.content),
            self.code,
            self.sender_id,
            persistent=True,
        )


def notify(notifications: Notifications, causes: Iterable[Notification]) -> None:
    """Send what an event caused; if the database refuses one of them, none is sent.

    As in Nakama, the event itself still happens.
    """
    try:
        notifications.send(list(causes))
    except RowRejected:
        _log.exception("an event's notifications were refused")

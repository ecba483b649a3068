"""What changes of a group send: messages on its channel, notifications to its admins."""

from __future__ import annotations

from collections.abc import Iterable

from mock_server.features.channels.core import (
    ChannelMessage,
    Channels,
    MessageCode,
    MessageNotStored,
)
from mock_server.features.channels.ids import group_channel
from mock_server.features.groups.core import GroupState
from mock_server.features.groups.errors import DatabaseRefused
from mock_server.features.notifications.core import Notifications
from mock_server.features.notifications.system import NotificationCode, SystemNotification, notify
from mock_server.realtime.tracker import Tracker
from server_kit import Store


class GroupAnnouncements:
    """Announces the changes of groups.

    Args:
        store: The database.
        tracker: Who is in the channels.
        notifications: Notifies the admins.
        channels: Stores and publishes the messages.
    """

    def __init__(
        self, store: Store, tracker: Tracker, notifications: Notifications, channels: Channels
    ) -> None:
        self._store = store
        self._tracker = tracker
        self._notifications = notifications
        self._channels = channels

    def message(
        self, group_id: str, code: MessageCode, user_id: str, username: str, now: int | None = None
    ) -> ChannelMessage:
        """Store a message about a user on the group's channel; `publish` sends it.

        Raises:
            DatabaseRefused: The database does not take it.
        """
        channels = self._channels
        time = channels.now() if now is None else now
        try:
            return channels.store_group_message(group_id, code, user_id, username, time)
        except MessageNotStored as error:
            raise DatabaseRefused(str(error)) from None

    def publish(self, group_id: str, messages: list[ChannelMessage], gone: Iterable[str]) -> None:
        """Send messages to the channel, then take those who have left the group out of it."""
        self._channels.publish(messages)
        stream, left = group_channel(group_id), set(gone)
        for presence in self._tracker.of_stream(stream, hidden=True):
            if presence.user_id in left:
                self._tracker.untrack(stream, presence.session_id)

    def tell_admins(self, group_id: str, user_id: str, username: str) -> None:
        """Notify the group's admins that a user asks to join."""
        event = SystemNotification(
            NotificationCode.GROUP_JOIN_REQUEST,
            f"User {username} wants to join your group",
            {"group_id": group_id, "username": username},
            user_id,
        )
        admins = self._store.all(
            "SELECT destination_id FROM group_edge WHERE source_id = ? AND state <= ?",
            group_id,
            GroupState.ADMIN,
        )
        notify(self._notifications, [event.to(row["destination_id"]) for row in admins])

"""`nk.channel_*`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.cursor import BadCursor
from mock_server.features.channels.core import (
    Author,
    ChannelMessage,
    Channels,
    MessageNotFound,
    MessageNotStored,
    place,
)
from mock_server.features.channels.history import ChannelHistory, UnreadableChannel
from mock_server.features.channels.ids import channel_id as id_of
from mock_server.features.channels.ids import parse_channel_id
from mock_server.features.channels.joining import ChannelResolver, InvalidTarget
from mock_server.identity import SYSTEM_USER
from mock_server.realtime.stream import Stream
from mock_server.runtime.arguments import Arguments, object_json
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.wire.uuids import parse_uuid
from server_kit.store import Row

_SENDER = "expects sender id to either be not set, empty string or a valid UUID"
_FAILED = "failed to send channel message"
_PLACES = ("room_name", "group_id", "user_id_one", "user_id_two")


class ChannelFunctions(RuntimeFunctions):
    """Send, update, remove and list chat messages of any channel."""

    def __init__(
        self, channels: Channels, history: ChannelHistory, resolver: ChannelResolver
    ) -> None:
        self._channels = channels
        self._history = history
        self._resolver = resolver

    def channel_id_build(self, sender_id: Any = None, target: Any = None, kind: Any = None) -> str:
        """Return the id of a channel that a user may join.

        Args:
            sender_id: The user; empty for the system.
            target: A room's name, another user's id, or a group's id.
            kind: 1 for a room, 2 for direct messages, 3 for a group.

        Raises:
            ModuleError: A bad argument, or a channel that the user may not join.
        """
        given = Arguments("channel_id_build", sender_id, target, kind)
        user_id = given.uuid(1, _SENDER) if given.text(1) else SYSTEM_USER
        name = given.text(2)
        number = given.integer(3)
        if not 1 <= number <= 3:
            raise given.error(3, "invalid channel type: expects value 1-3")
        try:
            return id_of(self._resolver.resolve(user_id, name, number))
        except InvalidTarget as error:
            raise given.error(1, str(error)) from None

    def channel_message_send(
        self,
        channel_id: Any = None,
        content: Any = None,
        sender_id: Any = None,
        sender_username: Any = None,
        persist: Any = None,
    ) -> dict[str, Any]:
        """Send a message to a channel, as anybody or as the system.

        Args:
            channel_id: The channel.
            content: A table of names and values; None is an empty one.
            sender_id: A uuid; None or empty for the system.
            sender_username: The name that is shown.
            persist: Whether the history keeps it; False when left out.

        Returns:
            `channelId`, `messageId`, `code`, `username`, `createTime`, `updateTime`, `persistent`.

        Raises:
            ModuleError: A bad argument, or an unknown sender of a persistent message.
        """
        given = Arguments(
            "channel_message_send", channel_id, content, sender_id, sender_username, persist
        )
        text = _content(given, 2)
        author = _author(given, 3)
        return _acknowledged(lambda: self._channels.send(author, text))

    def channel_message_update(
        self,
        channel_id: Any = None,
        message_id: Any = None,
        content: Any = None,
        sender_id: Any = None,
        sender_username: Any = None,
        persist: Any = None,
    ) -> dict[str, Any]:
        """Replace the content of a message; arguments and result are those of a send.

        Raises:
            ModuleError: A bad argument, or no such stored message of this sender.
        """
        given = Arguments(
            "channel_message_update",
            channel_id,
            message_id,
            content,
            sender_id,
            sender_username,
            persist,
        )
        message = _message_id(given)
        text = _content(given, 3)
        author = _author(given, 4)
        return _acknowledged(lambda: self._channels.update(author, message, text))

    def channel_message_remove(
        self,
        channel_id: Any = None,
        message_id: Any = None,
        sender_id: Any = None,
        sender_username: Any = None,
        persist: Any = None,
    ) -> dict[str, Any]:
        """Remove a message; arguments and result are those of a send.

        Raises:
            ModuleError: A bad argument, or no such stored message of this sender.
        """
        given = Arguments(
            "channel_message_remove", channel_id, message_id, sender_id, sender_username, persist
        )
        message = _message_id(given)
        author = _author(given, 3)
        return _acknowledged(lambda: self._channels.remove(author, message))

    def channel_messages_list(
        self,
        channel_id: Any = None,
        limit: Any = None,
        forward: Any = None,
        cursor: Any = None,
    ) -> tuple[list[dict[str, Any]], str | None, str | None]:
        """List the history of any channel.

        Args:
            channel_id: The channel.
            limit: 1 to 100; 100 when left out.
            forward: Oldest first, which is the default, or newest first.
            cursor: Where to go on.

        Returns:
            The messages, and the cursors of the next and the previous page, or None.

        Raises:
            ModuleError: A bad argument or cursor.
        """
        given = Arguments("channel_messages_list", channel_id, limit, forward, cursor)
        shown_id = given.text(1)
        size = given.optional_integer(2, 100)
        if not 1 <= size <= 100:
            raise given.error(2, "limit must be 1-100")
        is_forward = given.optional_flag(3, default=True)
        start = given.optional_text(4)
        stream = parse_channel_id(shown_id)
        if stream is None:
            # Nakama's own words, whatever they mean here.
            raise ModuleError("error converting leaderboard records: invalid channel id")
        try:
            page = self._history.page(SYSTEM_USER, stream, size, forward=is_forward, cursor=start)
        except BadCursor:
            raise ModuleError("failed to list channel messages: invalid channel cursor") from None
        except UnreadableChannel as error:
            raise ModuleError(f"failed to list channel messages: {error}") from None
        messages = [_listed(row, stream, shown_id) for row in page.rows]
        return messages, page.next_cursor or None, page.prev_cursor or None


def _content(given: Arguments, number: int) -> str:
    table = given.optional_table(number)
    if isinstance(table, list) and table:
        raise given.error(number, "expects message content to be a valid JSON object")
    return object_json(table or {})


def _message_id(given: Arguments) -> str:
    given.text(1)
    return given.uuid(2, "Invalid message identifier")


def _author(given: Arguments, number: int) -> Author:
    """The author of a message; from argument `number` on there are id, name and persistence."""
    shown_id, sender = given.text(1), given.optional_text(number)
    sender_id = parse_uuid(sender) if sender else SYSTEM_USER
    if sender_id is None:
        raise given.error(number, _SENDER)
    username, persistent = given.optional_text(number + 1), given.optional_flag(number + 2)
    stream = parse_channel_id(shown_id)
    if stream is None:
        raise ModuleError("error converting channel identifier to stream: invalid channel id")
    return Author(stream, shown_id, sender_id, username, persistent)


def _acknowledged(write: Callable[[], ChannelMessage]) -> dict[str, Any]:
    try:
        message = write()
    except MessageNotFound:
        raise ModuleError(f"{_FAILED}: channel message not found") from None
    except MessageNotStored:
        raise ModuleError(f"{_FAILED}: error persisting channel message") from None
    return {
        "channelId": message.author.channel_id,
        "messageId": message.id,
        "code": int(message.code),
        "username": message.author.username,
        "createTime": message.create_time // 1_000_000_000,
        "updateTime": message.update_time // 1_000_000_000,
        "persistent": message.author.persistent,
    }


def _listed(row: Row, stream: Stream, shown_id: str) -> dict[str, Any]:
    room, group, one, two = (place(stream).get(name, "") for name in _PLACES)
    return {
        "channelId": shown_id,
        "messageId": row["id"],
        "code": row["code"],
        "senderId": row["sender_id"],
        "username": row["username"],
        "content": row["content"],
        "createTime": row["create_time"] // 1_000_000,
        "updateTime": row["update_time"] // 1_000_000,
        "persistent": True,
        "roomName": room,
        "groupId": group,
        "userIdOne": one,
        "userIdTwo": two,
    }

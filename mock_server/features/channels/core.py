"""Chat messages: sent to a stream, and kept in its history where the sender wants that."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from attrs import field, frozen

from mock_server.features.channels.ids import channel_id, group_channel
from mock_server.realtime.router import Router
from mock_server.realtime.stream import Presence, Stream, StreamMode
from mock_server.realtime.tracker import Tracker
from mock_server.signals import Signal
from mock_server.wire.jsonb import jsonb_text
from mock_server.wire.messages import api_message
from mock_server.wire.output import omit_empty, timestamp
from mock_server.wire.uuids import NIL, parse_uuid
from mock_server.wire.varchar import varchar_problem
from server_kit import Clock, Store
from server_kit.store import Row

SCHEMA = """
CREATE TABLE message (
    stream_mode INTEGER NOT NULL, stream_subject TEXT NOT NULL, stream_subcontext TEXT NOT NULL,
    stream_label TEXT NOT NULL, create_time INTEGER NOT NULL, id TEXT NOT NULL UNIQUE,
    code INTEGER NOT NULL, sender_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    username TEXT NOT NULL, content TEXT NOT NULL, update_time INTEGER NOT NULL,
    PRIMARY KEY (stream_mode, stream_subject, stream_subcontext, stream_label, create_time, id)
) WITHOUT ROWID;
CREATE INDEX message_sender ON message (sender_id);
"""

_SECOND = 1_000_000_000
_NAME_WIDTH = 128


class MessageCode(IntEnum):
    """The kinds of messages on a channel: of a user, or of the group itself."""

    CHAT = 0
    CHAT_UPDATE = 1
    CHAT_REMOVE = 2
    GROUP_JOIN = 3
    GROUP_ADD = 4
    GROUP_LEAVE = 5
    GROUP_KICK = 6
    GROUP_PROMOTE = 7
    GROUP_BAN = 8
    GROUP_DEMOTE = 9


class MessageNotFound(Exception):
    """There is no such message of this sender."""


class MessageNotStored(Exception):
    """The database refuses a message; it was not sent."""


@frozen
class Author:
    """The author of a message.

    Attributes:
        stream: The channel.
        channel_id: The channel's id, as the author spells it.
        user_id: The nil uuid for the system.
        username: Their name.
        persistent: Whether the history keeps their messages.
    """

    stream: Stream
    channel_id: str
    user_id: str
    username: str
    persistent: bool = True


@frozen
class ChannelMessage:
    """One message on a channel.

    Attributes:
        author: The sender, or the user it is about.
        code: What it is.
        content: JSON text.
        create_time: Nanoseconds since the epoch; stored in microseconds.
        update_time: The same.
        id: Its uuid.
    """

    author: Author
    code: MessageCode
    content: str
    create_time: int
    update_time: int
    id: str = field(factory=lambda: str(uuid.uuid4()))

    def message(self) -> dict[str, Any]:
        """The `ChannelMessage` message."""
        return self._fields({"sender_id": self.author.user_id}, {"content": self.content})

    def ack(self) -> dict[str, Any]:
        """The `ChannelMessageAck` message."""
        return self._fields({}, {})

    def _fields(self, sender: dict[str, str], content: dict[str, str]) -> dict[str, Any]:
        fields = {
            "channel_id": self.author.channel_id,
            "message_id": self.id,
            "code": int(self.code),
            **sender,
            "username": self.author.username,
            **content,
            "create_time": timestamp(self.create_time, digits=9),
            "update_time": timestamp(self.update_time, digits=9),
            "persistent": self.author.persistent,
            **place(self.author.stream),
        }
        return omit_empty(fields, api_message("ChannelMessage"))


@frozen
class ChannelUser:
    """A user who joined a channel, or left it."""

    stream: Stream
    user_id: str


class Channels:
    """The chat of one server.

    Attributes:
        message_sent: A message was written, and has reached those who are in its channel.
        joined: A user asked to join a channel, and is in it.
        left: A user asked to leave a channel, and the socket has left it.
    """

    def __init__(self, store: Store, clock: Clock, tracker: Tracker, router: Router) -> None:
        self._store = store
        self._clock = clock
        self._tracker = tracker
        self._router = router
        self.message_sent: Signal[ChannelMessage] = Signal()
        self.joined: Signal[ChannelUser] = Signal()
        self.left: Signal[ChannelUser] = Signal()
        for mode in (StreamMode.CHANNEL, StreamMode.GROUP, StreamMode.DM):
            tracker.listen(mode, self._tell)

    def send(self, author: Author, content: str) -> ChannelMessage:
        """Send a message to all presences of a channel.

        Raises:
            MessageNotStored: The database takes no such content or author.
        """
        now = self.now()
        message = ChannelMessage(author, MessageCode.CHAT, content, now, now)
        if author.persistent:
            self._insert(message, now // 1000)
        self.publish([message])
        self.message_sent.send(message)
        return message

    def update(self, author: Author, message_id: str, content: str) -> ChannelMessage:
        """Replace the content of a message; what is stored keeps its code and create time.

        As in Nakama, the message may be from another channel, one that is not persistent is sent
        as updated without being looked up, and all receive its id as it is spelled here.

        Raises:
            MessageNotFound: Nothing of this id by this author is stored.
            MessageNotStored: The database takes no such content.
        """
        created = updated = self.now()
        if author.persistent:
            stored = _stored_content(content)
            row = self._own(message_id, author.user_id)
            created = row["create_time"] * 1000
            self._store.run(
                "UPDATE message SET content = ?, username = ?, update_time = ? WHERE id = ?",
                stored,
                author.username,
                updated // 1000,
                row["id"],
            )
        message = ChannelMessage(
            author, MessageCode.CHAT_UPDATE, content, created, updated, message_id
        )
        self.publish([message])
        return message

    def remove(self, author: Author, message_id: str) -> ChannelMessage:
        """Remove a message; the rules are those of `update`.

        Raises:
            MessageNotFound: Nothing of this id by this author is stored.
        """
        created = updated = self.now()
        if author.persistent:
            row = self._own(message_id, author.user_id)
            created, updated = row["create_time"] * 1000, row["update_time"] * 1000
            self._store.run("DELETE FROM message WHERE id = ?", row["id"])
        message = ChannelMessage(
            author, MessageCode.CHAT_REMOVE, "{}", created, updated, message_id
        )
        self.publish([message])
        return message

    def store_group_message(
        self, group_id: str, code: MessageCode, user_id: str, username: str, now: int
    ) -> ChannelMessage:
        """Write down what happened to a user in a group; `publish` tells it after the commit.

        The history has it in whole seconds, so that within one second the order is by chance.

        Raises:
            MessageNotStored: There is no such user.
        """
        stream = group_channel(group_id)
        author = Author(stream, channel_id(stream), user_id, username)
        message = ChannelMessage(author, code, "{}", now, now)
        self._insert(message, now // _SECOND * 1_000_000)
        return message

    def publish(self, messages: Sequence[ChannelMessage]) -> None:
        """Send messages to all presences of their channels."""
        for message in messages:
            envelope = {"channel_message": message.message()}
            self._router.send_to_stream(message.author.stream, envelope)

    def now(self) -> int:
        """Nanoseconds since the epoch; later with each call, also in microseconds."""
        time = self._clock.time_ns()
        micros = self._clock.tick()
        return time if time // 1000 == micros else micros * 1000

    def _insert(self, message: ChannelMessage, now: int) -> None:
        author, stream = message.author, message.author.stream
        content = _stored_content(message.content)
        for text in (author.username, stream.label):
            if problem := varchar_problem(text, _NAME_WIDTH):
                raise MessageNotStored(problem)
        try:
            self._store.run(
                "INSERT INTO message (id, code, sender_id, username, stream_mode, stream_subject, "
                "stream_subcontext, stream_label, content, create_time, update_time) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                message.id,
                message.code,
                author.user_id,
                author.username,
                stream.mode,
                stream.subject,
                stream.subcontext,
                stream.label,
                content,
                now,
                now,
            )
        except sqlite3.IntegrityError:
            raise MessageNotStored(
                'ERROR: insert or update on table "message" violates foreign key constraint '
                '"message_sender_id_fkey" (SQLSTATE 23503)'
            ) from None

    def _own(self, message_id: str, sender_id: str) -> Row:
        row = self._store.one(
            "SELECT * FROM message WHERE id = ? AND sender_id = ?",
            parse_uuid(message_id),
            sender_id,
        )
        if row is None:
            raise MessageNotFound(message_id)
        return row

    def _tell(self, stream: Stream, joins: Sequence[Presence], leaves: Sequence[Presence]) -> None:
        event = omit_empty(
            {
                "channel_id": channel_id(stream),
                "joins": [presence.message() for presence in joins],
                "leaves": [presence.message() for presence in leaves],
                **place(stream),
            }
        )
        self._router.send_to_stream(stream, {"channel_presence_event": event})


def place(stream: Stream) -> dict[str, str]:
    """The fields of a message for the room, the group or the two users of a channel."""
    if stream.mode == StreamMode.CHANNEL:
        return {"room_name": stream.label}
    if stream.mode == StreamMode.GROUP:
        return {"group_id": stream.subject or NIL}
    return {"user_id_one": stream.subject or NIL, "user_id_two": stream.subcontext or NIL}


def _stored_content(content: str) -> str:
    try:
        return jsonb_text(content)
    except ValueError as error:
        raise MessageNotStored(str(error)) from error

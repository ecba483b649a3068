"""Chat in rooms, groups and between two: https://heroiclabs.com/docs/nakama/concepts/chat/."""
# ruff: noqa: A002 - the arguments have Nakama's own names

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import IntEnum
from typing import Any

import msgspec
from attrs import Factory, frozen

from nakama_client.errors import ArgumentError
from nakama_client.events.handlers import Function, Handler
from nakama_client.features.base import SocketFeature
from nakama_client.features.channel_messages import ChannelMessage
from nakama_client.features.presences import UserPresence
from nakama_client.protocol.codec import encode
from nakama_client.protocol.envelopes import single
from nakama_client.protocol.rules import check_id, check_present, check_size

_CONTROL = re.compile("[\x00-\x1f\x7f]")


class ChannelType(IntEnum):
    """What a channel is for, and what its target is.

    Attributes:
        ROOM: Everybody who knows the name; the target is the name.
        DIRECT: Two users; the target is the other one's id.
        GROUP: The members of a group; the target is the group's id.
    """

    ROOM = 1
    DIRECT = 2
    GROUP = 3


@frozen(kw_only=True)
class Channel:
    """A channel that was joined. Where it leads is in one of the last fields.

    Attributes:
        id: The channel's id, for everything else.
        presences: Who else is there and shows it.
        own_presence: This socket's own presence; Nakama calls it `self`.
        room_name: The room, if it is one.
        group_id: The group, if it is one.
        user_id_one: Of two users, the one with the smaller id.
        user_id_two: The other one.
    """

    id: str = ""
    presences: tuple[UserPresence, ...] = ()
    own_presence: UserPresence = Factory(UserPresence)
    room_name: str = ""
    group_id: str = ""
    user_id_one: str = ""
    user_id_two: str = ""


@frozen(kw_only=True)
class ChannelMessageAck:
    """The server's word that it took a message.

    Attributes:
        channel_id: Where it was sent.
        message_id: The message's id, for changing it.
        code: `ChannelMessageCode.CHAT`, `CHAT_UPDATE` or `CHAT_REMOVE`.
        username: The sender's name.
        create_time: When the message was sent first.
        update_time: When it was changed.
        persistent: Whether it is in the history.
        room_name: The room, if it is one.
        group_id: The group, if it is one.
        user_id_one: Of two users, the one with the smaller id.
        user_id_two: The other one.
    """

    channel_id: str = ""
    message_id: str = ""
    code: int = 0
    username: str = ""
    create_time: datetime | None = None
    update_time: datetime | None = None
    persistent: bool = False
    room_name: str = ""
    group_id: str = ""
    user_id_one: str = ""
    user_id_two: str = ""


@frozen(kw_only=True)
class ChannelPresenceEvent:
    """Who came to a channel, and who went.

    Attributes:
        channel_id: Which channel.
        joins: Who came.
        leaves: Who went.
        room_name: The room, if it is one.
        group_id: The group, if it is one.
        user_id_one: Of two users, the one with the smaller id.
        user_id_two: The other one.
    """

    channel_id: str = ""
    joins: tuple[UserPresence, ...] = ()
    leaves: tuple[UserPresence, ...] = ()
    room_name: str = ""
    group_id: str = ""
    user_id_one: str = ""
    user_id_two: str = ""


class _Channel(msgspec.Struct):
    """The answer to a join; a Struct, because no attrs field can be called `self`."""

    id: str = ""
    presences: tuple[UserPresence, ...] = ()
    own_presence: UserPresence = msgspec.field(name="self", default_factory=UserPresence)
    room_name: str = ""
    group_id: str = ""
    user_id_one: str = ""
    user_id_two: str = ""


class _JoinedChannels:
    """The channels that were joined, each with the request that did it."""

    def __init__(self) -> None:
        self.bodies: dict[str, dict[str, Any]] = {}

    def requests(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Join them again, but for what was left meanwhile."""
        for channel_id in list(self.bodies):
            body = self.bodies.get(channel_id)
            if body is not None:
                yield "channel_join", body


_MESSAGE = single("channel_message", ChannelMessage)
_PRESENCE = single("channel_presence_event", ChannelPresenceEvent)


class RealtimeChannels(SocketFeature):
    """Chatting."""

    async def join_channel(
        self,
        target: str,
        type: ChannelType | int = ChannelType.ROOM,
        *,
        persistence: bool = True,
        hidden: bool = False,
    ) -> Channel:
        """Join a channel. Its messages arrive until it is left or the socket is closed.

        After a reconnect it is joined again; when the server refuses that, `on_error` gets a
        `RestoreFailed`. What is said meanwhile can be listed.

        When the other user of a direct channel is not there, that user gets notification -1.

        Args:
            target: A room's name, 1 to 64 bytes without control characters; or the id of a user
                or a group, depending on the type.
            type: See `ChannelType`.
            persistence: Whether the messages of this socket are stored.
            hidden: Whether not to show in the channel's presences.

        Raises:
            ArgumentError: The target or the type breaks a rule.
            RequestRefused: There is no such user or group, the user has blocked this one, or this
                one is no member of the group.
            SocketError: As in `send_message`.
        """
        body = {
            "target": _check_target(target, type),
            "type": int(type),
            "persistence": persistence,
            "hidden": hidden,
        }
        envelope = await self._connection.request("channel_join", body)
        joined = envelope.decode("channel", _Channel)
        self._connection.restorable(_JoinedChannels).bodies[joined.id] = body
        return Channel(
            id=joined.id,
            presences=joined.presences,
            own_presence=joined.own_presence,
            room_name=joined.room_name,
            group_id=joined.group_id,
            user_id_one=joined.user_id_one,
            user_id_two=joined.user_id_two,
        )

    async def leave_channel(self, channel_id: str) -> None:
        """Leave a channel; leaving one that was not joined does nothing.

        It is not joined again after a reconnect, even if this fails.

        Raises:
            ArgumentError: The id is empty.
            RequestRefused: The id is of no channel.
            SocketError: As in `send_message`.
        """
        body = {"channel_id": check_present("channel_id", channel_id)}
        self._connection.restorable(_JoinedChannels).bodies.pop(channel_id, None)
        await self._connection.request("channel_leave", body)

    async def send_message(self, channel_id: str, content: Mapping[str, Any]) -> ChannelMessageAck:
        """Send a message to everybody in a channel, this socket included.

        Args:
            channel_id: A channel that was joined.
            content: A JSON object of up to about 4000 bytes.

        Raises:
            ArgumentError: The id is empty, or the content can't be written as a JSON object.
            MessageTooLarge: The server would close the socket instead of reading it.
            RequestRefused: The channel was not joined.
            NotConnected: The socket is not open.
            ConnectionLost: The socket closed before the answer.
            TimeoutExceeded: There was no answer in time.
        """
        body = {"channel_id": check_present("channel_id", channel_id), "content": _text(content)}
        return await self._write_message("channel_message_send", body)

    async def update_message(
        self, channel_id: str, message_id: str, *, content: Mapping[str, Any]
    ) -> ChannelMessageAck:
        """Replace what one said; everybody in the channel gets the new message.

        Args:
            channel_id: A channel that was joined.
            message_id: A message of this user.
            content: As in `send_message`.

        Raises:
            ArgumentError: An id or the content breaks a rule.
            RequestRefused: The channel was not joined, or has no such message of this user.
            SocketError: As in `send_message`.
        """
        body = {**_message(channel_id, message_id), "content": _text(content)}
        return await self._write_message("channel_message_update", body)

    async def remove_message(self, channel_id: str, message_id: str) -> ChannelMessageAck:
        """Remove what one said from the history; everybody in the channel is told.

        Args:
            channel_id: A channel that was joined.
            message_id: A message of this user.

        Raises:
            ArgumentError: An id breaks a rule.
            RequestRefused: The channel was not joined, or has no such message of this user.
            SocketError: As in `send_message`.
        """
        return await self._write_message("channel_message_remove", _message(channel_id, message_id))

    def on_channel_message(self, function: Function[ChannelMessage]) -> Handler[ChannelMessage]:
        """Call a function with each message in the joined channels, one's own included.

        Use it as a decorator or call it; the function may be async.

        Returns:
            An object whose `remove()` ends it.
        """
        return self._connection.on(_MESSAGE, function)

    def on_channel_presence(
        self, function: Function[ChannelPresenceEvent]
    ) -> Handler[ChannelPresenceEvent]:
        """Call a function when somebody joins or leaves a joined channel, this socket included.

        Use it as a decorator or call it; the function may be async.

        Returns:
            An object whose `remove()` ends it.
        """
        return self._connection.on(_PRESENCE, function)

    async def _write_message(self, member: str, body: dict[str, str]) -> ChannelMessageAck:
        envelope = await self._connection.request(member, body)
        return envelope.decode("channel_message_ack", ChannelMessageAck)


def _check_target(target: str, type: int) -> str:
    if type == ChannelType.ROOM:
        check_size("the room's name", target, shortest=1, longest=64)
        if _CONTROL.search(target):
            raise ArgumentError("the room's name may hold no control characters")
        return target
    if type == ChannelType.DIRECT:
        return check_id("the target of a direct channel", target)
    if type == ChannelType.GROUP:
        return check_id("the target of a group channel", target)
    raise ArgumentError(f"type must be a ChannelType (1, 2 or 3), not {type}")


def _message(channel_id: str, message_id: str) -> dict[str, str]:
    return {
        "channel_id": check_present("channel_id", channel_id),
        "message_id": check_id("message_id", message_id),
    }


def _text(content: Mapping[str, Any]) -> str:
    if not isinstance(content, Mapping):
        raise ArgumentError(f"content must be a dict, not {content.__class__.__name__}")
    return encode(dict(content)).decode()

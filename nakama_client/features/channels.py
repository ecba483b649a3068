"""Chat in rooms, in groups, and between two users: https://heroiclabs.com/docs/nakama/concepts/chat/."""
# ruff: noqa: A002 - the arguments have Nakama's own names

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import IntEnum
from typing import Any

from attrs import Factory, frozen

from nakama_client.errors import ArgumentError
from nakama_client.events.handlers import Function, Handler
from nakama_client.events.subscription import Subscription
from nakama_client.features.base import SocketFeature
from nakama_client.features.channel_messages import ChannelMessage
from nakama_client.features.presences import UserPresence
from nakama_client.protocol.codec import as_model, encode_payload, wire_struct
from nakama_client.protocol.envelopes import single
from nakama_client.protocol.rules import check_id, check_present, check_size, check_type

_CONTROL = re.compile("[\x00-\x1f\x7f]")


class ChannelType(IntEnum):
    """The kind of a channel.

    Attributes:
        ROOM: For every user who knows its name, which is the target.
        DIRECT: For two users; the target is the id of the other user.
        GROUP: For the members of a group, whose id is the target.
    """

    ROOM = 1
    DIRECT = 2
    GROUP = 3


@frozen(kw_only=True)
class Channel:
    """A channel that was joined. One of the last fields names its target.

    Attributes:
        id: The channel's id, for the other calls.
        presences: The other users in it who are not hidden.
        own_presence: This socket's own presence; Nakama calls it `self`.
        room_name: The name of the room, if the channel is one.
        group_id: The id of the group, if the channel is one.
        user_id_one: In a direct channel, the smaller of the two user ids.
        user_id_two: The other user's id.
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
    """The server's acknowledgement of a message.

    Attributes:
        channel_id: Where it was sent.
        message_id: The message's id, for changing it.
        code: `ChannelMessageCode.CHAT`, `CHAT_UPDATE` or `CHAT_REMOVE`.
        username: The sender's name.
        create_time: When the message was sent first.
        update_time: When it was changed.
        persistent: Whether it is in the history.
        room_name: The name of the room, if the channel is one.
        group_id: The id of the group, if the channel is one.
        user_id_one: In a direct channel, the smaller of the two user ids.
        user_id_two: The other user's id.
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
    """Users joined or left a channel.

    Attributes:
        channel_id: The channel's id.
        joins: The presences that joined.
        leaves: The presences that left.
        room_name: The name of the room, if the channel is one.
        group_id: The id of the group, if the channel is one.
        user_id_one: In a direct channel, the smaller of the two user ids.
        user_id_two: The other user's id.
    """

    channel_id: str = ""
    joins: tuple[UserPresence, ...] = ()
    leaves: tuple[UserPresence, ...] = ()
    room_name: str = ""
    group_id: str = ""
    user_id_one: str = ""
    user_id_two: str = ""


_CHANNEL = wire_struct(Channel, own_presence="self")


class _JoinedChannels:
    """The joined channels, each with the request that joined it."""

    def __init__(self) -> None:
        self.bodies: dict[str, dict[str, Any]] = {}
        self._left: list[set[str]] = []  # what was left while each join was under way

    @contextmanager
    def joining(self, body: dict[str, Any]) -> Iterator[Callable[[str], None]]:
        """Gives the function to call with the id of the channel that was joined.

        A channel that is left while the request is under way stays so.
        """
        left: set[str] = set()
        self._left.append(left)

        def joined(channel_id: str) -> None:
            if channel_id not in left:
                self.bodies[channel_id] = body

        try:
            yield joined
        finally:
            self._left = [each for each in self._left if each is not left]

    def leave(self, channel_id: str) -> None:
        """Do not join it again."""
        self.bodies.pop(channel_id, None)
        for left in self._left:
            left.add(channel_id)

    def requests(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Join them again, except those that were left meanwhile."""
        for channel_id in list(self.bodies):
            body = self.bodies.get(channel_id)
            if body is not None:
                yield "channel_join", body


_MESSAGE = single("channel_message", ChannelMessage)
_PRESENCE = single("channel_presence_event", ChannelPresenceEvent)


class RealtimeChannels(SocketFeature):
    """Joining channels, and sending and getting messages."""

    async def join_channel(
        self,
        target: str,
        type: ChannelType | int = ChannelType.ROOM,
        *,
        persistence: bool = True,
        hidden: bool = False,
    ) -> Channel:
        """Join a channel: its messages arrive until it is left or the socket is closed.

        After a reconnect it is joined again; when the server refuses that, `on_error` gets a
        `RestoreFailed`. `list_channel_messages` lists what was sent meanwhile.

        When the other user of a direct channel is not in it, they get notification -1.

        Args:
            target: A room's name, 1 to 64 bytes without control characters; or the id of a user
                or a group, depending on the type.
            type: See `ChannelType`.
            persistence: Whether the messages of this socket are stored.
            hidden: Whether this socket stays out of the channel's presences.

        Raises:
            ArgumentError: The target or the type breaks a rule.
            RequestRefused: There is no such user or group, the other user has blocked this one, or
                this user is not a member of the group.
            SocketError: As in `send_message`.
        """
        check_type("persistence", persistence, bool)
        check_type("hidden", hidden, bool)
        body = {
            "target": _check_target(target, type),
            "type": int(type),
            "persistence": persistence,
            "hidden": hidden,
        }
        with self._connection.restorable(_JoinedChannels).joining(body) as note:
            envelope = await self._connection.request("channel_join", body)
            joined = as_model(Channel, envelope.decode("channel", _CHANNEL))
            note(joined.id)
        return joined

    async def leave_channel(self, channel_id: str) -> None:
        """Leave a channel; leaving one that was not joined does nothing.

        It is not joined again after a reconnect, even if this fails.

        Raises:
            ArgumentError: The id is empty.
            RequestRefused: The id is of no channel.
            SocketError: As in `send_message`.
        """
        body = {"channel_id": check_present("channel_id", channel_id)}
        self._connection.restorable(_JoinedChannels).leave(channel_id)
        await self._connection.request("channel_leave", body)

    async def send_message(self, channel_id: str, content: Mapping[str, Any]) -> ChannelMessageAck:
        """Send a message to all users in a channel, this socket included.

        Args:
            channel_id: A channel that was joined.
            content: A JSON object of up to about 4000 bytes, with the default `max_message_bytes`.

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
        """Replace a message of this user; all users in the channel get the new one.

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
        """Remove a message of this user from the history; all users in the channel get an event.

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
        """Call a function with each message in the joined channels, this socket's included.

        Use it as a decorator or call it; the function may be async.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        return self._connection.on(_MESSAGE, function)

    def on_channel_presence(
        self, function: Function[ChannelPresenceEvent]
    ) -> Handler[ChannelPresenceEvent]:
        """Call a function when users join or leave a joined channel, this socket included.

        Use it as a decorator or call it; the function may be async.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        return self._connection.on(_PRESENCE, function)

    def channel_messages(self) -> Subscription[ChannelMessage]:
        """The messages from now on: `async for message in socket.channel_messages()`."""
        return self._connection.subscribe(_MESSAGE)

    def channel_presences(self) -> Subscription[ChannelPresenceEvent]:
        """Who joins and leaves from now on: `async for event in socket.channel_presences()`."""
        return self._connection.subscribe(_PRESENCE)

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
    return encode_payload(content)

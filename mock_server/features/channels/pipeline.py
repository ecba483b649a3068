"""Chat over the socket: join, leave, send, update, remove."""

from __future__ import annotations

from typing import Any

from mock_server.features.channels.core import (
    Author,
    ChannelMessage,
    Channels,
    ChannelUser,
    MessageNotFound,
    MessageNotStored,
    place,
)
from mock_server.features.channels.ids import channel_id, parse_channel_id
from mock_server.features.channels.joining import ChannelResolver, InvalidTarget, InvalidType
from mock_server.features.notifications.core import Notifications
from mock_server.features.notifications.system import NotificationCode, SystemNotification, notify
from mock_server.realtime.requests import ErrorCode, RealtimeError, Reply, SocketRequest
from mock_server.realtime.session import SocketSession
from mock_server.realtime.stream import Presence, Stream, StreamMode
from mock_server.realtime.tracker import Tracker
from mock_server.wire.gojson import is_json_object
from mock_server.wire.output import omit_empty
from mock_server.wire.uuids import parse_uuid


class _ChannelRequests:
    def __init__(
        self,
        tracker: Tracker,
        notifications: Notifications,
        channels: Channels,
        resolver: ChannelResolver,
    ) -> None:
        self._tracker = tracker
        self._notifications = notifications
        self._channels = channels
        self._resolver = resolver

    def join(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        try:
            stream = self._resolver.resolve(session.user_id, request["target"], request["type"])
        except (InvalidTarget, InvalidType) as error:
            raise _refuse(str(error)) from None
        own = Presence(
            session.user_id,
            session.id,
            session.username,
            hidden=request["hidden"] is True,
            persistence=request["persistence"] is not False,
        )
        is_new = self._tracker.track(stream, own)
        self._channels.joined.send(ChannelUser(stream, session.user_id))
        presences = self._tracker.of_stream(stream)
        if is_new and stream.mode == StreamMode.DM:
            self._invite_other(session, stream, presences)
        shown = [each for each in presences if not is_new or each.session_id != session.id]
        channel = {
            "id": channel_id(stream),
            "presences": [presence.message() for presence in shown],
            "self": own.message(),
            **place(stream),
        }
        return {"channel": omit_empty(channel)}

    def _invite_other(
        self, session: SocketSession, stream: Stream, presences: list[Presence]
    ) -> None:
        """Notify the other user of a direct message channel, unless they are visibly in it."""
        is_first = stream.subject == session.user_id
        other = stream.subcontext if is_first else stream.subject
        if any(presence.user_id == other for presence in presences):
            return
        session.release()  # Nakama's tracker has sent it while the notification is stored
        event = SystemNotification(
            NotificationCode.DM_REQUEST,
            f"{session.username} wants to chat",
            {"username": session.username},
            session.user_id,
        )
        notify(self._notifications, [event.to(other)])

    def leave(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        stream = _stream(request)
        if self._tracker.get(stream, session.id) is not None:
            self._tracker.untrack(stream, session.id)
            self._channels.left.send(ChannelUser(stream, session.user_id))
        return {}

    def send(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        stream = _stream(request)
        content = _content(request)
        author = self._author(session, request, stream, "sending")
        try:
            return _ack(self._channels.send(author, content))
        except MessageNotStored:
            raise _not_stored("message") from None

    def update(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        message_id = _message_id(request)
        stream = _stream(request)
        content = _content(request)
        author = self._author(session, request, stream, "updating")
        try:
            return _ack(self._channels.update(author, message_id, content))
        except MessageNotFound:
            raise _refuse("Could not find message to update in channel history") from None
        except MessageNotStored:
            raise _not_stored("message update") from None

    def remove(self, session: SocketSession, request: dict[str, Any]) -> Reply:
        message_id = _message_id(request)
        author = self._author(session, request, _stream(request), "removing")
        try:
            return _ack(self._channels.remove(author, message_id))
        except MessageNotFound:
            raise _refuse("Could not find message to remove in channel history") from None

    def _author(
        self, session: SocketSession, request: dict[str, Any], stream: Stream, doing: str
    ) -> Author:
        presence = self._tracker.get(stream, session.id)
        if presence is None:
            raise _refuse(f"Must join channel before {doing} messages")
        return Author(
            stream, request["channel_id"], session.user_id, session.username, presence.persistence
        )


def _stream(request: dict[str, Any]) -> Stream:
    stream = parse_channel_id(request["channel_id"])
    if stream is None:
        raise _refuse("Invalid channel identifier")
    return stream


def _content(request: dict[str, Any]) -> str:
    content: str = request["content"]
    if not is_json_object(content):
        raise _refuse("Message content must be a valid JSON object")
    return content


def _message_id(request: dict[str, Any]) -> str:
    message_id: str = request["message_id"]
    if parse_uuid(message_id) is None:
        raise _refuse("Invalid message identifier")
    return message_id


def _ack(message: ChannelMessage) -> Reply:
    return {"channel_message_ack": message.ack()}


def _refuse(message: str) -> RealtimeError:
    return RealtimeError(ErrorCode.BAD_INPUT, message)


def _not_stored(what: str) -> RealtimeError:
    return RealtimeError(
        ErrorCode.RUNTIME_EXCEPTION, f"Could not persist {what} to channel history"
    )


def requests(
    tracker: Tracker, notifications: Notifications, channels: Channels, resolver: ChannelResolver
) -> tuple[SocketRequest, ...]:
    """The socket's requests about channels."""
    handlers = _ChannelRequests(tracker, notifications, channels, resolver)
    return (
        SocketRequest("channel_join", handlers.join, held_back="channel_presence_event"),
        SocketRequest("channel_leave", handlers.leave),
        SocketRequest("channel_message_send", handlers.send),
        SocketRequest("channel_message_update", handlers.update),
        SocketRequest("channel_message_remove", handlers.remove),
    )

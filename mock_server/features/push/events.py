"""The events that push rules name, and of which pushes are made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

DIRECT_MESSAGE, GROUP_MESSAGE, ROOM_MESSAGE = "direct_message", "group_message", "room_message"
EVENT, RPC, SCHEDULE = "event:", "rpc:", "schedule:"

_MESSAGES = (DIRECT_MESSAGE, GROUP_MESSAGE, ROOM_MESSAGE)
_NAMES = {
    -1: "dm_request",
    -2: "friend_request",
    -3: "friend_accept",
    -4: "group_add",
    -5: "group_join_request",
    -6: "friend_join_game",
    -9: "friend_remove",
}
_CODE = re.compile("-?[0-9]{1,10}")
_INT32 = range(-(1 << 31), 1 << 31)


class InvalidRule(ValueError):
    """A push rule can't be read, or could never work."""


@frozen(kw_only=True)
class PushEvent:
    """Something that happened to a user.

    Attributes:
        name: `direct_message`, `group_message`, `room_message`, the name of a notification of
            Nakama's own (`friend_request`, …), the code of one of the game's, as text,
            `event:NAME`, `rpc:ID` or `schedule:NAME`.
        user_id: The recipient; nothing where the rule has an audience.
        sender_id: The id of the sender; the nil uuid, or nothing, for the server.
        sender: The sender's user name; nothing for the server.
        code: The notification's code; 0 for everything else.
        subject: The notification's subject, the name of the group or room; else nothing.
        content: The notification's or message's content, the event's properties, the payload of
            the RPC.
        source_id: The notification's or message's id; else nothing.
        channel_id: The message's channel; else nothing.
    """

    name: str
    user_id: str
    sender_id: str = ""
    sender: str = ""
    code: int = 0
    subject: str = ""
    content: Mapping[str, Any]
    source_id: str = ""
    channel_id: str = ""

    def values(self) -> dict[str, str]:
        """The names of a template: texts and numbers of the content and of the event."""
        from_content = {
            name: str(value)
            for name, value in self.content.items()
            if isinstance(value, str | int | float) and not isinstance(value, bool)
        }
        if self.name.startswith(SCHEDULE):
            return from_content
        own = {"sender": self.sender}
        if not is_own(self.name):  # whose properties may have these names
            own |= {"subject": self.subject, "code": str(self.code)}
        return from_content | own

    def data(self) -> dict[str, str | int]:
        """The data of the push, with which the app opens the right screen."""
        data: dict[str, str | int] = {
            "event": self.name,
            "code": self.code,
            "sender_id": self.sender_id,
            "source_id": self.source_id,
        }
        return data | ({"channel_id": self.channel_id} if self.channel_id else {})


DATA_NAMES = ("event", "code", "sender_id", "source_id", "channel_id")
"""The names that an event's own data has."""


def is_own(name: str) -> bool:
    """Whether it is an event of the game's own: of `nk.event`, or the call of an RPC function."""
    return name.startswith((EVENT, RPC))


def name_of(code: int) -> str:
    """The event's name of a notification with this code."""
    return _NAMES.get(code, str(code))


def rpc_event(rpc_id: str) -> str:
    """The event's name of a call of an RPC function, whose ids do not depend on case."""
    return RPC + rpc_id.lower()


def event_name(event: object) -> str:
    """The name of an event, given its name or a notification code.

    Raises:
        InvalidRule: There is no such event.
    """
    text = event if isinstance(event, str) else ""
    code = int(text) if _CODE.fullmatch(text) else event
    if isinstance(code, int) and not isinstance(code, bool) and code in _INT32:
        return name_of(code)
    kind, colon, own = text.partition(":")
    if kind + colon in (EVENT, RPC, SCHEDULE) and own:
        return rpc_event(own) if kind + colon == RPC else text
    known = (*_MESSAGES, *_NAMES.values())
    if text not in known:
        raise InvalidRule(
            f"there is no event {repr(event)[:100]}; events are {', '.join(known)}, the code of "
            "any notification, event:NAME, rpc:ID and schedule:NAME"
        )
    return text

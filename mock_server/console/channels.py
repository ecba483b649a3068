"""The console's channel messages: list and delete."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from mock_server.console.forms import full, internal, invalid, query_of, time_of
from mock_server.console.services import ConsoleRoute, ConsoleServices
from mock_server.cursor import BadCursor
from mock_server.features.channels.history import listed
from mock_server.features.channels.ids import channel_id, direct_message, group_channel
from mock_server.identity import SYSTEM_USER
from mock_server.realtime.stream import Stream, StreamMode
from mock_server.wire.schema import STRING, ListOf, Message
from mock_server.wire.uuids import parse_uuid
from server_kit.store import Row

_TYPES = {"UNKNOWN": 0, "ROOM": 2, "GROUP": 3, "DIRECT": 4}
_LIST = Message(
    "ListChannelMessagesRequest",
    type=STRING,
    label=STRING,
    group_id=STRING,
    user_id_one=STRING,
    user_id_two=STRING,
    cursor=STRING,
)
_DELETE = Message("DeleteChannelMessagesRequest", before=STRING, ids=ListOf(STRING))
_PAGE = 50
_LABEL = 64


def list_messages(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """The messages of a channel, the newest first."""
    asked = query_of(request, _LIST)
    stream = _stream(asked)
    try:
        page = services.history.page(
            SYSTEM_USER, stream, _PAGE, forward=False, cursor=asked["cursor"]
        )
    except BadCursor:
        raise invalid("Cursor is invalid or expired.") from None
    return {
        "messages": [_message_document(row) for row in page.rows],
        "next_cursor": page.next_cursor,
        "prev_cursor": page.prev_cursor,
        "cacheable_cursor": page.cacheable_cursor,
    }


def delete_messages(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Delete messages by id, and those from before a time."""
    asked = query_of(request, _DELETE)
    ids = [parse_uuid(text) for text in asked["ids"]]
    if None in ids:
        raise invalid("Requires a valid message ID.")
    before = time_of(asked["before"], "before") if asked["before"] else 0
    store = services.store
    total = sum(store.run("DELETE FROM message WHERE id = ?", each) for each in set(ids))
    if before:
        total += store.run("DELETE FROM message WHERE create_time < ?", before)
    return {"total": str(total)}


def _message_document(row: Row) -> dict[str, Any]:
    """The `ChannelMessage` message of a row, with all fields."""
    stream = Stream(
        StreamMode(row["stream_mode"]),
        row["stream_subject"],
        row["stream_subcontext"],
        row["stream_label"],
    )
    return full("ChannelMessage", listed(row, stream, channel_id(stream)))


def _stream(asked: dict[str, Any]) -> Stream:
    """The channel that is asked for.

    Raises:
        GrpcError: It is none.
    """
    kind = _kind(asked["type"])
    if kind == StreamMode.CHANNEL:
        if not 1 <= len(asked["label"].encode()) <= _LABEL:
            raise invalid("Invalid label size.")
        return Stream(StreamMode.CHANNEL, label=asked["label"])
    if kind == StreamMode.GROUP:
        group_id = parse_uuid(asked["group_id"])
        if group_id is None:
            raise invalid("Invalid group ID format.")
        return group_channel(group_id)
    if kind == StreamMode.DM:
        users = [parse_uuid(asked[name]) for name in ("user_id_one", "user_id_two")]
        if users[0] is None or users[1] is None:
            raise invalid("Invalid user ID format.")
        return direct_message(users[0], users[1])
    raise internal("Invalid chat type.")


def _kind(text: str) -> int:
    """The type of channel, which comes as a name or a number.

    Raises:
        GrpcError: There is no such type.
    """
    number = _TYPES.get(text or "UNKNOWN")
    if number is None and text in map(str, _TYPES.values()):
        number = int(text)
    if number is None:
        raise invalid(f'parsing field "type": "{text}" is not a valid value')
    return number


ROUTES: tuple[ConsoleRoute, ...] = (
    ("GET", "/channel", list_messages),
    ("DELETE", "/message", delete_messages),
)
"""What is served under `/v2/console`."""

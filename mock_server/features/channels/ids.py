"""Channel ids: the text form of the streams that chat goes over."""

from __future__ import annotations

from mock_server.realtime.stream import Stream, StreamMode
from mock_server.wire.uuids import NIL, parse_uuid

LONGEST_NAME = 64
"""How many bytes a room's name may have."""

_MODES = {str(int(mode)): mode for mode in (StreamMode.CHANNEL, StreamMode.GROUP, StreamMode.DM)}


def direct_message(one: str, other: str) -> Stream:
    """The channel of two users; who is named first does not matter."""
    return Stream(StreamMode.DM, subject=min(one, other), subcontext=max(one, other))


def group_channel(group_id: str) -> Stream:
    """The channel of a group."""
    return Stream(StreamMode.GROUP, subject=group_id)


def channel_id(stream: Stream) -> str:
    """The id of a chat stream, as `2...lobby`."""
    return f"{int(stream.mode)}.{stream.subject}.{stream.subcontext}.{stream.label}"


def parse_channel_id(text: str) -> Stream | None:
    """The stream of a channel id, or None for text that is none."""
    fields = text.split(".", 3)
    if len(fields) != 4 or fields[0] not in _MODES:
        return None
    mode = _MODES[fields[0]]
    subject, subcontext, label = _id(fields[1]), _id(fields[2]), fields[3]
    if mode is StreamMode.CHANNEL:
        is_room = not fields[1] and not fields[2] and 1 <= len(label.encode()) <= LONGEST_NAME
        return Stream(mode, label=label) if is_room else None
    if subject is None or subcontext is None or label:
        return None
    if mode is StreamMode.GROUP and fields[2]:
        return None
    return Stream(mode, subject, subcontext)


def _id(text: str) -> str | None:
    """The canonical id; empty for none at all, None where it is malformed."""
    value = parse_uuid(text) if text else NIL
    return "" if value == NIL else value

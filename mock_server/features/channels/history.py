"""The history of a channel, in both directions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from attrs import frozen

from mock_server.cursor import BadCursor, decode_cursor, encode_cursor
from mock_server.features.channels.core import place
from mock_server.features.groups.core import Groups, GroupState
from mock_server.identity import SYSTEM_USER
from mock_server.realtime.stream import Stream, StreamMode
from mock_server.wire.messages import api_message
from mock_server.wire.output import omit_empty, timestamp
from mock_server.wire.varchar import varchar_problem
from server_kit import Store
from server_kit.store import Row

_MESSAGES = "channel message"


class NotAMember(Exception):
    """The caller is not in the group whose channel it is."""


class UnreadableChannel(Exception):
    """The database can't look for a channel of this name; the text is PostgreSQL's."""


class NotAParticipant(Exception):
    """The caller is neither of the two whose channel it is."""


@frozen
class HistoryPage:
    """Messages in the asked order, and the cursors; an empty one leads nowhere.

    Attributes:
        rows: The messages.
        next_cursor: To the page behind this one.
        prev_cursor: To the page before it; never on the first page.
        cacheable_cursor: To what will be sent after the last one of these.
    """

    rows: Sequence[Row]
    next_cursor: str = ""
    prev_cursor: str = ""
    cacheable_cursor: str = ""


@frozen
class _Position:
    """Behind (or, for a previous page, before) one message of a list in one direction."""

    create_time: int
    id: str
    forward: bool
    is_next: bool


class ChannelHistory:
    """The stored messages of every channel of one server."""

    def __init__(self, store: Store, groups: Groups) -> None:
        self._store = store
        self._groups = groups

    def page(
        self, caller_id: str, stream: Stream, limit: int, *, forward: bool, cursor: str = ""
    ) -> HistoryPage:
        """Read a page of a channel's history.

        Args:
            caller_id: Who reads; server modules are the system user, who may read everything.
            stream: The channel.
            limit: How many messages at most.
            forward: Oldest first, or newest first.
            cursor: Where to go on.

        Raises:
            BadCursor: Not a cursor of this channel in this direction.
            NotAMember: It is a group's channel, and the caller is not one of its members.
            NotAParticipant: It is a direct message channel of others.
            UnreadableChannel: Its name has a NUL character.
        """
        start = _decode(cursor, stream, forward) if cursor else None
        self._check_reader(caller_id, stream)
        if problem := varchar_problem(stream.label):
            raise UnreadableChannel(problem)
        rows = self._rows(stream, limit + 1, forward, start)
        has_more, rows = len(rows) > limit, rows[:limit]
        after = _at(rows[-1], forward, is_next=True) if has_more else None
        before = _at(rows[0], forward, is_next=False) if rows and start else None
        if start is not None and not start.is_next:
            rows = rows[::-1]
            after, before = _turned(before), _turned(after)
        if rows:
            cacheable: _Position | None = _at(rows[-1], forward=True, is_next=True)
        elif start is not None and not forward:
            cacheable = attrs.evolve(start, forward=True, is_next=True)
        else:
            cacheable = start
        return HistoryPage(rows, *(_encode(stream, each) for each in (after, before, cacheable)))

    def _check_reader(self, caller_id: str, stream: Stream) -> None:
        if caller_id == SYSTEM_USER:
            return
        if stream.mode == StreamMode.GROUP:
            if not self._groups.may(stream.subject, caller_id, GroupState.MEMBER):
                raise NotAMember
        elif stream.mode == StreamMode.DM and caller_id not in (stream.subject, stream.subcontext):
            raise NotAParticipant

    def _rows(
        self, stream: Stream, limit: int, forward: bool, start: _Position | None
    ) -> list[Row]:
        """Rows from `start` on, in the direction of reading; a previous page is read backwards."""
        ascending = forward if start is None or start.is_next else not forward
        comparison, order = (">", "ASC") if ascending else ("<", "DESC")
        where, params = "", list(_key(stream))
        if start is not None:
            where = f"AND (create_time, id) {comparison} (?, ?)"
            params += [start.create_time, start.id]
        return self._store.all(
            "SELECT * FROM message WHERE stream_mode = ? AND stream_subject = ? "
            f"AND stream_subcontext = ? AND stream_label = ? {where} "
            f"ORDER BY create_time {order}, id {order} LIMIT ?",
            *params,
            limit,
        )


def listed(row: Row, stream: Stream, shown_id: str) -> dict[str, Any]:
    """The `ChannelMessage` message of a stored row; `shown_id` is how the client spells the id."""
    fields = {
        "channel_id": shown_id,
        "message_id": row["id"],
        "code": row["code"],
        "sender_id": row["sender_id"],
        "username": row["username"],
        "content": row["content"],
        "create_time": timestamp(row["create_time"] * 1000, digits=6),
        "update_time": timestamp(row["update_time"] * 1000, digits=6),
        "persistent": True,
        **place(stream),
    }
    return omit_empty(fields, api_message("ChannelMessage"))


def _at(row: Row, forward: bool, *, is_next: bool) -> _Position:
    return _Position(row["create_time"], row["id"], forward, is_next)


def _turned(position: _Position | None) -> _Position | None:
    return None if position is None else attrs.evolve(position, is_next=not position.is_next)


def _key(stream: Stream) -> tuple[int, str, str, str]:
    return int(stream.mode), stream.subject, stream.subcontext, stream.label


def _encode(stream: Stream, position: _Position | None) -> str:
    if position is None:
        return ""
    return encode_cursor(_MESSAGES, *_key(stream), *attrs.astuple(position))


def _decode(cursor: str, stream: Stream, forward: bool) -> _Position:
    *key, create_time, message_id, was_forward, is_next = decode_cursor(
        _MESSAGES, cursor, int, str, str, str, int, str, bool, bool
    )
    if was_forward != forward or tuple(key) != _key(stream):
        raise BadCursor(cursor)
    return _Position(create_time, message_id, was_forward, is_next)

"""The operators' list of notifications: of one user or of all, page by page in both directions."""

from __future__ import annotations

from attrs import frozen

from mock_server.cursor import decode_cursor, encode_cursor
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.uuids import parse_uuid
from server_kit import store

_CURSOR = "console notification"
_ORDER = "user_id, create_time, id"
_BACKWARDS = "user_id DESC, create_time DESC, id DESC"


@frozen
class ConsolePage:
    """Stored notifications, and the cursors of the pages around them; empty where is none."""

    rows: list[store.Row]
    next_cursor: str
    prev_cursor: str


def list_page(database: store.Store, user_id: str, limit: int, cursor: str) -> ConsolePage:
    """Return a page of the stored notifications, by user and then oldest first.

    Args:
        database: Where they are.
        user_id: Of this user; empty for all.
        limit: How many.
        cursor: A cursor of another page, or empty for the first one.

    Raises:
        BadCursor: Not a cursor of this list.
        GrpcError: Not a user id, with the database's text.
    """
    owner = _owner(user_id)
    position = [True, "", 0, ""]
    if cursor:
        position = decode_cursor(_CURSOR, cursor, bool, str, int, str)
    is_forward, *start = position
    comparison, order = (">", _ORDER) if is_forward else ("<", _BACKWARDS)
    # `? IN ('', user_id)` would be one query for both, and read the notifications of all users.
    of_owner, owners = ("user_id = ? AND ", [owner]) if owner else ("", [])
    rows = database.all(
        f"SELECT * FROM notification WHERE {of_owner}({_ORDER}) {comparison} (?, ?, ?) "
        f"ORDER BY {order} LIMIT ?",
        *owners,
        *start,
        limit + 1,
    )
    has_more, rows = len(rows) > limit, rows[:limit]
    if not is_forward:
        rows.reverse()
    if not limit:  # as in Nakama: nothing, and a cursor to the same place
        again = encode_cursor(_CURSOR, True, *start) if has_more else ""
        return ConsolePage([], again, "")
    follows, precedes = (has_more, bool(cursor)) if is_forward else (True, has_more)
    return ConsolePage(
        rows,
        _cursor(rows[-1], is_forward=True) if rows and follows else "",
        _cursor(rows[0], is_forward=False) if rows and precedes else "",
    )


def _owner(user_id: str) -> str:
    owner = parse_uuid(user_id) if user_id else ""
    if owner is None:
        raise GrpcError(
            GrpcCode.UNKNOWN,
            f'ERROR: invalid input syntax for type uuid: "{user_id}" (SQLSTATE 22P02)',
        )
    return owner


def _cursor(row: store.Row, *, is_forward: bool) -> str:
    return encode_cursor(_CURSOR, is_forward, row["user_id"], row["create_time"], row["id"])

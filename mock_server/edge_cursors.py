"""Positions in lists of edges: friends, the users of a group, the groups of a user."""

from __future__ import annotations

from mock_server.cursor import BadCursor, decode_cursor, encode_cursor

_EDGE = "edge"


def encode_edge(state: int, position: int) -> str:
    """The cursor of a list whose next page begins with this edge."""
    return encode_cursor(_EDGE, state, position)


def decode_edge(cursor: str, state: int | None) -> tuple[int, int]:
    """State and position of the first edge of a page; an empty cursor is the list's beginning.

    Args:
        cursor: What the client sent.
        state: The state by which the list is filtered, None for all of them.

    Raises:
        BadCursor: Not a cursor of such a list, or one from behind another filter.
    """
    if not cursor:
        return -1, 0
    first, position = decode_cursor(_EDGE, cursor, int, int)
    if state not in (None, first):
        raise BadCursor(cursor)
    return first, position

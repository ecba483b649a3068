"""Lists of friends, and of their friends."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from mock_server.cursor import decode_cursor, encode_cursor
from mock_server.edge_cursors import decode_edge, encode_edge
from mock_server.features.friends.core import FriendState
from server_kit import Store
from server_kit.store import Row

_EDGES = (
    "SELECT u.*, e.state AS edge_state, e.update_time AS edge_time, "
    "e.metadata AS edge_metadata, e.position AS edge_position "
    "FROM user_edge e JOIN users u ON u.id = e.destination_id"
)
_FRIENDS_OF_FRIENDS = "friend of friend"


@frozen
class FriendPage:
    """Rows of the user table with columns of the edges, and where the next page starts.

    Attributes:
        rows: Friends have `edge_state`, `edge_time` and `edge_metadata`; their friends `referrer`.
        cursor: Empty on the last page.
    """

    rows: Sequence[Row]
    cursor: str = ""


def friends(
    store: Store, user_id: str, limit: int, state: int | None = None, cursor: str = ""
) -> FriendPage:
    """List a user's edges by state, then by the time of the first contact.

    Raises:
        BadCursor: Not a cursor of such a list, or one of a list of another state.
    """
    rows = store.all(
        f"{_EDGES} WHERE e.source_id = ? AND (e.state, e.position) >= (?, ?) "
        "AND (? IS NULL OR e.state = ?) ORDER BY e.state, e.position LIMIT ?",
        user_id,
        *decode_edge(cursor, state),
        state,
        state,
        limit + 1,
    )
    if len(rows) <= limit:
        return FriendPage(rows)
    following = rows[limit]
    return FriendPage(
        rows[:limit], encode_edge(following["edge_state"], following["edge_position"])
    )


def friends_among(store: Store, user_id: str, others: Sequence[str]) -> list[Row]:
    """A user's edges to some others, in the order of `friends`."""
    marks = ", ".join("?" * len(others))
    return store.all(
        f"{_EDGES} WHERE e.source_id = ? AND e.destination_id IN ({marks}) "
        "ORDER BY e.state, e.position",
        user_id,
        *others,
    )


def friends_of_friends(store: Store, user_id: str, limit: int, cursor: str = "") -> FriendPage:
    """List the friends of a user's friends who are not the user's own, by friend and id.

    As in Nakama, a cursor leads through the rest of one friend's list only: those of the friends
    behind that friend are not reached.

    Raises:
        BadCursor: Not a cursor of such a list.
    """
    friend, first = decode_cursor(_FRIENDS_OF_FRIENDS, cursor, str, str) if cursor else ("", "")
    rows = store.all(
        "SELECT u.*, far.source_id AS referrer FROM user_edge near "
        "JOIN user_edge far ON far.source_id = near.destination_id AND far.state = near.state "
        "JOIN users u ON u.id = far.destination_id "
        "WHERE near.source_id = ? AND near.state = ? AND far.destination_id <> near.source_id "
        "AND ? IN ('', far.source_id) AND far.destination_id >= ? "
        "AND NOT EXISTS (SELECT 1 FROM user_edge own WHERE own.source_id = near.source_id "
        "AND own.destination_id = far.destination_id AND own.state = near.state) "
        "ORDER BY far.source_id, far.destination_id LIMIT ?",
        user_id,
        FriendState.FRIEND,
        friend,
        first,
        limit + 1,
    )
    if len(rows) <= limit:
        return FriendPage(rows)
    following = rows[limit]
    return FriendPage(
        rows[:limit],
        encode_cursor(_FRIENDS_OF_FRIENDS, following["referrer"], following["id"]),
    )

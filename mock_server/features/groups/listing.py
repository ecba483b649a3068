"""Lists of groups, of the users of a group, and of the groups of a user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import frozen

from mock_server.cursor import decode_cursor, encode_cursor
from mock_server.edge_cursors import decode_edge, encode_edge
from mock_server.features.groups.core import CLOSED, OPEN
from mock_server.features.groups.errors import DatabaseRefused, GroupError
from mock_server.wire.varchar import NUL_REFUSED
from server_kit import Store
from server_kit.store import Row

_GROUPS = "group"
_CURSOR = ("id", "edge_count", "lang_tag", "name", "state", "update_time")
_TYPES = (str, int, str, str, int, int)


class FilterConflict(GroupError):
    """The name filter stands alone."""

    text = "name filter cannot be combined with any other filter"


@frozen
class GroupPage:
    """Rows, and where the next page starts; groups and users have their `edge_state` with them."""

    rows: Sequence[Row]
    cursor: str = ""


@frozen
class GroupFilter:
    """Which groups are listed.

    Attributes:
        name: A pattern, in which `%` stands for any text; it does not depend on case.
        lang_tag: The language, empty for all.
        is_open: Open or closed ones, None for both.
        members: How many members they have at most, None for any number.
    """

    name: str = ""
    lang_tag: str = ""
    is_open: bool | None = None
    members: int | None = None


@frozen
class _Order:
    """How a list is sorted, and how it goes on behind a cursor."""

    columns: tuple[str, ...]
    is_descending: bool = False
    cursor_columns: tuple[str, ...] = ()
    comparison: str = ""

    def sql(self) -> str:
        direction = " DESC" if self.is_descending else ""
        return ", ".join(column + direction for column in self.columns)

    def condition(self) -> str:
        columns = self.cursor_columns or self.columns
        comparison = self.comparison or ("<" if self.is_descending else ">")
        return f"({', '.join(columns)}) {comparison} ({', '.join('?' * len(columns))})"


# By which of open, lang_tag and members are given: Nakama has a query, and an index, for each.
_ORDERS = {
    (False, False, False): _Order(("update_time", "edge_count", "id")),
    (True, False, False): _Order(("update_time", "edge_count", "id")),
    (False, True, False): _Order(("lang_tag", "edge_count", "id")),
    (False, False, True): _Order(("edge_count", "update_time", "id"), is_descending=True),
    (False, True, True): _Order(("lang_tag", "edge_count", "id"), is_descending=True),
    (True, False, True): _Order(("state", "edge_count", "lang_tag", "id"), is_descending=True),
    (True, True, True): _Order(("state", "lang_tag", "edge_count", "id"), is_descending=True),
    # QUIRK: the list descends, but its cursor leads up again.
    (True, True, False): _Order(
        ("state", "edge_count", "lang_tag", "id"),
        is_descending=True,
        cursor_columns=("state", "lang_tag", "edge_count", "id"),
        comparison=">",
    ),
}
_BY_NAME = _Order(("name",))


def groups(store: Store, wanted: GroupFilter, limit: int, cursor: str = "") -> GroupPage:
    """List groups; without a filter those that changed longest ago come first.

    Raises:
        BadCursor: Not a cursor of such a list.
        FilterConflict: A name and another filter.
        DatabaseRefused: A filter holds a NUL character, a name ends in the middle of an escape, or
            the limit is negative.
    """
    others = (wanted.is_open is not None, bool(wanted.lang_tag), wanted.members is not None)
    if wanted.name and any(others):
        raise FilterConflict
    if "\0" in wanted.name + wanted.lang_tag:
        raise DatabaseRefused(NUL_REFUSED)
    if limit < 0:
        raise DatabaseRefused("ERROR: LIMIT must not be negative (SQLSTATE 2201W)")
    name = wanted.name.lstrip("% ")
    if _ends_in_escape(name) and _any_begins_with(store, name[:-1]):
        raise DatabaseRefused(
            "ERROR: LIKE pattern must not end with escape character (SQLSTATE 22025)"
        )
    order = _BY_NAME if name else _ORDERS[others]
    conditions, params = _conditions(wanted, name)
    if cursor:
        last = dict(zip(_CURSOR, decode_cursor(_GROUPS, cursor, *_TYPES), strict=True))
        conditions.append(order.condition())
        params += [last[column] for column in order.cursor_columns or order.columns]
    where = " AND ".join(conditions) or "TRUE"
    rows = store.all(
        f"SELECT * FROM groups WHERE {where} ORDER BY {order.sql()} LIMIT ?", *params, limit + 1
    )
    if len(rows) <= limit:
        return GroupPage(rows)
    last_row = rows[limit - 1]
    return GroupPage(
        rows[:limit], encode_cursor(_GROUPS, *(last_row[column] for column in _CURSOR))
    )


def _ends_in_escape(pattern: str) -> bool:
    """Whether the last backslash takes its meaning off a character that is not there."""
    return (len(pattern) - len(pattern.rstrip("\\"))) % 2 == 1


def _any_begins_with(store: Store, pattern: str) -> bool:
    """Whether a name goes on behind a pattern: only then PostgreSQL looks at what follows there."""
    return bool(store.all("SELECT * FROM groups WHERE ilike(name, ?) LIMIT 1", pattern + "_%"))


def _conditions(wanted: GroupFilter, name: str) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    params: list[Any] = []
    if name:
        conditions.append("ilike(name, ?)")
        params.append(name)
    if wanted.is_open is not None:
        conditions.append("state = ?")
        params.append(OPEN if wanted.is_open else CLOSED)
    if wanted.lang_tag:
        conditions.append("lang_tag = ?")
        params.append(wanted.lang_tag)
    if wanted.members is not None:
        conditions.append("edge_count <= ?")
        params.append(wanted.members)
    return conditions, params


def users(
    store: Store, group_id: str, limit: int, state: int | None = None, cursor: str = ""
) -> GroupPage:
    """List who is what in a group, by state and time; banned users only when asked for.

    Raises:
        BadCursor: Not a cursor of such a list, or one of a list of another state.
    """
    return _edges(store, "users", group_id, limit, state, cursor)


def groups_of_user(
    store: Store, user_id: str, limit: int, state: int | None = None, cursor: str = ""
) -> GroupPage:
    """List the groups in which a user is something, by state and time; bans are not shown.

    Raises:
        BadCursor: Not a cursor of such a list, or one of a list of another state.
    """
    return _edges(store, "groups", user_id, limit, state, cursor)


def _edges(
    store: Store, table: str, source_id: str, limit: int, state: int | None, cursor: str
) -> GroupPage:
    rows = store.all(
        f"SELECT d.*, e.state AS edge_state, e.position AS edge_position "
        f"FROM group_edge e JOIN {table} d ON d.id = e.destination_id "
        "WHERE e.source_id = ? AND (e.state, e.position) >= (?, ?) "
        "AND e.state BETWEEN ? AND ? ORDER BY e.state, e.position LIMIT ?",
        source_id,
        *decode_edge(cursor, state),
        *((0, 3) if state is None else (state, state)),
        limit + 1,
    )
    if len(rows) <= limit:
        return GroupPage(rows)
    following = rows[limit]
    return GroupPage(rows[:limit], encode_edge(following["edge_state"], following["edge_position"]))

"""Groups: create, update, delete, look up."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any

from mock_server.features.channels.ids import group_channel
from mock_server.features.groups.errors import (
    DatabaseRefused,
    InvalidCreator,
    NameInUse,
    NothingToUpdate,
    NotUpdated,
    PermissionDenied,
)
from mock_server.features.groups.patterns import ilike
from mock_server.identity import SYSTEM_USER
from mock_server.realtime.tracker import Tracker
from mock_server.wire.jsonb import JsonbError, jsonb_text
from mock_server.wire.messages import api_message
from mock_server.wire.output import omit_empty, timestamp
from mock_server.wire.varchar import varchar_problem
from server_kit import Clock, Store
from server_kit.store import Row

# A membership is two edges, group to user and back, a ban is the first of them only. The keys are
# PostgreSQL's: lists go by state, then by the time of the first contact.
SCHEMA = """
CREATE TABLE groups (
    id TEXT PRIMARY KEY, creator_id TEXT NOT NULL, name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL DEFAULT '', avatar_url TEXT NOT NULL DEFAULT '',
    lang_tag TEXT NOT NULL DEFAULT 'en', metadata TEXT NOT NULL DEFAULT '{}',
    state INTEGER NOT NULL, edge_count INTEGER NOT NULL, max_count INTEGER NOT NULL DEFAULT 100,
    create_time INTEGER NOT NULL, update_time INTEGER NOT NULL,
    CHECK (edge_count >= 1 AND edge_count <= max_count)
);
CREATE TABLE group_edge (
    source_id TEXT NOT NULL, state INTEGER NOT NULL, position INTEGER NOT NULL,
    destination_id TEXT NOT NULL, update_time INTEGER NOT NULL,
    PRIMARY KEY (source_id, state, position), UNIQUE (source_id, destination_id)
) WITHOUT ROWID;
CREATE INDEX group_edge_destination ON group_edge (destination_id);
CREATE INDEX groups_by_change ON groups (update_time, edge_count, id);
CREATE INDEX groups_by_language ON groups (lang_tag, edge_count, id);
CREATE INDEX groups_by_members ON groups (edge_count, update_time, id);
CREATE INDEX groups_by_state ON groups (state, edge_count, lang_tag, id);
CREATE INDEX groups_by_state_and_language ON groups (state, lang_tag, edge_count, id);
"""

# Widths of PostgreSQL columns; Nakama leaves the check to the database.
_WIDTHS = {"name": 255, "description": 255, "avatar_url": 512, "lang_tag": 18}

OPEN, CLOSED = 0, 1


class GroupState(IntEnum):
    """The rank of a user in a group."""

    SUPERADMIN = 0
    ADMIN = 1
    MEMBER = 2
    JOIN_REQUEST = 3
    BANNED = 4


class Groups:
    """The groups of one server."""

    def __init__(self, store: Store, clock: Clock, tracker: Tracker) -> None:
        self._store = store
        self._clock = clock
        self._tracker = tracker
        self._store.create_function("ilike", 2, ilike)

    def create(
        self, user_id: str, creator_id: str, name: str, *, is_open: bool, **columns: Any
    ) -> Row:
        """Create a group with one superadmin, and return its row.

        Args:
            user_id: The superadmin.
            creator_id: The creator that the group shows.
            name: Its name, which no other group may have.
            is_open: Whether users join at once or ask first.
            columns: What else differs from the defaults, by column.

        Raises:
            GroupError: The name is taken, a value does not fit, or the superadmin is the system.
        """
        if user_id == SYSTEM_USER:
            raise InvalidCreator
        now = self._clock.tick()
        values = {
            "id": str(uuid.uuid4()),
            "creator_id": creator_id,
            **_checked({"name": name, **columns}),
            "state": OPEN if is_open else CLOSED,
            "edge_count": 1,
            "create_time": now,
            "update_time": now,
        }
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        with self._store.transaction():
            self._write(f"INSERT INTO groups ({names}) VALUES ({marks})", *values.values())
            self.connect(values["id"], user_id, GroupState.SUPERADMIN)
        return self._row(values["id"])

    def update(self, group_id: str, caller_id: str, changes: Mapping[str, Any]) -> None:
        """Change columns of a group.

        Args:
            group_id: The group.
            caller_id: Who does it; at least an admin, or the system user.
            changes: The new values, by column.

        Raises:
            GroupError: No right, nothing to change, the name taken, or a value that does not fit.
        """
        if not self.may(group_id, caller_id, GroupState.ADMIN):
            raise PermissionDenied
        if not changes:
            raise NothingToUpdate
        values = _checked(changes)
        columns = ", ".join(f"{name} = ?" for name in values)
        if not self._write(
            f"UPDATE groups SET {columns}, update_time = ? WHERE id = ?",
            *values.values(),
            self._clock.tick(),
            group_id,
        ):
            raise NotUpdated

    def delete(self, group_id: str, caller_id: str) -> None:
        """Delete a group, and close its channel; what was said there stays.

        Raises:
            GroupError: The caller is neither a superadmin nor the system user.
        """
        if not self.may(group_id, caller_id, GroupState.SUPERADMIN):
            raise PermissionDenied
        with self._store.transaction():
            self.erase(group_id)
        self._tracker.untrack_stream(group_channel(group_id))

    def erase(self, group_id: str) -> None:
        """Delete the rows of a group."""
        self._store.run("DELETE FROM groups WHERE id = ?", group_id)
        self._store.run(
            "DELETE FROM group_edge WHERE source_id = ? OR destination_id = ?", group_id, group_id
        )

    def find(self, group_id: str) -> Row | None:
        """The row of a group, or None."""
        return self._store.one("SELECT * FROM groups WHERE id = ?", group_id)

    def get(self, group_ids: Iterable[str]) -> list[Row]:
        """The rows of those groups that exist."""
        rows = [self.find(group_id) for group_id in dict.fromkeys(group_ids)]
        return [row for row in rows if row is not None]

    def random(self, count: int) -> list[Row]:
        """Up to `count` groups, any of them."""
        return self._store.all("SELECT * FROM groups ORDER BY random() LIMIT ?", count)

    def state_of(self, group_id: str, user_id: str) -> int | None:
        """The rank of a user in a group; None without an edge."""
        row = self._store.one(
            "SELECT state FROM group_edge WHERE source_id = ? AND destination_id = ?",
            group_id,
            user_id,
        )
        return None if row is None else int(row["state"])

    def member_ids(self, group_id: str, limit: int) -> list[str]:
        """The ids of superadmins, admins and members, in this order."""
        rows = self._store.all(
            "SELECT destination_id FROM group_edge WHERE source_id = ? AND state <= ? "
            "ORDER BY state, position LIMIT ?",
            group_id,
            GroupState.MEMBER,
            limit,
        )
        return [row["destination_id"] for row in rows]

    def may(self, group_id: str, user_id: str, lowest: GroupState) -> bool:
        """Tell whether a user is at least this in a group; the system user may do everything."""
        if user_id == SYSTEM_USER:
            return True
        state = self.state_of(group_id, user_id)
        return state is not None and state <= lowest

    def connect(self, group_id: str, user_id: str, state: GroupState) -> None:
        """Draw both edges between a group and a user who have none."""
        now = self._clock.tick()
        self._store.run_many(
            "INSERT INTO group_edge (source_id, destination_id, state, position, update_time) "
            "VALUES (?, ?, ?, ?, ?)",
            [(group_id, user_id, state, now, now), (user_id, group_id, state, now, now)],
        )

    def _row(self, group_id: str) -> Row:
        row = self.find(group_id)
        assert row is not None
        return row

    def _write(self, sql: str, *params: Any) -> int:
        try:
            return self._store.run(sql, *params)
        except sqlite3.IntegrityError as error:
            if "groups.name" in str(error):
                raise NameInUse from None
            raise DatabaseRefused(
                'ERROR: new row for relation "groups" violates check constraint '
                '"groups_check" (SQLSTATE 23514)'
            ) from None


def message(row: Row) -> dict[str, Any]:
    """The `Group` message of a row."""
    fields = {
        "id": row["id"],
        "creator_id": row["creator_id"],
        "name": row["name"],
        "description": row["description"],
        "lang_tag": row["lang_tag"],
        "metadata": row["metadata"],
        "avatar_url": row["avatar_url"],
        "open": row["state"] == OPEN,
        "edge_count": row["edge_count"],
        "max_count": row["max_count"],
        "create_time": timestamp(row["create_time"] * 1000, digits=0),
        "update_time": timestamp(row["update_time"] * 1000, digits=0),
    }
    return omit_empty(fields, api_message("Group"))


def _checked(columns: Mapping[str, Any]) -> dict[str, Any]:
    """The columns as the database takes them."""
    for name, value in columns.items():
        if isinstance(value, str) and (problem := varchar_problem(value, _WIDTHS.get(name))):
            raise DatabaseRefused(problem)
    if "metadata" not in columns:
        return dict(columns)
    try:
        return {**columns, "metadata": jsonb_text(columns["metadata"])}
    except JsonbError as error:
        raise DatabaseRefused(str(error)) from None

"""Users: their aliases and the properties that all their subscriptions share."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import msgspec

from onesignal_stub import errors
from onesignal_stub.fields import merge_tags
from server_kit import Clock, Store
from server_kit.store import Row

EXTERNAL_ID = "external_id"
ONESIGNAL_ID = "onesignal_id"


class Users:
    """The users of all apps.

    Args:
        store: The tables.
        clock: The stub's time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def add(self, app_id: str) -> str:
        """Add a user without aliases and return its onesignal_id."""
        onesignal_id = str(uuid.uuid4())
        now = int(self._clock.time())
        self._store.run(
            "INSERT INTO users (onesignal_id, app_id, first_active, last_active)"
            " VALUES (?, ?, ?, ?)",
            onesignal_id,
            app_id,
            now,
            now,
        )
        return onesignal_id

    def get(self, onesignal_id: str) -> Row:
        """The row of a user that is known to exist."""
        row = self._store.one("SELECT * FROM users WHERE onesignal_id = ?", onesignal_id)
        assert row is not None
        return row

    def find(self, app_id: str, label: str, alias_id: str) -> str | None:
        """The onesignal_id of the user with an alias."""
        if label == ONESIGNAL_ID:
            row = self._store.one(
                "SELECT onesignal_id FROM users WHERE app_id = ? AND onesignal_id = ?",
                app_id,
                alias_id.lower(),
            )
        else:
            row = self._store.one(
                "SELECT onesignal_id FROM aliases WHERE app_id = ? AND label = ? AND alias_id = ?",
                app_id,
                label,
                alias_id,
            )
        return None if row is None else row["onesignal_id"]

    def with_external_id(self, app_id: str, external_id: str) -> str:
        """The user with this external id, added if there is none."""
        found = self.find(app_id, EXTERNAL_ID, external_id)
        if found is None:
            found = self.add(app_id)
            self.set_aliases(app_id, found, {EXTERNAL_ID: external_id})
        return found

    def identity(self, onesignal_id: str) -> dict[str, str]:
        """All aliases of a user, `onesignal_id` first."""
        rows = self._store.all(
            "SELECT label, alias_id FROM aliases WHERE onesignal_id = ? ORDER BY number",
            onesignal_id,
        )
        return {ONESIGNAL_ID: onesignal_id} | {row["label"]: row["alias_id"] for row in rows}

    def set_aliases(self, app_id: str, onesignal_id: str, aliases: Mapping[str, str]) -> None:
        """Give a user aliases; one that it has under the same label is overwritten.

        Raises:
            ApiError: Another user has one of them; none is given then.
        """
        claimed = {
            label: alias_id
            for label, alias_id in aliases.items()
            if self.find(app_id, label, alias_id) not in {None, onesignal_id}
        }
        if claimed:
            raise errors.titled(
                409, "user-2", "One or more Aliases claimed by another User", meta=claimed
            )
        for label, alias_id in aliases.items():
            self._store.run(
                "INSERT INTO aliases (app_id, label, alias_id, onesignal_id) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (onesignal_id, label) DO UPDATE SET alias_id = excluded.alias_id",
                app_id,
                label,
                alias_id,
                onesignal_id,
            )

    def change(self, onesignal_id: str, columns: Mapping[str, Any]) -> None:
        """Write columns of a user; `tags` are changes, merged into those it has."""
        columns = dict(columns)
        if "tags" in columns:
            old = msgspec.json.decode(self.get(onesignal_id)["tags"])
            columns["tags"] = msgspec.json.encode(merge_tags(old, columns["tags"])).decode()
        if columns:
            names = ", ".join(f"{name} = ?" for name in columns)
            self._store.run(
                f"UPDATE users SET {names} WHERE onesignal_id = ?", *columns.values(), onesignal_id
            )

    def prune(self, onesignal_id: str) -> None:
        """Remove a user that nothing refers to any more: no alias, no subscription."""
        self._store.run(
            "DELETE FROM users WHERE onesignal_id = ?1"
            " AND NOT EXISTS (SELECT 1 FROM aliases WHERE onesignal_id = ?1)"
            " AND NOT EXISTS (SELECT 1 FROM subscriptions WHERE onesignal_id = ?1)",
            onesignal_id,
        )

"""Users: their aliases and the properties that all their subscriptions share."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import msgspec

from onesignal_stub import errors, fields
from onesignal_stub.features.users.properties import MAX_PURCHASES
from onesignal_stub.fields import merge_tags
from server_kit import Clock, Store
from server_kit.store import Row

EXTERNAL_ID = "external_id"
ONESIGNAL_ID = "onesignal_id"
MAX_CUSTOM_ALIASES = 20
MAX_TAGS_OF_USER = 1000
MAX_TAG_CHARACTERS = 64 * 1024
_BUILT_IN = {ONESIGNAL_ID, EXTERNAL_ID}


class Users:
    """The users of all apps.

    Args:
        store: The tables.
        clock: The stub's time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def add(self, app_id: str, *, onesignal_id: str | None = None) -> str:
        """Add a user without aliases and return its onesignal_id, made up if none is given."""
        onesignal_id = (onesignal_id or str(uuid.uuid4())).lower()
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

    def add_many(self, app_id: str, count: int) -> list[str]:
        """Add users without aliases and return their onesignal_ids."""
        onesignal_ids = fields.new_uuids(count)
        now = int(self._clock.time())
        self._store.run_many(
            "INSERT INTO users (onesignal_id, app_id, first_active, last_active)"
            " VALUES (?, ?, ?, ?)",
            ((onesignal_id, app_id, now, now) for onesignal_id in onesignal_ids),
        )
        return onesignal_ids

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

    def named(self, app_id: str, label: str, alias_id: str) -> str:
        """The onesignal_id of the user that a path names.

        Raises:
            ApiError: There is no such user, or the onesignal_id is not a UUID.
        """
        if label == ONESIGNAL_ID and not fields.is_uuid(alias_id):
            raise errors.titled(400, "request-1", "Invalid UUID", meta={label: alias_id})
        found = self.find(app_id, label, alias_id)
        if found is None:
            shown = "oneSignalID" if label == ONESIGNAL_ID else label
            raise errors.titled(404, "user-1", f"No aliases found for {shown} `{alias_id}`")
        return found

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
            ApiError: Another user has one of them, or there are too many; none is given then.
        """
        claimed = {
            label: alias_id
            for label, alias_id in aliases.items()
            if self.find(app_id, label, alias_id) not in {None, onesignal_id}
        }
        if claimed:
            raise errors.aliases_claimed(claimed)
        labels = {*self.identity(onesignal_id), *aliases} - _BUILT_IN
        if len(labels) > MAX_CUSTOM_ALIASES:
            raise _too_many_aliases()
        for label, alias_id in aliases.items():
            overwritten = self._store.run(
                "UPDATE aliases SET alias_id = ? WHERE onesignal_id = ? AND label = ?",
                alias_id,
                onesignal_id,
                label,
            )
            if not overwritten:
                self._store.run(
                    "INSERT INTO aliases (app_id, label, alias_id, onesignal_id)"
                    " VALUES (?, ?, ?, ?)",
                    app_id,
                    label,
                    alias_id,
                    onesignal_id,
                )

    def remove_alias(self, onesignal_id: str, label: str) -> bool:
        """Take an alias from a user; False if it has none with this label."""
        return bool(
            self._store.run(
                "DELETE FROM aliases WHERE onesignal_id = ? AND label = ?", onesignal_id, label
            )
        )

    def change(self, onesignal_id: str, columns: Mapping[str, Any]) -> None:
        """Write columns of a user; `tags` are changes, merged into those it has.

        Raises:
            ApiError: The user would have more tags than any plan allows, or too long ones.
        """
        columns = dict(columns)
        if "tags" in columns:
            old = msgspec.json.decode(self.get(onesignal_id)["tags"])
            tags = merge_tags(old, columns["tags"])
            if len(tags) > MAX_TAGS_OF_USER:
                raise _too_many_tags()
            columns["tags"] = msgspec.json.encode(tags).decode()
            if len(columns["tags"]) > MAX_TAG_CHARACTERS:
                raise errors.refused(
                    f"The tags of a player can have at most {MAX_TAG_CHARACTERS} characters as JSON"
                )
        if columns:
            names = ", ".join(f"{name} = ?" for name in columns)
            self._store.run(
                f"UPDATE users SET {names} WHERE onesignal_id = ?", *columns.values(), onesignal_id
            )

    def set_properties(self, onesignal_id: str, columns: Mapping[str, Any]) -> None:
        """Write the properties of a user; a language is also set on all their devices."""
        self.change(onesignal_id, columns)
        if "language" in columns:
            self._store.run(
                "UPDATE subscriptions SET language = ? WHERE onesignal_id = ?",
                columns["language"],
                onesignal_id,
            )

    def add_purchases(
        self, onesignal_id: str, purchases: list[dict[str, Any]], *, already_counted: bool = False
    ) -> None:
        """Add purchases of a user and, unless they are counted already, the amount spent.

        The newest 1,000 are kept.
        """
        known = msgspec.json.decode(self.get(onesignal_id)["purchases"])
        spent = sum(float(item["amount"]) * int(item["count"]) for item in purchases)
        self._store.run(
            "UPDATE users SET purchases = ?, amount_spent = amount_spent + ?"
            " WHERE onesignal_id = ?",
            msgspec.json.encode((known + purchases)[-MAX_PURCHASES:]).decode(),
            0.0 if already_counted else spent,
            onesignal_id,
        )

    def delete(self, onesignal_id: str) -> None:
        """Remove a user with its aliases and subscriptions."""
        self._store.run("DELETE FROM users WHERE onesignal_id = ?", onesignal_id)

    def prune(self, onesignal_id: str) -> None:
        """Remove a user that nothing refers to any more: no alias, no subscription."""
        self._store.run(
            "DELETE FROM users WHERE onesignal_id = ?"
            " AND NOT EXISTS (SELECT 1 FROM aliases a WHERE a.onesignal_id = users.onesignal_id)"
            " AND NOT EXISTS"
            " (SELECT 1 FROM subscriptions s WHERE s.onesignal_id = users.onesignal_id)",
            onesignal_id,
        )


def read_aliases(given: Any) -> dict[str, str]:
    """The aliases in an `identity` object.

    Raises:
        ApiError: It is not an object, a value is not a string, or there are too many.
    """
    if given is None or given == []:
        return {}
    if not isinstance(given, dict):
        raise errors.titled(400, "request-2", "identity must be an object")
    if len(given) > MAX_CUSTOM_ALIASES + len(_BUILT_IN):
        raise _too_many_aliases()
    for label, value in given.items():
        if not label or not isinstance(value, str) or not value:
            raise errors.titled(
                400,
                "request-2",
                "identity must map labels to non-empty strings",
                meta={label: value},
            )
    return dict(given)


def _too_many_aliases() -> errors.ApiError:
    text = f"A user can have at most {MAX_CUSTOM_ALIASES} custom aliases"
    return errors.titled(400, "request-2", text)


def _too_many_tags() -> errors.ApiError:
    return errors.refused(
        f"No apps are allowed to have more than {MAX_TAGS_OF_USER} tags on a given player"
    )

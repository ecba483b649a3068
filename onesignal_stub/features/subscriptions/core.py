"""Subscriptions: the records that receive messages, one per token, address or number."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from onesignal_stub import errors, fields
from onesignal_stub.features.subscriptions.model import EMAIL, NewSubscription
from onesignal_stub.features.users.core import Users
from server_kit import Clock, Store
from server_kit.store import Row

MAX_PER_USER = 20
UNSUBSCRIBED = -2


class Subscriptions:
    """The subscriptions of all apps.

    Args:
        store: The tables.
        clock: The stub's time.
        users: Their owners.
    """

    def __init__(self, store: Store, clock: Clock, users: Users) -> None:
        self._store = store
        self._clock = clock
        self._users = users

    def find(self, app_id: str, subscription_id: str) -> Row | None:
        """The row of a subscription of this app."""
        return self._store.one(
            "SELECT * FROM subscriptions WHERE id = ? AND app_id = ?",
            subscription_id.lower(),
            app_id,
        )

    def by_token(self, app_id: str, device_type: int, token: str) -> Row | None:
        """The row that holds a token, address or number."""
        return self._store.one(
            "SELECT * FROM subscriptions WHERE app_id = ? AND device_type = ? AND token = ?",
            app_id,
            device_type,
            token,
        )

    def add(
        self, app_id: str, onesignal_id: str, *, device_type: int, columns: Mapping[str, Any]
    ) -> str:
        """Add a subscription to a user and return its id."""
        now = int(self._clock.time())
        values = {
            "id": str(uuid.uuid4()),
            "app_id": app_id,
            "onesignal_id": onesignal_id,
            "device_type": device_type,
            "created_at": now,
            "last_active": now,
            **columns,
        }
        marks = ", ".join("?" * len(values))
        self._store.run(
            f"INSERT INTO subscriptions ({', '.join(values)}) VALUES ({marks})", *values.values()
        )
        return str(values["id"])

    def add_tokens(self, app_id: str, device_type: int, tokens: Sequence[str]) -> None:
        """Add a subscription, of a user of its own, for each token that the app does not have."""
        rows = self._store.all(
            "SELECT token FROM subscriptions WHERE app_id = ? AND device_type = ?"
            " AND token IN (SELECT value FROM json_each(?))",
            app_id,
            device_type,
            msgspec.json.encode(tokens).decode(),
        )
        known = {row["token"] for row in rows}
        new = [token for token in tokens if token not in known]
        now = int(self._clock.time())
        users = self._users.add_many(app_id, len(new))
        self._store.run_many(
            "INSERT INTO subscriptions"
            " (id, app_id, onesignal_id, device_type, token, created_at, last_active)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (subscription_id, app_id, user, device_type, token, now, now)
                for subscription_id, user, token in zip(
                    fields.new_uuids(len(new)), users, new, strict=True
                )
            ),
        )

    def change(self, subscription_id: str, columns: Mapping[str, Any]) -> None:
        """Write columns of a subscription, and note when it became unsubscribed."""
        if not columns:
            return
        names = ", ".join(f"{name} = ?" for name in columns)
        self._store.run(
            f"UPDATE subscriptions SET {names} WHERE id = ?", *columns.values(), subscription_id
        )
        self._store.run(
            "UPDATE subscriptions SET unsubscribed_at ="
            " CASE WHEN subscribed THEN NULL ELSE coalesce(unsubscribed_at, ?) END WHERE id = ?",
            int(self._clock.time()),
            subscription_id,
        )

    def claim(self, app_id: str, onesignal_id: str, wanted: NewSubscription) -> tuple[str, bool]:
        """Give a user a subscription; one with the same type and token moves to it.

        Returns:
            Its id, and whether it is new.

        Raises:
            ApiError: The user has as many as it can have.
        """
        assert wanted.device_type is not None
        known = self.by_token(app_id, wanted.device_type, wanted.columns["token"])
        if known is None or known["onesignal_id"] != onesignal_id:
            self._check_room(onesignal_id)
        if known is None:
            added = self.add(
                app_id, onesignal_id, device_type=wanted.device_type, columns=wanted.columns
            )
            return added, True
        self.change(known["id"], wanted.columns)
        self.move(known, onesignal_id)
        return known["id"], False

    def of_user(self, onesignal_id: str) -> list[Row]:
        """The subscriptions of a user, the oldest first."""
        return self._store.all(
            "SELECT * FROM subscriptions WHERE onesignal_id = ? ORDER BY number", onesignal_id
        )

    def named(self, app_id: str, subscription_id: str) -> Row:
        """The row of the subscription that a path names.

        Raises:
            ApiError: There is none.
        """
        row = self.find(app_id, subscription_id)
        if row is None:
            raise errors.no_such_subscription()
        return row

    def with_token(self, app_id: str, device_type: int, token: str) -> list[Row]:
        """Every subscription with this type and token."""
        return self._store.all(
            "SELECT * FROM subscriptions WHERE app_id = ? AND device_type = ? AND token = ?",
            app_id,
            device_type,
            token,
        )

    def unsubscribe_email(self, app_id: str, notification_id: str, token: str) -> bool:
        """Unsubscribe an address that received a message; False if it did not.

        The token of a message's unsubscribe link is, in the stub, the id of the subscription.
        """
        row = self._store.one(
            "SELECT s.id FROM subscriptions s JOIN deliveries d ON d.subscription = s.number"
            " JOIN notifications n ON n.number = d.notification"
            " WHERE s.app_id = ? AND s.id = ? AND s.device_type = ? AND n.id = ?",
            app_id,
            token.lower(),
            EMAIL,
            notification_id.lower(),
        )
        if row is not None:
            self.change(row["id"], {"notification_types": UNSUBSCRIBED})
        return row is not None

    def add_sessions(
        self, onesignal_id: str, *, count: int, seconds: int, subscription_id: str | None
    ) -> None:
        """Count sessions on one subscription of a user, or on all if none is named."""
        if not count and not seconds:
            return
        now = int(self._clock.time())
        self._store.run(
            "UPDATE subscriptions SET session_count = session_count + ?,"
            " session_time = session_time + ?, last_active = ?"
            " WHERE onesignal_id = ? AND coalesce(?, id) = id",
            count,
            seconds,
            now,
            onesignal_id,
            subscription_id and subscription_id.lower(),
        )
        self._users.change(onesignal_id, {"last_active": now})

    def move(self, subscription: Row, onesignal_id: str) -> None:
        """Give a subscription to another user; the old user goes if nothing refers to them."""
        if subscription["onesignal_id"] == onesignal_id:
            return
        self._store.run(
            "UPDATE subscriptions SET onesignal_id = ? WHERE id = ?",
            onesignal_id,
            subscription["id"],
        )
        self._users.prune(subscription["onesignal_id"])

    def delete(self, subscription: Row) -> None:
        """Remove a subscription; its user stays."""
        self._store.run("DELETE FROM subscriptions WHERE id = ?", subscription["id"])

    def _check_room(self, onesignal_id: str) -> None:
        row = self._store.one(
            "SELECT count(*) FROM subscriptions WHERE onesignal_id = ?", onesignal_id
        )
        if row is not None and row[0] >= MAX_PER_USER:
            raise errors.titled(
                409,
                "subscription-1",
                f"The maximum number of subscriptions assigned to one user is {MAX_PER_USER}",
            )

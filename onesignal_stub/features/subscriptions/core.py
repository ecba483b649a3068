"""Subscriptions: the records that receive messages, one per token, address or number."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from onesignal_stub.features.users.core import Users
from server_kit import Clock, Store
from server_kit.store import Row

TYPES = {
    "iOSPush": 0,
    "AndroidPush": 1,
    "FireOSPush": 2,
    "ChromeExtensionPush": 4,
    "ChromePush": 5,
    "WindowsPush": 6,
    "SafariLegacyPush": 7,
    "FirefoxPush": 8,
    "macOSPush": 9,
    "Email": 11,
    "HuaweiPush": 13,
    "SMS": 14,
    "SafariPush": 17,
}
"""Names of the user model for the player model's `device_type`."""

EMAIL = TYPES["Email"]
SMS = TYPES["SMS"]
DEVICE_TYPES = frozenset({*TYPES.values(), 3, 10})
"""The types a record can have; Windows Phone (3) and Alexa (10) have no name in the user model."""


class Subscriptions:
    """The subscriptions of all apps.

    Args:
        store: The tables.
        clock: The stub's time.
        users: Who they belong to.
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

    def move(self, subscription: Row, onesignal_id: str) -> None:
        """Give a subscription to another user; the old one goes if nothing is left of it."""
        if subscription["onesignal_id"] == onesignal_id:
            return
        self._store.run(
            "UPDATE subscriptions SET onesignal_id = ? WHERE id = ?",
            onesignal_id,
            subscription["id"],
        )
        self._users.prune(subscription["onesignal_id"])

    def delete(self, subscription: Row) -> None:
        """Remove a subscription, and its user if nothing else is left of it."""
        self._store.run("DELETE FROM subscriptions WHERE id = ?", subscription["id"])
        self._users.prune(subscription["onesignal_id"])

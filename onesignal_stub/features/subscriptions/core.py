"""Subscriptions: the records that receive messages, one per token, address or number."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from onesignal_stub import errors, fields
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

MAX_PER_USER = 20
DISABLED = -31
UNSUBSCRIBED = -2
_NAMES = {number: name for name, number in TYPES.items()} | {3: "WindowsPush", 10: "AndroidPush"}
_READERS: dict[str, Callable[[Mapping[str, Any], str], Any]] = {
    "token": fields.text,
    "notification_types": fields.integer,
    "session_time": fields.integer,
    "session_count": fields.integer,
    "sdk": fields.text,
    "device_model": fields.text,
    "device_os": fields.text,
    "rooted": fields.flag,
    "test_type": fields.integer,
    "app_version": fields.text,
    "net_type": fields.integer,
    "carrier": fields.text,
    "web_auth": fields.text,
    "web_p256": fields.text,
}


@frozen
class NewSubscription:
    """A subscription as a request describes it.

    Attributes:
        device_type: Its type as a number; None where the request leaves it as it is.
        columns: What it sets.
    """

    device_type: int | None
    columns: Mapping[str, Any]


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
        """Unsubscribe an address that got a message; False if it did not get it.

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


def read_subscription(given: Any, *, new: bool) -> NewSubscription:
    """Read a subscription object.

    Args:
        given: The object.
        new: It is to be created, so that type and token must be there.

    Raises:
        ApiError: It is no object, its type is unknown, or it lacks what it needs.
    """
    if not isinstance(given, dict):
        raise errors.titled(400, "subscription-2", "a subscription must be an object")
    kind = given.get("type")
    if kind is not None and (not isinstance(kind, str) or kind not in TYPES):
        known = ", ".join(TYPES)
        raise errors.titled(
            400, "subscription-2", f"type must be one of {known}", meta={"type": kind}
        )
    if new and (kind is None or not given.get("token")):
        raise errors.titled(400, "subscription-2", "a subscription must have a type and a token")
    columns = {name: reader(given, name) for name, reader in _READERS.items() if name in given}
    columns = {name: value for name, value in columns.items() if value is not None}
    enabled = fields.flag(given, "enabled")
    if enabled is False and columns.get("notification_types", 1) > 0:
        columns["notification_types"] = DISABLED
    elif enabled is True and "notification_types" not in columns:
        columns["notification_types"] = 1
    return NewSubscription(None if kind is None else TYPES[kind], columns)


def subscription_json(row: Row) -> dict[str, Any]:
    """A subscription as the user model shows it; the official SDKs take no null in it."""
    types = row["notification_types"]
    return {
        "id": row["id"],
        "app_id": row["app_id"],
        "type": _NAMES[row["device_type"]],
        "token": row["token"] or "",
        "enabled": bool(row["subscribed"]),
        "notification_types": row["subscribed"] if types is None else types,
        "session_time": row["session_time"],
        "session_count": row["session_count"],
        "sdk": row["sdk"] or "",
        "device_model": row["device_model"] or "",
        "device_os": row["device_os"] or "",
        "rooted": bool(row["rooted"]),
        "test_type": row["test_type"] or 0,
        "app_version": row["app_version"] or "",
        "net_type": row["net_type"] or 0,
        "carrier": row["carrier"] or "",
        "web_auth": row["web_auth"] or "",
        "web_p256": row["web_p256"] or "",
    }

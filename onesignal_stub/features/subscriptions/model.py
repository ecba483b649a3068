"""A subscription as the user model describes and shows it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from onesignal_stub import errors, fields
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

_ADDRESSES = {
    EMAIL: re.compile(r"[^@\s]+@[^@\s]+"),
    SMS: re.compile(r"\+[0-9]{5,15}"),
}
DISABLED = -31
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
        columns: The columns that it sets.
    """

    device_type: int | None
    columns: Mapping[str, Any]


def can_hold(device_type: int, token: str) -> bool:
    """Whether a token is one that a record of this type can have.

    Which push tokens OneSignal accepts is not documented; the stub takes any but "". An e-mail
    address has an `@`, and a phone number is E.164.
    """
    form = _ADDRESSES.get(device_type)
    return bool(token) if form is None else form.fullmatch(token) is not None


def read_subscription(given: Any, *, new: bool) -> NewSubscription:
    """Read a subscription object.

    Args:
        given: The object.
        new: It is to be created, so that type and token must be there.

    Raises:
        ApiError: It is not an object, its type is unknown, or a required field is missing.
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
    token = fields.text(given, "token")
    if kind is not None and token and not can_hold(TYPES[kind], token):
        raise errors.titled(400, "subscription-4", f"token is no {kind}", meta={"token": token})
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

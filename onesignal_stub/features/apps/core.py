"""Apps: their names and settings."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from typing import Any

import msgspec

from onesignal_stub import errors
from onesignal_stub.room import check_room
from onesignal_stub.times import iso
from server_kit import Clock, Store
from server_kit.store import Row

MAX_NAME = 128
_NULLABLE = [
    "gcm_key",
    "chrome_web_origin",
    "chrome_key",
    "chrome_web_default_notification_icon",
    "chrome_web_sub_domain",
    "apns_env",
    "apns_certificates",
    "safari_site_origin",
    "safari_push_id",
    "site_name",
]
_OPTIONAL = [  # left out where they are not set: not all official SDKs take null
    "android_gcm_sender_id",
    "apns_key_id",
    "apns_team_id",
    "apns_bundle_id",
    "safari_apns_certificates",
    "safari_icon_16_16",
    "safari_icon_32_32",
    "safari_icon_64_64",
    "safari_icon_128_128",
    "safari_icon_256_256",
    "organization_id",
    "additional_data_is_root_payload",
]
_WRITE_ONLY = [
    "apns_p12",
    "apns_p12_password",
    "apns_p8",
    "safari_apns_p12",
    "safari_apns_p12_password",
]
_SETTINGS = frozenset({*_NULLABLE, *_OPTIONAL, *_WRITE_ONLY})
_COUNTED = (
    "SELECT a.*, (SELECT count(*) FROM subscriptions s WHERE s.app_id = a.id) AS players,"
    " (SELECT count(*) FROM subscriptions s WHERE s.app_id = a.id AND s.subscribed)"
    " AS messageable_players FROM apps a"
)


class Apps:
    """The apps of one account.

    Args:
        store: The tables.
        clock: The stub's time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def add(
        self,
        name: str,
        settings: Mapping[str, Any],
        *,
        app_id: str | None = None,
        key: str | None = None,
    ) -> str:
        """Add an app and return its id; id and key are made up where none are given."""
        app_id = app_id or str(uuid.uuid4())
        now = self._clock.time()
        self._store.run(
            "INSERT INTO apps (id, name, settings, basic_auth_key, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            app_id,
            name,
            msgspec.json.encode(settings).decode(),
            key or secrets.token_urlsafe(36),
            now,
            now,
        )
        check_room(self._store, "apps", "settings", None)
        return app_id

    def set_key(self, app_id: str, key: str) -> None:
        """Give an app another REST API key."""
        self._store.run("UPDATE apps SET basic_auth_key = ? WHERE id = ?", key, app_id)

    def update(self, app_id: str, body: Mapping[str, Any]) -> None:
        """Change the fields that are there.

        Raises:
            ApiError: The name is empty or too long.
        """
        row = self._row(app_id)
        assert row is not None
        name = app_name(body) if "name" in body else row["name"]
        settings = msgspec.json.decode(row["settings"]) | app_settings(body)
        self._store.run(
            "UPDATE apps SET name = ?, settings = ?, updated_at = ? WHERE id = ?",
            name,
            msgspec.json.encode(settings).decode(),
            self._clock.time(),
            app_id,
        )
        check_room(self._store, "apps", "settings", None)

    def view(self, app_id: str) -> dict[str, Any] | None:
        """An app as OneSignal answers when it was created or changed; None if there is none."""
        row = self._row(app_id)
        return None if row is None else _json(row)

    def view_without_key(self, app_id: str) -> dict[str, Any] | None:
        """An app as OneSignal shows it later, with null for its key; None if there is none."""
        app = self.view(app_id)
        return app and app | {"basic_auth_key": None}

    def all(self) -> list[dict[str, Any]]:
        """Every app, the oldest first, with null for its key."""
        rows = self._store.all(f"{_COUNTED} ORDER BY a.number")
        return [_json(row) | {"basic_auth_key": None} for row in rows]

    def _row(self, app_id: str) -> Row | None:
        return self._store.one(f"{_COUNTED} WHERE a.id = ?", app_id)


def app_name(body: Mapping[str, Any]) -> str:
    """The name of an app.

    Raises:
        ApiError: It is missing, empty or too long.
    """
    name = body.get("name")
    if not isinstance(name, str) or not name.strip():
        raise errors.refused("Name Enter an app name")
    if len(name) > MAX_NAME:
        raise errors.refused(f"Name is limited to {MAX_NAME} characters")
    return name


def app_settings(body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an app that can be set, but its name."""
    return {name: value for name, value in body.items() if name in _SETTINGS}


def _json(row: Row) -> dict[str, Any]:
    settings: dict[str, Any] = msgspec.json.decode(row["settings"])
    shown = {
        name: value
        for name, value in settings.items()
        if name not in _WRITE_ONLY and value is not None
    }
    return {
        **dict.fromkeys(_NULLABLE),
        **shown,
        "id": row["id"],
        "name": row["name"],
        "players": row["players"],
        "messageable_players": row["messageable_players"],
        "created_at": iso(row["created_at"]),
        "updated_at": iso(row["updated_at"]),
        "basic_auth_key": row["basic_auth_key"],
    }

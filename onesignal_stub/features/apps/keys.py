"""API keys beyond an app's first, as SDK 5.x manages them."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from typing import Any

import msgspec

from onesignal_stub import fields
from onesignal_stub.errors import refused
from onesignal_stub.room import check_room
from onesignal_stub.times import iso
from server_kit import Clock, Store
from server_kit.store import Row

_MODES = ("disabled", "explicit")


class ApiKeys:
    """The further keys of all apps.

    Args:
        store: The tables.
        clock: The stub's time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def all(self, app_id: str) -> list[dict[str, Any]]:
        """The keys of an app without the keys themselves."""
        rows = self._store.all("SELECT * FROM api_keys WHERE app_id = ? ORDER BY number", app_id)
        return [_json(row) for row in rows]

    def create(self, app_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Add a key; the answer is the only place where it is shown.

        Raises:
            ApiError: It has no name, or the allow list is wrong.
        """
        name = fields.text(body, "name")
        if not name:
            raise refused("name is required")
        mode, allowed = _allow_list(body)
        token_id, key = str(uuid.uuid4()), _new_key()
        now = self._clock.time()
        self._store.run(
            "INSERT INTO api_keys (token_id, app_id, name, key, ip_allowlist_mode, ip_allowlist,"
            " created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            token_id,
            app_id,
            name,
            key,
            mode or "disabled",
            msgspec.json.encode(allowed or []).decode(),
            now,
            now,
        )
        check_room(self._store, "api_keys", "name || ip_allowlist", app_id)
        return {"token_id": token_id, "formatted_token": key}

    def update(self, app_id: str, token_id: str, body: Mapping[str, Any]) -> None:
        """Change a key's name or allow list.

        Raises:
            ApiError: There is no such key, or the allow list is wrong.
        """
        row = self._row(app_id, token_id)
        mode, allowed = _allow_list(body)
        self._store.run(
            "UPDATE api_keys SET name = ?, ip_allowlist_mode = ?, ip_allowlist = ?,"
            " updated_at = ? WHERE token_id = ?",
            fields.text(body, "name") or row["name"],
            mode or row["ip_allowlist_mode"],
            row["ip_allowlist"] if allowed is None else msgspec.json.encode(allowed).decode(),
            self._clock.time(),
            row["token_id"],
        )
        check_room(self._store, "api_keys", "name || ip_allowlist", app_id)

    def rotate(self, app_id: str, token_id: str) -> dict[str, Any]:
        """Replace a key; the old one stops working.

        Raises:
            ApiError: There is no such key.
        """
        row = self._row(app_id, token_id)
        key = _new_key()
        self._store.run(
            "UPDATE api_keys SET key = ?, updated_at = ? WHERE token_id = ?",
            key,
            self._clock.time(),
            row["token_id"],
        )
        return {"token_id": row["token_id"], "formatted_token": key}

    def delete(self, app_id: str, token_id: str) -> None:
        """Remove a key.

        Raises:
            ApiError: There is no such key.
        """
        row = self._row(app_id, token_id)
        self._store.run("DELETE FROM api_keys WHERE token_id = ?", row["token_id"])

    def _row(self, app_id: str, token_id: str) -> Row:
        row = self._store.one(
            "SELECT * FROM api_keys WHERE app_id = ? AND token_id = ?", app_id, token_id.lower()
        )
        if row is None:
            raise refused("API key not found", status=404)
        return row


def _new_key() -> str:
    return f"os_v2_app_{secrets.token_urlsafe(32)}"


def _allow_list(body: Mapping[str, Any]) -> tuple[str | None, list[str] | None]:
    mode = fields.text(body, "ip_allowlist_mode")
    if mode is not None and mode not in _MODES:
        raise refused(f"ip_allowlist_mode must be one of {', '.join(_MODES)}")
    given = body.get("ip_allowlist")
    return mode, None if given is None else fields.strings(body, "ip_allowlist")


def _json(row: Row) -> dict[str, Any]:
    return {
        "token_id": row["token_id"],
        "name": row["name"],
        "created_at": iso(row["created_at"]),
        "updated_at": iso(row["updated_at"]),
        "ip_allowlist_mode": row["ip_allowlist_mode"],
        "ip_allowlist": msgspec.json.decode(row["ip_allowlist"]),
    }

"""Apps, their keys, and who may do what with them."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

import msgspec

from onesignal_stub import errors
from onesignal_stub.http import Key
from server_kit import Clock, Store

_SCHEMES = {"basic", "bearer", "key"}


class Apps:
    """The apps of one account.

    Args:
        store: The tables.
        clock: The stub's time.
        account_key: The key for operations on apps themselves.
        strict_keys: Ask for a key also where OneSignal's older routes take none.
    """

    def __init__(self, store: Store, clock: Clock, *, account_key: str, strict_keys: bool) -> None:
        self._store = store
        self._clock = clock
        self._account_key = account_key
        self._strict = strict_keys

    def knows(self, app_id: str) -> bool:
        """Whether there is such an app."""
        return self._store.one("SELECT 1 FROM apps WHERE id = ?", app_id) is not None

    def admit(self, rule: Key, app_id: str, authorization: str | None) -> bool:
        """Whether a right key came with a request.

        Raises:
            ApiError: It is wrong, or missing where the rule asks for one.
        """
        if authorization is None:
            if rule is Key.USERS:
                raise errors.key_missing()
            if rule is not Key.OPEN or self._strict:
                raise errors.access_denied()
            return False
        key = key_of(authorization)
        if rule is Key.ACCOUNT:
            right = key == self._account_key
        else:
            right = key is not None and (not app_id or self._is_key_of(app_id, key))
        if not right:
            raise errors.access_denied()
        return True

    def add(
        self,
        name: str,
        settings: dict[str, Any],
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
        return app_id

    def set_key(self, app_id: str, key: str) -> None:
        """Give an app another REST API key."""
        self._store.run("UPDATE apps SET basic_auth_key = ? WHERE id = ?", key, app_id)

    def _is_key_of(self, app_id: str, key: str) -> bool:
        found = self._store.one(
            "SELECT 1 FROM apps WHERE id = ?1 AND basic_auth_key = ?2"
            " UNION ALL SELECT 1 FROM api_keys WHERE app_id = ?1 AND key = ?2",
            app_id,
            key,
        )
        return found is not None


def key_of(authorization: str) -> str | None:
    """The key in an Authorization header: `Basic`, `Bearer`, `Key` or `Bearer token="…"`."""
    scheme, _, key = authorization.strip().partition(" ")
    if scheme.lower() not in _SCHEMES:
        return None
    key = key.strip()
    if key.startswith('token="') and key.endswith('"'):
        key = key[len('token="') : -1]
    return key

"""Authorization: the account's key, the keys of each app, and which of them a route requires."""

from __future__ import annotations

import enum

from onesignal_stub import errors
from server_kit import Store

_SCHEMES = {"basic", "bearer", "key"}


class Key(enum.Enum):
    """Which key a route asks for.

    Attributes:
        ACCOUNT: The account's key ("User Auth Key", "Organization API key").
        APP: A key of the app that the request names.
        USERS: The same, where a missing header has an answer of its own.
        OPEN: None is needed; a wrong one is refused.
    """

    ACCOUNT = enum.auto()
    APP = enum.auto()
    USERS = enum.auto()
    OPEN = enum.auto()


class Access:
    """Checks apps and keys.

    Args:
        store: The tables.
        account_key: The key for operations on apps themselves.
        strict: Ask for a key also where OneSignal's older routes take none.
    """

    def __init__(self, store: Store, *, account_key: str, strict: bool) -> None:
        self._store = store
        self._account_key = account_key
        self._strict = strict

    def knows(self, app_id: str) -> bool:
        """Whether there is such an app."""
        return self._store.one("SELECT 1 FROM apps WHERE id = ?", app_id) is not None

    def admit(self, rule: Key, app_id: str, authorization: str | None) -> bool:
        """Whether a request has the right key; `app_id` is "" where no app is named.

        Raises:
            ApiError: It is wrong, or missing where the rule asks for one.
        """
        if authorization is None:
            if rule is Key.USERS:
                raise errors.key_missing()
            if rule is not Key.OPEN or (self._strict and app_id):
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

    def _is_key_of(self, app_id: str, key: str) -> bool:
        found = self._store.one(
            "SELECT 1 FROM apps WHERE id = ? AND basic_auth_key = ?"
            " UNION ALL SELECT 1 FROM api_keys WHERE app_id = ? AND key = ?",
            app_id,
            key,
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

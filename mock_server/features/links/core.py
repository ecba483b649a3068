"""Linking: add and remove ways to log in; the last one stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mock_server.config import SocialConfig
from mock_server.features.accounts.core import PROVIDER_COLUMNS, Accounts
from mock_server.features.authentication.identifiers import (
    BAD_CHARACTERS,
    check_device_id,
    check_email,
    check_password,
    hash_password,
    refuse,
)
from mock_server.features.social.core import Social
from mock_server.wire.errors import GrpcCode, GrpcError
from server_kit import Clock, Store

if TYPE_CHECKING:
    from mock_server.features.authentication.foreign import ForeignProvider
    from mock_server.features.social.providers import Provider

_TITLES = {"custom_id": "custom ID"}
_COLUMNS = ("email", "custom_id", *PROVIDER_COLUMNS)


class Links:
    """The identifiers of each account."""

    def __init__(
        self,
        config: SocialConfig,
        store: Store,
        clock: Clock,
        accounts: Accounts,
        social: Social,
    ) -> None:
        self._config = config
        self._store = store
        self._clock = clock
        self._accounts = accounts
        self._social = social

    def link_device(self, user_id: str, device_id: str) -> None:
        """Add a device, which may be one's own already.

        Raises:
            GrpcError: A bad id, another account's, or no account of this user.
        """
        check_device_id(device_id)
        owner = self._store.one("SELECT user_id FROM user_device WHERE id = ?", device_id)
        if owner is not None and owner["user_id"] != user_id:
            raise GrpcError(GrpcCode.ALREADY_EXISTS, "Device ID already in use.")
        if self._accounts.find(user_id) is None:
            raise GrpcError(GrpcCode.INTERNAL, "Error linking Device ID.")
        with self._store.transaction():
            self._store.run(
                "INSERT INTO user_device (id, user_id) VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
                device_id,
                user_id,
            )
            self._touch(user_id)

    def link_custom(self, user_id: str, custom_id: str) -> None:
        """Set the custom id.

        Raises:
            GrpcError: A bad id, or another account's.
        """
        if not custom_id:
            raise refuse("Custom ID is required.")
        if BAD_CHARACTERS.search(custom_id):
            raise refuse("Invalid custom ID, no spaces or control characters allowed.")
        if not 6 <= len(custom_id.encode()) <= 128:
            raise refuse("Invalid custom ID, must be 6-128 bytes.")
        self.link_column(user_id, "custom_id", custom_id, "Custom ID is already in use.")

    def link_email(self, user_id: str, email: str, password: str) -> None:
        """Set email and password.

        As in Nakama, a password of more than 72 bytes is accepted, but fails at login.

        Raises:
            GrpcError: A bad address or password, or another account's address.
        """
        if not email or not password:
            raise refuse("Email address and password is required.")
        if BAD_CHARACTERS.search(email):
            raise refuse("Invalid email address, no spaces or control characters allowed.")
        check_password(password)
        check_email(email)
        with self._store.transaction():
            self.link_column(user_id, "email", email.lower(), "Email is already in use.")
            self._store.run(
                "UPDATE users SET password = ? WHERE id = ?", hash_password(password), user_id
            )

    def link_social(
        self, user_id: str, username: str, provider: Provider, token: str, *, sync: bool
    ) -> None:
        """Set the id of a social network, and the name there if the user has none.

        Args:
            user_id: Whose account.
            username: The name in the friends' notification (-6).
            provider: The network.
            token: The network's proof of who they are.
            sync: Whether their friends there become their friends here.

        Raises:
            GrpcError: A network that is not configured or refuses the token, or another account's
                id.
        """
        social = self._social
        if not token:
            raise refuse(f"{provider.name} access token is required.")
        social.require_configured(provider)
        profile = social.profile(provider, token)
        with self._store.transaction():
            taken = f"{provider.name} ID is already in use."
            self.link_column(user_id, provider.column, profile.id, taken)
            self._store.run(
                "UPDATE users SET display_name = ? WHERE id = ? AND display_name = ''",
                profile.display_name,
                user_id,
            )
        if sync:
            social.import_friends(provider, user_id, username, profile)

    def unlink_social(self, user_id: str, provider: Provider, token: str) -> None:
        """Remove the id of a social network; without a token, any id.

        Raises:
            GrpcError: The network refuses the token, or as for `unlink_column`.
        """
        linked = self._social.profile(provider, token).id if token else ""
        self.unlink_column(user_id, provider.column, linked)

    def link_column(self, user_id: str, column: str, value: str, taken: str) -> None:
        """Set an identifying column of the user table.

        Raises:
            GrpcError: Another account has the value, or the user has no account, which Nakama
                does not tell apart; the message is `taken`.
        """
        owner = self._store.one(f"SELECT id FROM users WHERE {column} = ?", value)
        is_taken = owner is not None and owner["id"] != user_id
        if is_taken or not self._store.run(
            f"UPDATE users SET {column} = ?, update_time = ? WHERE id = ?",
            value,
            self._clock.tick(),
            user_id,
        ):
            raise GrpcError(GrpcCode.ALREADY_EXISTS, taken)

    def unlink_device(self, user_id: str, device_id: str) -> None:
        """Remove a device.

        Raises:
            GrpcError: No id, not one of the user's, or their last way to log in.
        """
        if not device_id:
            raise refuse("A device ID must be supplied.")
        _require_readable(device_id, "Could not unlink device ID.")
        others = self._store.all(
            "SELECT id FROM user_device WHERE user_id = ? AND id <> ?", user_id, device_id
        )
        if not others and not self._has_identifier(user_id, besides=None):
            raise _last_identifier()
        if not self._store.run(
            "DELETE FROM user_device WHERE id = ? AND user_id = ?", device_id, user_id
        ):
            raise _last_identifier()
        self._touch(user_id)

    def unlink_column(self, user_id: str, column: str, value: str) -> None:
        """Clear an identifying column; an empty `value` matches any.

        Raises:
            GrpcError: The value is not the user's, or it is their last way to log in.
        """
        _require_readable(value, f"Error while trying to unlink {_TITLES.get(column, column)}.")
        self._require_other(user_id, column)
        row = self._accounts.find(user_id)
        if row is None or (value and row[column] != value):
            raise _last_identifier()
        password = ", password = NULL" if column == "email" else ""
        self._store.run(
            f"UPDATE users SET {column} = NULL{password}, update_time = ? WHERE id = ?",
            self._clock.tick(),
            user_id,
        )

    def link_foreign(
        self, user_id: str, provider: ForeignProvider, account: Mapping[str, Any]
    ) -> None:
        """Set the id of Apple, Google, Game Center or Facebook Instant Games.

        Args:
            user_id: Whose account.
            provider: Which.
            account: The proof, as the client's message has it.

        Raises:
            GrpcError: A provider that is not configured, a proof that is not complete or not
                known, or another account's id.
        """
        provider.check(account, self._config)
        profile = provider.profile(account, self._config)
        taken = f"{provider.title} ID is already in use."
        with self._store.transaction():
            self.link_column(user_id, provider.column, profile.id, taken)
            self._store.run(
                "UPDATE users SET display_name = ? WHERE id = ? AND display_name = ''",
                profile.display_name,
                user_id,
            )

    def unlink_foreign(
        self, user_id: str, provider: ForeignProvider, account: Mapping[str, Any]
    ) -> None:
        """Remove such an id; without a complete proof, whatever it is.

        Raises:
            GrpcError: The provider does not know the proof, or as for `unlink_column`.
        """
        linked = ""
        if provider.has_proof(account):
            linked = provider.profile(account, self._config).id
        self.unlink_column(user_id, provider.column, linked)

    def _require_other(self, user_id: str, column: str) -> None:
        """Refuse to unlink a column that is the user's last way to log in."""
        has_device = self._store.one("SELECT id FROM user_device WHERE user_id = ?", user_id)
        if not has_device and not self._has_identifier(user_id, besides=column):
            raise _last_identifier()

    def _touch(self, user_id: str) -> None:
        now = self._clock.tick()
        self._store.run("UPDATE users SET update_time = ? WHERE id = ?", now, user_id)

    def _has_identifier(self, user_id: str, *, besides: str | None) -> bool:
        row = self._accounts.find(user_id)
        return row is not None and any(row[name] for name in _COLUMNS if name != besides)


def _require_readable(value: str, problem: str) -> None:
    """Refuse a text with a NUL character, which PostgreSQL does not compare with."""
    if "\0" in value:
        raise GrpcError(GrpcCode.INTERNAL, problem)


def _last_identifier() -> GrpcError:
    return GrpcError(
        GrpcCode.PERMISSION_DENIED,
        "Cannot unlink last account identifier. Check profile exists and is not last link.",
    )

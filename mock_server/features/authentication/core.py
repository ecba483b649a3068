"""Logs users in by an identifier and its proof; signs them up where the caller wants it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from attrs import frozen

from mock_server.config import SocialConfig
from mock_server.features.accounts.core import Accounts, check_username, generate_username
from mock_server.features.authentication.identifiers import (
    BAD_CHARACTERS,
    check_device_id,
    check_email,
    check_password,
    hash_password,
    matches_password,
    refuse,
)
from mock_server.features.social.core import Social
from mock_server.wire.errors import GrpcCode, GrpcError
from server_kit import Store
from server_kit.store import Row

if TYPE_CHECKING:
    from mock_server.features.authentication.foreign import ForeignProvider
    from mock_server.features.social.providers import Provider


@frozen
class Login:
    """The outcome of an authentication: who it is, and whether the account is new."""

    user_id: str
    username: str
    created: bool = False


class Authentication:
    """Finds or creates the account that a client's credentials belong to."""

    def __init__(
        self, config: SocialConfig, store: Store, accounts: Accounts, social: Social
    ) -> None:
        self._config = config
        self._store = store
        self._accounts = accounts
        self._social = social

    def device(self, device_id: str, username: str, *, create: bool) -> Login:
        """Authenticate by device id.

        Raises:
            GrpcError: A bad id or user name, no account and `create` False, or a banned account.
        """
        check_device_id(device_id)
        name = _username(username)
        row = self._store.one(
            "SELECT u.* FROM users u JOIN user_device d ON d.user_id = u.id WHERE d.id = ?",
            device_id,
        )
        if row is not None:
            return _known(row)
        _require(create)
        with self._store.transaction():
            user_id = self._accounts.create(name)
            self._store.run(
                "INSERT INTO user_device (id, user_id) VALUES (?, ?)", device_id, user_id
            )
        return Login(user_id, name, created=True)

    def custom(self, custom_id: str, username: str, *, create: bool) -> Login:
        """Authenticate by custom id.

        Raises:
            GrpcError: As for `device`.
        """
        if not custom_id:
            raise refuse("Custom ID is required.")
        if BAD_CHARACTERS.search(custom_id):
            raise refuse("Custom ID invalid, no spaces or control characters allowed.")
        if not 6 <= len(custom_id.encode()) <= 128:
            raise refuse("Custom ID invalid, must be 6-128 bytes.")
        name = _username(username)
        row = self._store.one("SELECT * FROM users WHERE custom_id = ?", custom_id)
        if row is not None:
            return _known(row)
        _require(create)
        return Login(self._accounts.create(name, custom_id=custom_id), name, created=True)

    def email(self, email: str, password: str, username: str, *, create: bool) -> Login:
        """Authenticate by email and password, or by user name and password without an email.

        Raises:
            GrpcError: As for `device`; wrong credentials.
        """
        if email:
            check_email(email)
        check_password(password)
        if not email and not username:
            raise refuse("Username is required when email address is not supplied.")
        name = _username(username)
        if not email:
            return _with_password(self._accounts.find_by_username(name), password)
        address = email.lower()
        row = self._store.one("SELECT * FROM users WHERE email = ?", address)
        if row is not None:
            return _with_password(row, password)
        _require(create)
        hashed = hash_password(password)
        if hashed is None:
            raise GrpcError(GrpcCode.INTERNAL, "Error finding or creating user account.")
        user_id = self._accounts.create(name, email=address, password=hashed)
        return Login(user_id, name, created=True)

    def social(
        self, provider: Provider, token: str, username: str, *, create: bool, sync: bool
    ) -> Login:
        """Authenticate by the token of a social network; `sync` imports the friends there.

        Raises:
            GrpcError: As for `device`; a network that is not configured or refuses the token.
        """
        social = self._social
        social.require_configured(provider)
        if not token:
            raise refuse(f"{provider.name} access token is required.")
        name = _username(username)
        profile = social.profile(provider, token)
        row = self._store.one(f"SELECT * FROM users WHERE {provider.column} = ?", profile.id)
        if row is not None:
            login = _known(row)
        else:
            _require(create)
            columns = {provider.column: profile.id, "display_name": profile.display_name}
            login = Login(self._accounts.create(name, **columns), name, created=True)
        if sync:
            social.import_friends(provider, login.user_id, login.username, profile)
        return login

    def foreign(
        self, provider: ForeignProvider, account: Mapping[str, Any], username: str, *, create: bool
    ) -> Login:
        """Authenticate by a proof of Apple, Google, Game Center or Facebook Instant Games.

        Args:
            provider: Which.
            account: The proof, as the client's message has it.
            username: The name of a new user; a random one when empty.
            create: Whether an unknown user is created.

        Raises:
            GrpcError: As for `social`.
        """
        config = self._config
        provider.check(account, config)
        name = _username(username)
        profile = provider.profile(account, config, is_login=True)
        row = self._store.one(f"SELECT * FROM users WHERE {provider.column} = ?", profile.id)
        if row is not None:
            return _known(row)
        _require(create)
        columns = {provider.column: profile.id, "display_name": profile.display_name}
        return Login(self._accounts.create(name, **columns), name, created=True)


def _username(username: str) -> str:
    if not username:
        return generate_username()
    check_username(username)
    return username


def _require(create: bool) -> None:
    if not create:
        raise GrpcError(GrpcCode.NOT_FOUND, "User account not found.")


def _known(row: Row) -> Login:
    if row["disable_time"]:
        raise GrpcError(GrpcCode.PERMISSION_DENIED, "User account banned.")
    return Login(row["id"], row["username"])


def _with_password(row: Row | None, password: str) -> Login:
    if row is None:
        raise GrpcError(GrpcCode.NOT_FOUND, "User account not found.")
    login = _known(row)
    if not matches_password(password, row["password"]):
        raise GrpcError(GrpcCode.UNAUTHENTICATED, "Invalid credentials.")
    return login

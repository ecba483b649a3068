"""`nk.account_*` and `nk.accounts_*`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from mock_server.features.accounts.core import PROFILE, PROVIDER_COLUMNS, Accounts, module_text
from mock_server.features.moderation.core import Moderation
from mock_server.runtime.arguments import Arguments, Table, stored_json
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import SCRIPT_MODULE, RuntimeFunctions
from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError, GrpcError
from mock_server.wire.jsonb import jsonb_text
from mock_server.wire.uuids import parse_uuid
from server_kit import Store
from server_kit.store import Row

_USER_ID = "expects user ID to be a valid identifier"


class AccountFunctions(RuntimeFunctions):
    """Read, change and delete accounts."""

    def __init__(self, store: Store, accounts: Accounts, moderation: Moderation) -> None:
        self._store = store
        self._accounts = accounts
        self._moderation = moderation

    def account_get_id(self, user_id: Any = None) -> dict[str, Any]:
        """Read a whole account: the user's fields, wallet, email, devices, custom id.

        Raises:
            ModuleError: Not a uuid, or not a user's.
        """
        given = Arguments("account_get_id", user_id)
        owner = given.uuid(1, "invalid user id", absent="expects user id")
        row = self._accounts.find(owner)
        if row is None:
            raise ModuleError(f"failed to get account for user_id {owner}: account not found")
        return account_table(self._accounts, row)

    def accounts_get_id(self, user_ids: Any = None, device_ids: Any = None) -> list[dict[str, Any]]:
        """Read whole accounts by user id or device id; unknown ids are left out.

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("accounts_get_id", user_ids, device_ids)
        listed = () if user_ids in (None, []) else given.array(1)
        owners = [_user_id(given, each) for each in listed if each is not None]
        devices = (
            given.names(2, expected="invalid device ids list", each="device id must be a string")
            if device_ids
            else []
        )
        rows = [self._accounts.find(owner) for owner in owners]
        rows += [
            self._store.one(
                "SELECT u.* FROM users u JOIN user_device d ON d.user_id = u.id WHERE d.id = ?",
                device,
            )
            for device in devices
        ]
        found = {row["id"]: row for row in rows if row is not None}
        return [account_table(self._accounts, row) for row in found.values()]

    def account_update_id(
        self,
        user_id: Any = None,
        metadata: Any = None,
        username: Any = None,
        display_name: Any = None,
        timezone: Any = None,
        location: Any = None,
        lang_tag: Any = None,
        avatar_url: Any = None,
    ) -> None:
        """Change an account; None and empty texts leave a field alone.

        Args:
            user_id: Whose.
            metadata: A table; it replaces all that was there.
            username: A new user name.
            display_name: A new display name.
            timezone: A new time zone.
            location: A new location.
            lang_tag: A new language.
            avatar_url: A new picture.

        Raises:
            ModuleError: A bad argument, nothing to change, a value too long, or a taken user name.
        """
        fields = (username, display_name, timezone, location, lang_tag, avatar_url)
        given = Arguments("account_update_id", user_id, metadata, *fields)
        owner = given.uuid(1, _USER_ID)
        table = given.optional_table(2)
        changes: dict[str, str | None] = {
            name: given.optional_text(number) or None
            for number, name in enumerate(PROFILE, start=3)
        }
        if table is not None:
            changes["metadata"] = jsonb_text(stored_json(table))
        try:
            self._accounts.update(owner, changes)
        except GrpcError as error:
            raise ModuleError(f"error while trying to update user: {module_text(error)}") from None

    def account_delete_id(self, user_id: Any = None, recorded: Any = None) -> None:
        """Delete an account with all that belongs to it.

        Args:
            user_id: Whose.
            recorded: Whether its id is kept, as a tombstone that operators can list.

        Raises:
            ModuleError: A bad argument, or the system user.
        """
        given = Arguments("account_delete_id", user_id, recorded)
        owner = given.uuid(1, _USER_ID)
        is_recorded = given.optional_flag(2)
        try:
            self._moderation.delete(owner, recorded=is_recorded)
        except ValueError as error:
            raise ModuleError(f"error while trying to delete account: {error}") from None


class AccountScriptFunctions(RuntimeFunctions):
    """Functions for accounts that only JavaScript has."""

    _module: ClassVar[str] = SCRIPT_MODULE

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def account_update_id(
        self, user_id: str, metadata: Table | None, profile: Mapping[str, str | None]
    ) -> None:
        """Change an account; an empty text empties a field, None leaves it alone.

        Raises:
            ModuleError: Nothing to change, a value that does not fit, or a taken user name.
        """
        changes = dict(profile)
        if metadata is not None:
            changes["metadata"] = jsonb_text(stored_json(metadata))
        try:
            self._accounts.update(user_id, changes)
        except GrpcError as error:
            raise ModuleError(f"error trying to update user: {module_text(error)}") from None


def account_table(accounts: Accounts, row: Row) -> dict[str, Any]:
    """An account as modules see it: the fields of its user, and the user once more inside."""
    account = accounts.account(row["id"])
    user = user_table(accounts, row)
    times = {name: row[name] // 1_000_000 for name in ("verify_time", "disable_time") if row[name]}
    others: dict[str, Any] = {
        name: account[name] for name in ("email", "devices", "custom_id") if name in account
    }
    return {
        **user,
        "user": user,
        "wallet": gojson.unmarshal(row["wallet"], exact=True),
        **others,
        **times,
    }


def user_table(accounts: Accounts, row: Row) -> dict[str, Any]:
    """A user as modules see them: `user_id` for `id`, metadata as a table, whole seconds.

    Raises:
        ModuleError: The metadata has a number that no double holds, which only an import brings.
    """
    return {
        **{name: row[name] or "" for name in PROFILE},
        **{name: row[name] for name in PROVIDER_COLUMNS if row[name]},
        "user_id": row["id"],
        "metadata": _metadata(row["metadata"]),
        "online": accounts.is_online(row["id"]),
        "edge_count": row["edge_count"],
        "create_time": row["create_time"] // 1_000_000,
        "update_time": row["update_time"] // 1_000_000,
    }


def _metadata(text: str) -> Any:
    try:
        return gojson.unmarshal(text) or {}
    except DecodeError as error:
        raise ModuleError(f"failed to convert user metadata to json: {error}") from None


def _user_id(given: Arguments, value: Any) -> str:
    if not isinstance(value, str):
        raise given.error(1, "user id must be a string")
    user_id = parse_uuid(value)
    if user_id is None:
        raise given.error(1, "user id must be a valid identifier string")
    return user_id

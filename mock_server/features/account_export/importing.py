"""Imports of account exports: over an account, or as a new one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from mock_server.features.accounts.core import PROVIDER_COLUMNS, Accounts
from mock_server.features.storage.core import Storage
from mock_server.features.storage.objects import ObjectId, StorageFailed, StoredObject, Write
from mock_server.identity import SYSTEM_USER
from mock_server.wire.jsonb import JsonbError, jsonb_text
from mock_server.wire.timestamps import split_timestamp
from mock_server.wire.uuids import parse_uuid
from mock_server.wire.varchar import varchar_problem
from server_kit import Store

_TEXTS = {
    "display_name": 255,
    "avatar_url": 512,
    "location": 255,
    "timezone": 255,
    **dict.fromkeys(PROVIDER_COLUMNS, 128),
}
_IDENTIFIERS = ("email", *PROVIDER_COLUMNS, "custom_id")
_DEVICE_WIDTH = 128
_WIDTHS = {"username": 128, "lang_tag": 18, "email": 255, "custom_id": 128, **_TEXTS}
_INT64_RANGE = range(-1 << 63, 1 << 63)


class ImportRefused(Exception):
    """An import that Nakama or its database refuses, with their text; nothing is changed."""


class NoUser(ImportRefused):
    """An import without `account.user`, which makes a real server crash."""

    def __init__(self) -> None:
        super().__init__("The import has no account.user; a real Nakama 3.40 crashes here.")


class AccountImports:
    """Imports accounts into one server."""

    def __init__(self, store: Store, accounts: Accounts, storage: Storage) -> None:
        self._store = store
        self._accounts = accounts
        self._storage = storage

    def run(self, data: Mapping[str, Any], user_id: str = SYSTEM_USER) -> str:
        """Import an export.

        Over an account, metadata and wallet are replaced, and all storage objects; nothing else of
        it. As a new account, everything of the account and its objects is taken. Friends, groups,
        messages and so on are not, in either case.

        Args:
            data: The `AccountExport` message, decoded.
            user_id: Over which account; the nil uuid makes a new one with the export's id, unless
                that is the nil uuid, too.

        Returns:
            The id of the account.

        Raises:
            ImportRefused: The account cannot be written; nothing is.
        """
        account = data["account"]
        if account is None or account["user"] is None:
            raise NoUser
        is_new = user_id == SYSTEM_USER and account["user"]["id"] != SYSTEM_USER
        try:
            with self._store.transaction():
                if is_new:
                    user_id = self._create(account)
                else:
                    self._overwrite(user_id, account)
                self._storage.replace_all(user_id, [_object(user_id, o) for o in data["objects"]])
        except StorageFailed as error:
            raise ImportRefused(str(error)) from None
        return user_id

    def _create(self, account: Mapping[str, Any]) -> str:
        user = account["user"]
        user_id = parse_uuid(user["id"])
        if user_id is None:
            raise ImportRefused(
                f'ERROR: invalid input syntax for type uuid: "{user["id"]}" (SQLSTATE 22P02)'
            )
        columns: dict[str, Any] = {
            "id": user_id,
            "username": user["username"],
            "lang_tag": user["lang_tag"],
            **{name: user[name].strip(" ") for name in _TEXTS},
            "metadata": _metadata(user["metadata"].strip(" ") or "{}"),
            "wallet": _wallet(account["wallet"].strip(" ") or "{}"),
            **{name: account[name].strip(" ") for name in ("email", "custom_id")},
            **{name: _microseconds(user[name]) for name in ("create_time", "update_time")},
            **{name: _microseconds(account[name]) for name in ("verify_time", "disable_time")},
        }
        for name, width in _WIDTHS.items():
            _check_width(columns[name], width)
        columns |= {name: columns[name] or None for name in _IDENTIFIERS}
        self._check_is_new(columns)
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        self._store.run(f"INSERT INTO users ({names}) VALUES ({marks})", *columns.values())
        self._add_devices(user_id, (device["id"] for device in account["devices"]))
        return user_id

    def _check_is_new(self, columns: Mapping[str, Any]) -> None:
        if self._accounts.find(columns["id"]) is not None:
            raise ImportRefused("User identifier already exists.")
        if self._accounts.find_by_username(columns["username"]) is not None:
            raise ImportRefused("Username already in use.")
        for name in _IDENTIFIERS:
            value = columns[name]
            if value and self._store.one(f"SELECT 1 FROM users WHERE {name} = ?", value):
                raise _taken(f"users_{name}_key")

    def _add_devices(self, user_id: str, devices: Iterable[str]) -> None:
        for device in devices:
            _check_width(device, _DEVICE_WIDTH)
            if self._store.one("SELECT 1 FROM user_device WHERE id = ?", device):
                raise _taken("user_device_pkey")
            self._store.run("INSERT INTO user_device (id, user_id) VALUES (?, ?)", device, user_id)

    def _overwrite(self, user_id: str, account: Mapping[str, Any]) -> None:
        written = self._store.run(
            "UPDATE users SET metadata = ?, wallet = ? WHERE id = ?",
            _metadata(account["user"]["metadata"]),
            _wallet(account["wallet"]),
            user_id,
        )
        if not written:
            raise ImportRefused("Error updating user account during import.")


def _object(user_id: str, given: Mapping[str, Any]) -> StoredObject:
    """A storage object of an export; it becomes the account's, whoever had it."""
    which = ObjectId(given["collection"], given["key"], user_id)
    write = Write(which, given["value"], given["permission_read"], given["permission_write"])
    times = (_microseconds(given[name]) for name in ("create_time", "update_time"))
    return StoredObject(write, given["version"], *times)


def _metadata(text: str) -> str:
    stored = _jsonb(text)
    if not stored.startswith("{"):
        raise ImportRefused("Metadata must be a valid JSON object.")
    return stored


def _wallet(text: str) -> str:
    stored = _jsonb(text)
    try:
        wallet = json.loads(stored)
    except (ValueError, RecursionError):  # thousands of digits, or of nested lists
        wallet = None
    if not isinstance(wallet, dict) or not all(map(_is_amount, wallet.values())):
        raise ImportRefused(
            "Wallet must be a valid JSON object with only string keys and integer values."
        )
    return stored


def _is_amount(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in _INT64_RANGE


def _jsonb(text: str) -> str:
    try:
        return jsonb_text(text)
    except JsonbError as error:
        raise ImportRefused(str(error)) from None


def _microseconds(time: str | None) -> int:
    """A time of an export; the epoch where there is none."""
    if time is None:
        return 0
    seconds, nanos = split_timestamp(time)
    return seconds * 1_000_000 + nanos // 1000


def _check_width(text: str, width: int) -> None:
    if problem := varchar_problem(text, width):
        raise ImportRefused(problem)


def _taken(constraint: str) -> ImportRefused:
    return ImportRefused(
        f'ERROR: duplicate key value violates unique constraint "{constraint}" (SQLSTATE 23505)'
    )

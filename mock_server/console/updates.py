"""The console's update of an account: everything that is given, or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from mock_server.console.forms import internal, invalid
from mock_server.console.services import ConsoleServices
from mock_server.features.accounts.core import BAD_USERNAME, PROVIDER_COLUMNS
from mock_server.features.authentication.identifiers import (
    BAD_CHARACTERS,
    check_email,
    check_password,
    hash_password,
)
from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError
from mock_server.wire.jsonb import jsonb_text
from mock_server.wire.schema import STRING_MAP, STRING_VALUE, Message
from server_kit.store import Row

_PROFILE = ("display_name", "avatar_url", "lang_tag", "location", "timezone")
UPDATE = Message(
    "UpdateAccountRequest",
    username=STRING_VALUE,
    display_name=STRING_VALUE,
    metadata=STRING_VALUE,
    avatar_url=STRING_VALUE,
    lang_tag=STRING_VALUE,
    location=STRING_VALUE,
    timezone=STRING_VALUE,
    custom_id=STRING_VALUE,
    email=STRING_VALUE,
    password=STRING_VALUE,
    device_ids=STRING_MAP,
    wallet=STRING_VALUE,
)
"""The request's fields; those that are absent stay as they are."""

_FAILED = "An error occurred while trying to update the user."
_METADATA = "Metadata must be a valid JSON object."
_WALLET = "Wallet must be a valid JSON object with only string keys and integer values."


def update_account(services: ConsoleServices, user_id: str, changes: Mapping[str, Any]) -> None:
    """Change an account in one transaction; one that is not there is no error.

    Raises:
        GrpcError: A value that is refused, taken, or the last way to log in.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    columns = _columns(given)
    devices = given["device_ids"]
    for old, new in devices.items():
        _check_device("Old", old)
        if new:
            _check_device("New", new)
    store = services.store
    row = services.accounts.find(user_id)
    if row is None or not (columns or devices):
        return
    if "password" in columns and not columns.get("email", row["email"]):
        raise invalid("Cannot set a password on an account with no email address.")
    try:
        with store.transaction():
            _unlink(services, row, columns)
            _rename_devices(services, user_id, devices)
            columns["update_time"] = services.clock.tick()
            assignments = ", ".join(f"{name} = ?" for name in columns)
            store.run(f"UPDATE users SET {assignments} WHERE id = ?", *columns.values(), user_id)
    except sqlite3.IntegrityError:
        raise internal(_FAILED) from None


def _columns(given: Mapping[str, Any]) -> dict[str, Any]:
    """The new values of columns.

    Raises:
        GrpcError: A value is refused.
    """
    columns: dict[str, Any] = {}
    if "username" in given:
        columns["username"] = _username(given["username"])
    columns |= {name: given[name] for name in _PROFILE if name in given}
    if columns.get("lang_tag") == "" or any("\0" in str(value) for value in columns.values()):
        raise internal(_FAILED)
    if given.get("metadata"):
        columns["metadata"] = _metadata(given["metadata"])
    if given.get("wallet"):
        columns["wallet"] = _wallet(given["wallet"])
    if "custom_id" in given:
        columns["custom_id"] = _custom_id(given["custom_id"])
    if "email" in given:
        if given["email"]:
            check_email(given["email"])
        columns["email"] = given["email"] or None
    if "password" in given:
        check_password(given["password"])
        columns["password"] = hash_password(given["password"])
    return columns


def _username(text: str) -> str:
    if not text:
        raise invalid("Username cannot be empty.")
    if BAD_USERNAME.search(text):
        raise invalid("Username cannot contain spaces or control characters.")
    return text


def _metadata(text: str) -> str:
    try:
        if isinstance(gojson.unmarshal(text), dict):
            return jsonb_text(text)
    except (DecodeError, ValueError):
        pass
    raise invalid(_METADATA)


def _wallet(text: str) -> str:
    try:
        amounts = gojson.unmarshal(text)
    except (DecodeError, ValueError):
        raise invalid(_WALLET) from None
    if not isinstance(amounts, dict) or not all(map(_is_whole, amounts.values())):
        raise invalid(_WALLET)
    for name, amount in amounts.items():
        if amount < 0:
            raise invalid(f"Wallet rejected negative value at path '{name}'.")
    return jsonb_text(gojson.marshal({name: int(each) for name, each in amounts.items()}))


def _is_whole(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and value == int(value) and abs(value) < 1 << 63


def _custom_id(text: str) -> str | None:
    if not text:
        return None
    if BAD_CHARACTERS.search(text):
        raise invalid("Custom ID invalid, no spaces or control characters allowed.")
    if not 6 <= len(text.encode()) <= 128:
        raise invalid("Custom ID invalid, must be 6-128 bytes.")
    return text


def _check_device(which: str, device_id: str) -> None:
    if BAD_CHARACTERS.search(device_id):
        raise invalid(f"{which} device ID invalid, no spaces or control characters allowed.")
    if not 10 <= len(device_id.encode()) <= 128:
        raise invalid(f"{which} device ID invalid, must be 10-128 bytes.")


def _unlink(services: ConsoleServices, row: Row, columns: Mapping[str, Any]) -> None:
    """Refuse to take away the last way to log in."""
    devices = services.store.all("SELECT id FROM user_device WHERE user_id = ?", row["id"])
    identifiers = ("email", "custom_id", *PROVIDER_COLUMNS)
    for name, title in (("custom_id", "custom ID"), ("email", "email address")):
        if name in columns and columns[name] is None:
            others = any(columns.get(each, row[each]) for each in identifiers if each != name)
            if not others and not devices:
                raise invalid(f"Cannot unlink {title} when there are no other identifiers.")


def _rename_devices(services: ConsoleServices, user_id: str, devices: Mapping[str, str]) -> None:
    store = services.store
    for old, new in devices.items():
        if new:
            if not store.run(
                "UPDATE user_device SET id = ? WHERE id = ? AND user_id = ?", new, old, user_id
            ):
                raise invalid("Device ID is already linked to a different user.")
        else:
            _unlink_device(services, user_id, old)


def _unlink_device(services: ConsoleServices, user_id: str, device_id: str) -> None:
    row = services.accounts.find(user_id)
    others = services.store.all(
        "SELECT id FROM user_device WHERE user_id = ? AND id <> ?", user_id, device_id
    )
    identifiers = ("email", "custom_id", *PROVIDER_COLUMNS)
    if not others and (row is None or not any(row[name] for name in identifiers)):
        raise invalid("Cannot unlink device ID when there are no other identifiers.")
    services.store.run("DELETE FROM user_device WHERE id = ? AND user_id = ?", device_id, user_id)

"""The console's update of an account: everything that is given, or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from mock_server.console.forms import internal, invalid
from mock_server.console.services import ConsoleServices
from mock_server.features.accounts.core import BAD_USERNAME, PROFILE, PROVIDER_COLUMNS, WIDTHS
from mock_server.features.authentication.identifiers import (
    BAD_CHARACTERS,
    check_email,
    check_password,
    hash_password,
)
from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError
from mock_server.wire.gojson import is_json_object
from mock_server.wire.jsonb import jsonb_text
from mock_server.wire.schema import STRING_MAP, STRING_VALUE, Message
from mock_server.wire.varchar import varchar_problem

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
_TITLES = {"custom_id": "custom ID", "email": "email address"}
_SEEN = ("facebook_id", "google_id", "gamecenter_id", "steam_id")  # Nakama forgets the others here


def update_account(services: ConsoleServices, user_id: str, changes: Mapping[str, Any]) -> None:
    """Change an account in one transaction.

    As in Nakama, an account that is not there is no error, unless something is taken from it or it
    gets a password.

    Raises:
        GrpcError: A value that is refused, taken, or the last way to log in.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    columns = _columns(given)
    password = hash_password(given["password"]) if "password" in given else None
    if "password" in given and password is None:  # more than bcrypt takes
        raise internal("Error updating user account password.")
    removed = [name for name in _TITLES if given.get(name) == ""]
    devices = given["device_ids"]
    if not (columns or removed or devices or password):
        return
    try:
        with services.store.transaction():
            for old, new in devices.items():
                _change_device(services, user_id, old, new)
            _write(services, user_id, columns)
            if removed:
                _remove(services, user_id, removed)
            if password is not None:
                _set_password(services, user_id, password)
    except sqlite3.IntegrityError:
        raise internal(_FAILED) from None


def _columns(given: Mapping[str, Any]) -> dict[str, str]:
    """The new values of columns; the checks are in Nakama's order.

    Raises:
        GrpcError: A value is refused.
    """
    columns = {name: given[name] for name in PROFILE if name in given}
    if "username" in given:
        columns["username"] = _username(given["username"])
    if given.get("metadata"):
        if not is_json_object(given["metadata"]):
            raise invalid(_METADATA)
        columns["metadata"] = given["metadata"]
    if given.get("custom_id"):
        columns["custom_id"] = _custom_id(given["custom_id"])
    if given.get("email"):
        check_email(given["email"])
        columns["email"] = given["email"]
    if "password" in given:
        check_password(given["password"])
    if given.get("wallet"):
        columns["wallet"] = _wallet(given["wallet"])
    for old, new in given["device_ids"].items():
        _check_device("Old", old)
        if new:
            _check_device("New", new)
    return columns


def _write(services: ConsoleServices, user_id: str, columns: dict[str, str]) -> None:
    """Write columns, as far as the database takes them.

    Raises:
        GrpcError: It does not.
    """
    if columns.get("lang_tag") == "":
        raise internal(_FAILED)
    if any(varchar_problem(value, WIDTHS.get(name)) for name, value in columns.items()):
        raise internal(_FAILED)
    if "metadata" in columns:
        try:
            columns["metadata"] = jsonb_text(columns["metadata"])
        except ValueError:
            raise internal(_FAILED) from None
    assignments = "".join(f", {name} = ?" for name in columns)
    services.store.run(
        f"UPDATE users SET update_time = ?{assignments} WHERE id = ?",
        services.clock.tick(),
        *columns.values(),
        user_id,
    )


def _set_password(services: ConsoleServices, user_id: str, password: bytes) -> None:
    if not services.store.run(
        "UPDATE users SET password = ? WHERE id = ? AND email IS NOT NULL", password, user_id
    ):
        raise invalid("Cannot set a password on an account with no email address.")


def _username(text: str) -> str:
    if not text:
        raise invalid("Username cannot be empty.")
    if BAD_USERNAME.search(text):
        raise invalid("Username cannot contain spaces or control characters.")
    return text


def _wallet(text: str) -> str:
    try:
        amounts = gojson.unmarshal(text, exact=True)
    except (DecodeError, ValueError):
        raise invalid(_WALLET) from None
    if not isinstance(amounts, dict) or not all(map(_is_whole, amounts.values())):
        raise invalid(_WALLET)
    for name, amount in amounts.items():
        if amount < 0:
            raise invalid(f"Wallet rejected negative value at path '{name}'.")
    return jsonb_text(gojson.marshal(amounts))


def _is_whole(value: Any) -> bool:
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    return is_integer and -(1 << 63) <= value < 1 << 63


def _custom_id(text: str) -> str:
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


def _remove(services: ConsoleServices, user_id: str, removed: list[str]) -> None:
    """Take the custom id, the email address or both away.

    Raises:
        GrpcError: There is no other way to log in.
    """
    row = services.accounts.find(user_id)
    others = [*_SEEN, *(name for name in _TITLES if name not in removed)]
    if not _devices(services, user_id) and (row is None or not any(row[name] for name in others)):
        what = " and ".join(_TITLES[name] for name in removed)
        both = "both " if len(removed) > 1 else ""
        raise invalid(f"Cannot unlink {both}{what} when there are no other identifiers.")
    cleared = [*removed, "password"] if removed == ["email"] else removed
    assignments = ", ".join(f"{name} = NULL" for name in cleared)
    services.store.run(f"UPDATE users SET {assignments} WHERE id = ?", user_id)


def _change_device(services: ConsoleServices, user_id: str, old: str, new: str) -> None:
    """Rename a device, or take it away where there is no new name.

    Raises:
        GrpcError: It is none of the user's, or their last way to log in.
    """
    store = services.store
    if new:
        if not store.run(
            "UPDATE user_device SET id = ? WHERE id = ? AND user_id = ?", new, old, user_id
        ):
            raise invalid("Device ID is already linked to a different user.")
        return
    row = services.accounts.find(user_id)
    identifiers = ("email", "custom_id", *PROVIDER_COLUMNS)
    others = any(device != old for device in _devices(services, user_id))
    has_other = others or (row is not None and any(row[name] for name in identifiers))
    if not has_other or not store.run(
        "DELETE FROM user_device WHERE id = ? AND user_id = ?", old, user_id
    ):
        raise invalid("Cannot unlink device ID when there are no other identifiers.")


def _devices(services: ConsoleServices, user_id: str) -> list[str]:
    rows = services.store.all("SELECT id FROM user_device WHERE user_id = ?", user_id)
    return [row["id"] for row in rows]

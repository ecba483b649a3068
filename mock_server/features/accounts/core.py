"""Accounts: rules and SQL of the user table."""

from __future__ import annotations

import re
import secrets
import string
import uuid
from typing import Any

from mock_server.identity import SYSTEM_USER
from mock_server.realtime.tracker import Tracker
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.output import omit_empty, timestamp
from mock_server.wire.varchar import NUL_REFUSED, varchar_problem
from server_kit import Clock, Store
from server_kit.store import Row

SCHEMA = f"""
CREATE TABLE users (
    id TEXT PRIMARY KEY, username TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL DEFAULT '', avatar_url TEXT NOT NULL DEFAULT '',
    lang_tag TEXT NOT NULL DEFAULT 'en', location TEXT NOT NULL DEFAULT '',
    timezone TEXT NOT NULL DEFAULT '', metadata TEXT NOT NULL DEFAULT '{{}}',
    wallet TEXT NOT NULL DEFAULT '{{}}', email TEXT UNIQUE, password BLOB,
    facebook_id TEXT UNIQUE, steam_id TEXT UNIQUE, custom_id TEXT UNIQUE,
    apple_id TEXT UNIQUE, google_id TEXT UNIQUE, gamecenter_id TEXT UNIQUE,
    facebook_instant_game_id TEXT UNIQUE,
    edge_count INTEGER NOT NULL DEFAULT 0,
    create_time INTEGER NOT NULL, update_time INTEGER NOT NULL,
    verify_time INTEGER NOT NULL DEFAULT 0, disable_time INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE user_device (
    id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX user_device_user ON user_device (user_id);
INSERT INTO users (id, username, create_time, update_time) VALUES ('{SYSTEM_USER}', '', 0, 0);
"""

PROVIDER_COLUMNS = (
    "apple_id",
    "facebook_id",
    "facebook_instant_game_id",
    "google_id",
    "gamecenter_id",
    "steam_id",
)
"""The ids that other companies have given to a user."""

# Widths of PostgreSQL columns; Nakama leaves the check to the database.
WIDTHS = {
    "username": 128,
    "display_name": 255,
    "timezone": 255,
    "location": 255,
    "lang_tag": 18,
    "avatar_url": 512,
}
PROFILE = tuple(WIDTHS)
"""What users choose themselves, in the order in which runtime functions take it."""
BAD_USERNAME = re.compile(r"[\x00-\x1f\x7f]|[\[\t\n\r\f\v]\]")


class Accounts:
    """The user table of one server."""

    def __init__(self, store: Store, clock: Clock, tracker: Tracker) -> None:
        self._store = store
        self._clock = clock
        self._tracker = tracker

    def find(self, user_id: str) -> Row | None:
        """The user's row, or None."""
        return self._store.one("SELECT * FROM users WHERE id = ?", user_id)

    def find_by_username(self, username: str) -> Row | None:
        """The row of a user name (case matters), or None."""
        return self._store.one("SELECT * FROM users WHERE username = ?", username)

    def all(self) -> list[Row]:
        """The rows of all users but the system user, in the order of their accounts."""
        return self._store.all("SELECT * FROM users WHERE username <> '' ORDER BY create_time")

    def count(self) -> int:
        """How many users there are but the system user."""
        row = self._store.one("SELECT count(*) FROM users WHERE username <> ''")
        return 0 if row is None else int(row[0])

    def create(self, username: str, **columns: Any) -> str:
        """Insert a user and return its id; `columns` are those that identify it.

        Raises:
            GrpcError: The user name is taken.
        """
        if self.find_by_username(username) is not None:
            raise GrpcError(GrpcCode.ALREADY_EXISTS, "Username is already in use.")
        user_id = str(uuid.uuid4())
        now = self._clock.tick()
        values = {"id": user_id, "username": username, "create_time": now, "update_time": now}
        values |= columns
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        self._store.run(f"INSERT INTO users ({names}) VALUES ({marks})", *values.values())
        return user_id

    def update(self, user_id: str, changes: dict[str, str | None]) -> None:
        """Apply a client's update; None leaves a field alone.

        Raises:
            GrpcError: Nothing to update, or a bad or taken user name.
            AccountNotWritten: A value that does not fit.
        """
        given = {name: value for name, value in changes.items() if value is not None}
        if not given:
            raise GrpcError(GrpcCode.INVALID_ARGUMENT, "No fields to update.")
        if "username" in given:
            _check_letters(given["username"])
        row = self.find(user_id)
        if row is None or all(row[name] == value for name, value in given.items()):
            return  # as in Nakama, whose UPDATE finds no row that would change
        if problem := _column_problem(given):
            raise AccountNotWritten(problem)
        if "username" in given:
            self._check_is_free(given["username"], user_id)
        self.write(user_id, given)

    def write(self, user_id: str, given: dict[str, str]) -> None:
        """Write profile columns, whose values fit."""
        columns = ", ".join(f"{name} = ?" for name in given)
        self._store.run(
            f"UPDATE users SET {columns}, update_time = ? WHERE id = ?",
            *given.values(),
            self._clock.tick(),
            user_id,
        )

    def _check_is_free(self, username: str, user_id: str) -> None:
        owner = self.find_by_username(username)
        if owner is not None and owner["id"] != user_id:
            raise GrpcError(
                GrpcCode.INVALID_ARGUMENT,
                "rpc error: code = AlreadyExists desc = Username is already in use.",
            )

    def is_online(self, user_id: str) -> bool:
        """Tell whether a user is shown as online."""
        return self._tracker.is_online(user_id)

    def user(self, row: Row) -> dict[str, Any]:
        """The public `User` message of a row."""
        return omit_empty(
            {
                "id": row["id"],
                "username": row["username"],
                "display_name": row["display_name"],
                "avatar_url": row["avatar_url"],
                "lang_tag": row["lang_tag"],
                "location": row["location"],
                "timezone": row["timezone"],
                "metadata": row["metadata"],
                "facebook_id": row["facebook_id"],
                "google_id": row["google_id"],
                "gamecenter_id": row["gamecenter_id"],
                "steam_id": row["steam_id"],
                "online": self._tracker.is_online(row["id"]),
                "edge_count": row["edge_count"],
                "create_time": timestamp(row["create_time"] * 1000, digits=0),
                "update_time": timestamp(row["update_time"] * 1000, digits=0),
                "facebook_instant_game_id": row["facebook_instant_game_id"],
                "apple_id": row["apple_id"],
            }
        )

    def account(self, user_id: str) -> dict[str, Any]:
        """The `Account` message of a user.

        Raises:
            GrpcError: There is no such user.
        """
        row = self.find(user_id)
        if row is None:
            raise GrpcError(GrpcCode.NOT_FOUND, "Account not found.")
        devices = self._store.all(
            "SELECT id FROM user_device WHERE user_id = ? ORDER BY id", user_id
        )
        times = {
            name: timestamp(row[name] * 1000, digits=0) if row[name] else ""
            for name in ("verify_time", "disable_time")
        }
        return omit_empty(
            {
                "user": self.user(row),
                "wallet": row["wallet"],
                "email": row["email"],
                "devices": [{"id": device["id"]} for device in devices],
                "custom_id": row["custom_id"],
                **times,
            }
        )


class AccountNotWritten(GrpcError):
    """The database does not take a profile; clients do not get to see why.

    Args:
        problem: What the database says.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(GrpcCode.INTERNAL, "Error while trying to update account.")
        self.problem = problem


def module_text(error: GrpcError) -> str:
    """What server modules get to see of an update that failed."""
    return error.problem if isinstance(error, AccountNotWritten) else error.message


def _column_problem(given: dict[str, str]) -> str:
    """What the database says of new values; nothing where it takes them."""
    if any("\0" in value for value in given.values()):
        return NUL_REFUSED
    problems = (varchar_problem(given.get(name, ""), width) for name, width in WIDTHS.items())
    if problem := next(filter(None, problems), ""):
        return problem
    if given.get("lang_tag") == "":
        return (
            'ERROR: null value in column "lang_tag" of relation "users" violates not-null '
            "constraint (SQLSTATE 23502)"
        )
    return ""


def check_username(username: str) -> None:
    """Refuse what Nakama refuses; spaces are accepted, although the text of the error denies it.

    Raises:
        GrpcError: Control characters or more than 128 bytes.
    """
    _check_letters(username)
    if len(username.encode()) > 128:
        raise GrpcError(GrpcCode.INVALID_ARGUMENT, "Username invalid, must be 1-128 bytes.")


def check_new_username(username: str) -> None:
    """Refuse what Nakama refuses as a new name of an account.

    Raises:
        GrpcError: As for `check_username`, or an empty name.
    """
    if not username or len(username.encode()) > 128:
        raise GrpcError(GrpcCode.INVALID_ARGUMENT, "Username invalid, must be 1-128 bytes.")
    check_username(username)


def _check_letters(username: str) -> None:
    if BAD_USERNAME.search(username):
        raise GrpcError(
            GrpcCode.INVALID_ARGUMENT,
            "Username invalid, no spaces or control characters allowed.",
        )


def generate_username() -> str:
    """Ten random ASCII letters, as Nakama makes them."""
    return "".join(secrets.choice(string.ascii_letters) for _ in range(10))

"""External user ids: what the game's backend calls its users at OneSignal.

https://documentation.onesignal.com/docs/external-user-ids
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from mock_server.features.accounts.core import Accounts
from mock_server.features.push.device_sources import FindFunction, shown_value
from mock_server.features.push.targets import EXTERNAL_USER_ID
from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError
from server_kit.store import Row

_log = logging.getLogger("mock_server.push")

_COLUMNS = {"email": "e-mail address", "custom_id": "custom id"}
_LONGEST = 128  # characters that OneSignal takes


class NoExternalId(Exception):
    """A user has no external user id; the text says who and why."""


class BadExternalId(Exception):
    """A user's external user id is invalid; the text names the user and the value."""


class ExternalIds:
    """Finds the external user ids of users.

    Args:
        accounts: Where e-mail addresses, custom ids and metadata are.
        find_function: Returns the function of a server module in Python, given `module.function`;
            raises LookupError where there is none.
    """

    def __init__(self, accounts: Accounts, find_function: FindFunction) -> None:
        self._accounts = accounts
        self._find_function = find_function

    def find(self, user_id: str, target: str) -> str:
        """A user's external user id, as a target says where it is.

        Raises:
            NoExternalId: They have none there.
            BadExternalId: What is there is no text of up to 128 characters, or can't be read.
        """
        kind, _, place = target.removeprefix(EXTERNAL_USER_ID).removeprefix(":").partition(":")
        if not kind:
            return user_id
        row = self._accounts.find(user_id)
        if row is None:
            raise NoExternalId(f"there is no user {user_id}")
        return _checked(*self._value(kind, place, row), user_id)

    def _value(self, kind: str, place: str, row: Row) -> tuple[object, str]:
        """The value of the id, and its name in the text of a problem."""
        match kind:
            case "metadata":
                return _in_metadata(row, place), f"field {place!r} of the metadata"
            case "function":
                function = self._function(place, row["id"])
                return _called(function, place, row["id"]), f"result of {place}"
            case _:
                return row[kind], _COLUMNS[kind]

    def _function(self, name: str, user_id: str) -> Callable[[str], object]:
        try:
            return self._find_function(name)
        except LookupError as error:
            raise BadExternalId(f"no external id for user {user_id}: {error}") from None


def _in_metadata(row: Row, name: str) -> object:
    try:
        metadata = gojson.unmarshal(row["metadata"])
    except DecodeError as error:
        raise BadExternalId(f"the metadata of user {row['id']} is no JSON: {error}") from None
    return metadata.get(name) if isinstance(metadata, dict) else None


def _called(function: Callable[[str], object], name: str, user_id: str) -> object:
    try:
        return function(user_id)
    except Exception as error:  # a function of the game
        _log.exception("the external id of user %s: %s failed", user_id, name)
        raise BadExternalId(
            f"{name} failed for user {user_id}: {type(error).__name__}: {error}"
        ) from error


def _checked(value: object, what: str, user_id: str) -> str:
    if value is None or value == "":
        raise NoExternalId(f"user {user_id} has no external id: there is no {what}")
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise BadExternalId(
            f"{what} of user {user_id} is {shown_value(value)}; an external id is a text of up to "
            f"{_LONGEST} characters"
        )
    return value

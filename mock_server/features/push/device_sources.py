"""Devices that the game has registered itself, where `push.device_source` says that they are."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from attrs import field, frozen

from mock_server.features.accounts.core import Accounts
from mock_server.features.storage.core import Storage
from mock_server.features.storage.objects import ObjectId
from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError
from mock_server.wire.uuids import parse_uuid

_log = logging.getLogger("mock_server.push")

PlayerIdsOf = Callable[[str], object]
FindFunction = Callable[[str], PlayerIdsOf]

METADATA = "metadata"

_ONE, _MANY = "os_player_id", "os_player_ids"
_MOST = 2000  # player ids that OneSignal takes in one message


@frozen
class FoundDevices:
    """The devices of a user that can be sent to.

    Attributes:
        sources: Where each is from, by player id.
        problems: What was found and is no device, in words.
    """

    sources: Mapping[str, str] = field(factory=dict)
    problems: tuple[str, ...] = ()


class DeviceSource:
    """Reads the player ids that the game keeps for its users.

    Args:
        source: The setting `push.device_source`.
        accounts: Where metadata is.
        storage: Where storage objects are.
        find_function: Returns the function of a server module in Python, given `module.function`;
            raises LookupError where there is none.
    """

    def __init__(
        self,
        source: str,
        *,
        accounts: Accounts,
        storage: Storage,
        find_function: FindFunction,
    ) -> None:
        self._source = source
        self._accounts = accounts
        self._storage = storage
        self._find_function = find_function

    def find(self, user_id: str) -> FoundDevices:
        """A user's devices; what is no player id is reported and left out. Never raises."""
        kind, _, place = self._source.partition(":")
        try:
            match kind:
                case "metadata":
                    return self._in_metadata(user_id)
                case "storage":
                    return self._in_storage(user_id, *place.split("/", 1))
                case "function":
                    return self._from_function(user_id, place)
        except Exception as error:  # a function of the game; a value that can't be read
            _log.exception("push.device_source %s failed for user %s", self._source, user_id)
            problem = f"push.device_source {self._source} failed for user {user_id}: {error}"
            return FoundDevices(problems=(problem,))
        return FoundDevices()

    def _in_metadata(self, user_id: str) -> FoundDevices:
        row = self._accounts.find(user_id)
        if row is None:
            return FoundDevices()
        return _in_object(row["metadata"], METADATA, user_id)

    def _in_storage(self, user_id: str, collection: str, key: str) -> FoundDevices:
        rows = self._storage.read([ObjectId(collection, key, user_id)])
        if not rows:
            return FoundDevices()
        return _in_object(rows[0]["value"], self._source, user_id)

    def _from_function(self, user_id: str, name: str) -> FoundDevices:
        given = self._find_function(name)(user_id)
        return _collected(_each("the result", given), self._source, user_id)


def _in_object(text: str, source: str, user_id: str) -> FoundDevices:
    """The player ids in a JSON object: `os_player_id`, and the list `os_player_ids`."""
    try:
        value = gojson.unmarshal(text)
    except DecodeError as error:
        return FoundDevices(problems=(f"{source} of user {user_id} is no JSON: {error}",))
    if not isinstance(value, dict):
        return FoundDevices(problems=(f"{source} of user {user_id} is no JSON object",))
    named = [pair for name in (_MANY, _ONE) for pair in _each(name, value.get(name))]
    return _collected(iter(named), source, user_id)


def _each(name: str, given: object) -> Iterator[tuple[str, Any]]:
    """Each player id in a text or list, with what an error calls it; None and "" are none."""
    if given is None or given == "":
        return
    if isinstance(given, list | tuple | set | frozenset):
        for index, value in enumerate(given, start=1):
            yield f"{name}[{index}]", value
    else:
        yield name, given


def _collected(named: Iterator[tuple[str, Any]], source: str, user_id: str) -> FoundDevices:
    sources: dict[str, str] = {}
    problems: list[str] = []
    for name, value in named:
        player_id = parse_uuid(value) if isinstance(value, str) else None
        if player_id is None:
            problems.append(
                f"{source} of user {user_id}: {name} is {shown_value(value)}, which is no player id"
            )
        elif len(sources) < _MOST or player_id in sources:
            sources[player_id] = source
        else:
            problems.append(f"{source} of user {user_id} has more than {_MOST} player ids")
            break
    return FoundDevices(sources, tuple(problems))


def shown_value(value: object) -> str:
    """A value as a problem shows it, in up to 61 characters."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"

"""The one table of Nakama's messages: look up a message, an operation, the realtime envelope.

The table is text (`api_messages.py`, `realtime_messages.py`), one message a paragraph:

    MatchJoin: 1 match_id string of id, 2 token string of id, 3 metadata {string}

reads number, name, type, and the oneof a field belongs to. `from client` marks what Nakama takes
from clients. `[string]` is a repeated field,
`{string}` a map from strings. Types are protobuf's scalars, its wrappers (`Int32Value`),
`Timestamp`, the enums and messages of the table. A message is read when it is first used, so that
a server that starts reads few of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from attrs import frozen

from mock_server.wire import api_messages, realtime_messages
from mock_server.wire.schema import (
    BOOL,
    BOOL_VALUE,
    BYTES,
    DOUBLE,
    INT32,
    INT32_VALUE,
    INT64,
    INT64_VALUE,
    STRING,
    STRING_VALUE,
    TIMESTAMP,
    UINT32,
    UINT32_VALUE,
    Enum,
    Field,
    FieldType,
    ListOf,
    MapOf,
    Message,
    Scalar,
)

_API = "nakama.api"
_REALTIME = "nakama.realtime"

_SCALARS = {each.name: each for each in (STRING, BYTES, BOOL, INT32, INT64, UINT32, DOUBLE)}
_WELL_KNOWN: Mapping[str, FieldType] = {
    "StringValue": STRING_VALUE,
    "BoolValue": BOOL_VALUE,
    "Int32Value": INT32_VALUE,
    "Int64Value": INT64_VALUE,
    "UInt32Value": UINT32_VALUE,
    "Timestamp": TIMESTAMP,
}
_EMPTY = Message("Empty", package="google.protobuf")


@frozen
class Operation:
    """An operation of the client API, as HTTP and gRPC serve it.

    Attributes:
        name: Its name, as `ListNotifications`.
        request: What the caller sends.
        response: What the server answers.
    """

    name: str
    request: Message
    response: Message


@cache
def api_message(name: str) -> Message:
    """A message of the API, as `NotificationList`; nested ones are `GroupUserList.GroupUser`.

    Raises:
        KeyError: The API has no such message.
    """
    return _message(_API, name)


@cache
def realtime_message(name: str) -> Message:
    """A message that an envelope holds, as `ChannelJoin`.

    Raises:
        KeyError: There is no such message.
    """
    return _message(_REALTIME, name)


@cache
def envelope() -> Message:
    """The message of each frame of a socket: a cid, and one of the realtime messages."""
    return realtime_message("Envelope")


@cache
def operation(name: str) -> Operation:
    """An operation of the API by its name.

    Raises:
        KeyError: The API has no such operation.
    """
    request, _, response = _operations()[name].partition(" -> ")
    return Operation(name, _named(request), _named(response))


def operation_names() -> Iterator[str]:
    """The names of all operations, in the order of their declaration."""
    yield from _operations()


def message_names(package: str) -> Iterator[str]:
    """The names of all messages of a package, `nakama.api` or `nakama.realtime`."""
    yield from _definitions(package)


@cache
def enum(name: str) -> Enum:
    """An enum of the API, as `Operator`.

    Raises:
        KeyError: The API has no such enum.
    """
    values = (value.split() for value in _enums()[name].split(","))
    return Enum(name, {value: int(number) for number, value in values})


def _named(name: str) -> Message:
    return _EMPTY if name == "Empty" else api_message(name)


def _message(package: str, name: str) -> Message:
    definition = _definitions(package)[name]
    return Message.declared(name, package, lambda: _fields(package, definition))


def _fields(package: str, definition: str) -> Iterator[Field]:
    for text in definition.split(","):
        if text.strip():
            number, name, type_, *rest = text.split()
            yield Field(int(number), name, _kind(package, type_), rest[1] if rest else "")


def _kind(package: str, type_: str) -> FieldType:
    if type_.startswith("{"):
        return MapOf(_SCALARS[type_[1:-1]])
    if type_.startswith("["):
        item = _kind(package, type_[1:-1])
        assert isinstance(item, Scalar | Message), f"nothing else is repeated in Nakama: {type_}"
        return ListOf(item)
    known = _SCALARS.get(type_) or _WELL_KNOWN.get(type_)
    if known is not None:
        return known
    if type_ in _enums():
        return enum(type_)
    if type_.startswith("api."):
        return api_message(type_.removeprefix("api."))
    return api_message(type_) if package == _API else realtime_message(type_)


@cache
def _definitions(package: str) -> Mapping[str, str]:
    return _paragraphs(api_messages.MESSAGES if package == _API else realtime_messages.MESSAGES)


@cache
def _enums() -> Mapping[str, str]:
    return _paragraphs(api_messages.ENUMS)


@cache
def _operations() -> Mapping[str, str]:
    return _paragraphs(api_messages.OPERATIONS)


def _paragraphs(text: str) -> dict[str, str]:
    """What follows each name; continuation lines are indented."""
    lines = text.strip().replace("\n  ", " ").split("\n")
    return {name: rest.strip() for name, _, rest in (line.partition(":") for line in lines)}


CLIENT_MEMBERS = frozenset(
    field.split()[1]
    for field in _definitions(_REALTIME)["Envelope"].split(",")
    if field.endswith(" from client")
)
"""The members of an envelope that Nakama takes from clients."""

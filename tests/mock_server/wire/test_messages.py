"""The table of messages holds what Nakama's messages are, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from mock_server.wire.messages import (
    api_message,
    enum,
    envelope,
    message_names,
    operation,
    operation_names,
    realtime_message,
)
from mock_server.wire.schema import (
    Enum,
    Field,
    FieldType,
    ListOf,
    MapOf,
    Message,
    Scalar,
    Timestamp,
    Wrapper,
)
from tests.mock_server.wire.documents import LOOKUPS, MESSAGES
from tests.mock_server.wire.facts import FACTS


def type_name(kind: FieldType, package: str, around: str) -> str:
    if isinstance(kind, Scalar):
        return kind.name
    if isinstance(kind, Wrapper):
        spelled = {"int32": "Int32", "int64": "Int64", "uint32": "UInt32"}
        name = kind.scalar.name
        return f"google.protobuf.{spelled.get(name, name.capitalize())}Value"
    if isinstance(kind, Timestamp):
        return "google.protobuf.Timestamp"
    if isinstance(kind, Enum):
        return kind.name
    assert isinstance(kind, Message)
    if kind.package != f"nakama.{package}":
        return f"api.{kind.name}"
    # The facts of the API name a nested message as its neighbours do.
    return kind.name.removeprefix(f"{around}.") if package == "api" else kind.name


def fact(field: Field, package: str, around: str) -> dict[str, Any]:
    told: dict[str, Any] = {"n": field.number, "name": field.name}
    if isinstance(field.kind, MapOf):
        told["map"] = ["string", field.kind.value.name]
    elif isinstance(field.kind, ListOf):
        told |= {"type": type_name(field.kind.item, package, around), "repeated": True}
    else:
        told["type"] = type_name(field.kind, package, around)
    return told | ({"oneof": field.oneof} if field.oneof else {})


def test_messages_have_the_fields_of_nakama() -> None:
    for package, name in MESSAGES:
        message = LOOKUPS[package](name)
        told = [fact(field, package, name) for field in message.fields.values()]
        assert told == FACTS[package]["messages"][name], name
        assert message.full_name == f"nakama.{package}.{name}"


def test_message_names_are_those_of_nakama() -> None:
    names = [(package, name) for package in FACTS for name in message_names(f"nakama.{package}")]
    assert names == MESSAGES


def test_operations_are_those_of_nakama() -> None:
    wanted = FACTS["api"]["service"]["operations"]
    assert list(operation_names()) == [each["name"] for each in wanted]
    for each in wanted:
        found = operation(each["name"])
        for message, name in ((found.request, "request"), (found.response, "response")):
            assert message.full_name.replace("nakama.", "") == each[name]


@pytest.mark.parametrize("name", ["StoreProvider", "StoreEnvironment", "Operator"])
def test_enum_has_the_values_of_nakama(name: str) -> None:
    assert enum(name).numbers == FACTS["api"]["enums"][name]


def test_a_message_is_made_once() -> None:
    assert api_message("User") is api_message("Account").fields["user"].kind
    assert envelope() is realtime_message("Envelope")
    assert operation("GetAccount").response is api_message("Account")


@pytest.mark.parametrize("lookup", [api_message, realtime_message, operation, enum])
def test_unknown_name_raises_key_error(lookup: Any) -> None:
    with pytest.raises(KeyError, match="Nope"):
        lookup("Nope")

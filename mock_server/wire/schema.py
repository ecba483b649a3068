"""Descriptions of protobuf messages, as far as their JSON form and query parameters need them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache, cached_property
from typing import Any, TypeAlias

from attrs import define, frozen


@frozen
class Scalar:
    """A scalar type by its protobuf name, with the value an absent field has."""

    name: str
    default: Any


@frozen
class Wrapper:
    """A `google.protobuf.…Value`: a scalar that can be told from an absent one."""

    scalar: Scalar


@frozen
class MapOf:
    """A `map<string, …>` of scalars."""

    value: Scalar


@define(init=False, eq=False)
class Message:
    """A message: its name and its fields in the order of their declaration.

    Args:
        name: The protobuf name, without its package.
        oneof: The names of the fields of which only one may be set.
        fields: The fields by their protobuf (snake_case) name.

    Attributes:
        is_open: Fields that are not described are read over.
    """

    name: str
    fields: Mapping[str, Kind]
    oneof: frozenset[str]
    is_open: bool

    def __init__(self, name: str, /, *, oneof: tuple[str, ...] = (), **fields: Kind) -> None:
        self.name = name
        self.fields = fields
        self.oneof = frozenset(oneof)
        self.is_open = False

    @cached_property
    def by_input_name(self) -> Mapping[str, str]:
        """The field name for each accepted spelling; a JSON name goes before a field name."""
        return {name: name for name in self.fields} | {
            json_name(name): name for name in self.fields
        }

    def without(self, names: Collection[str]) -> Message:
        """The same message without some of its fields."""
        rest = Message(self.name, oneof=tuple(self.oneof.difference(names)))
        rest.fields = {name: kind for name, kind in self.fields.items() if name not in names}
        return rest

    def defaults(self) -> dict[str, Any]:
        """A new message without any field set."""
        return {name: default_of(kind) for name, kind in self.fields.items()}


@frozen
class ListOf:
    """A repeated field."""

    item: Scalar | Wrapper | Message


Kind: TypeAlias = Scalar | Wrapper | MapOf | ListOf | Message

STRING = Scalar("string", "")
BOOL = Scalar("bool", False)
INT32 = Scalar("int32", 0)
INT64 = Scalar("int64", 0)

STRING_VALUE = Wrapper(STRING)
BOOL_VALUE = Wrapper(BOOL)
INT32_VALUE = Wrapper(INT32)

STRING_MAP = MapOf(STRING)


def open_message(name: str) -> Message:
    """A message of which no field is described, so that it may have any."""
    message = Message(name)
    message.is_open = True
    return message


@cache
def json_name(field: str) -> str:
    """The lowerCamelCase name that protobuf gives a field in JSON."""
    head, *tail = field.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)


def default_of(kind: Kind) -> Any:
    """What a field of this kind holds when it was not set."""
    if isinstance(kind, Scalar):
        return kind.default
    if isinstance(kind, MapOf):
        return {}
    if isinstance(kind, ListOf):
        return []
    return None

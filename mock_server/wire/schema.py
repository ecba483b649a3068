"""Descriptions of messages, from which their JSON, query and protobuf forms follow."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache, cached_property
from typing import Any, TypeAlias

from attrs import frozen


@frozen
class Scalar:
    """A scalar type by its protobuf name, with the value an absent field has."""

    name: str
    default: Any


@frozen(eq=False)
class Enum:
    """An enum: its values by name. A field holds the number, also one without a name."""

    name: str
    numbers: Mapping[str, int]


@frozen
class Wrapper:
    """A `google.protobuf.…Value`: a scalar that differs from an absent one."""

    scalar: Scalar


@frozen
class Timestamp:
    """A `google.protobuf.Timestamp`; a field holds its RFC 3339 text."""


@frozen
class MapOf:
    """A `map<string, …>` of scalars."""

    value: Scalar


@frozen
class ListOf:
    """A repeated field."""

    item: Scalar | Message


@frozen(eq=False)
class Field:
    """A field of a message.

    Attributes:
        number: What protobuf knows it by.
        name: Its snake_case name.
        kind: What it holds.
        oneof: The group of fields of which one at most is set, or "".
    """

    number: int
    name: str
    kind: FieldType
    oneof: str = ""

    @property
    def json_name(self) -> str:
        """The other name that is accepted for it in JSON, and that errors give it."""
        return json_name(self.name)

    @property
    def has_presence(self) -> bool:
        """Whether a set field with the default value differs from an absent one."""
        return bool(self.oneof) or isinstance(self.kind, Message | Wrapper | Timestamp)

    def default(self) -> Any:
        """What it holds when it is absent; None where that differs from every value."""
        if self.has_presence:
            return None
        if isinstance(self.kind, Scalar):
            return self.kind.default
        if isinstance(self.kind, Enum):
            return 0
        return {} if isinstance(self.kind, MapOf) else []


class Message:
    """A message: its name and its fields in the order of their declaration.

    Args:
        name: The protobuf name, without its package.
        package: The package.
        fields: The kinds of the fields by name; their numbers count from 1.
    """

    def __init__(self, name: str, /, *, package: str = "nakama.api", **fields: FieldType) -> None:
        self.name = name
        self.package = package
        self._declare: Callable[[], Iterable[Field]] = lambda: (
            Field(number, field, kind) for number, (field, kind) in enumerate(fields.items(), 1)
        )

    @classmethod
    def declared(cls, name: str, package: str, declare: Callable[[], Iterable[Field]]) -> Message:
        """A message whose fields are described when they are first needed.

        Args:
            name: The protobuf name, without its package.
            package: The package.
            declare: Returns the fields.
        """
        message = cls(name, package=package)
        message._declare = declare
        return message

    def __repr__(self) -> str:
        return f"<Message {self.full_name}>"

    @property
    def full_name(self) -> str:
        """The protobuf name, as `nakama.api.Account`."""
        return f"{self.package}.{self.name}"

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """The fields by their protobuf (snake_case) name."""
        return {field.name: field for field in self._declare()}

    @cached_property
    def by_input_name(self) -> Mapping[str, Field]:
        """The field for each accepted spelling; a JSON name goes before a field name."""
        fields = self.fields
        return {**fields, **{field.json_name: field for field in fields.values()}}

    @cached_property
    def with_presence(self) -> frozenset[str]:
        """The names of the fields of which a set one differs from an absent one."""
        return frozenset(field.name for field in self.fields.values() if field.has_presence)

    def without(self, names: Collection[str]) -> Message:
        """The same message without some of its fields."""
        rest = [field for name, field in self.fields.items() if name not in names]
        return Message.declared(self.name, self.package, lambda: rest)

    def defaults(self) -> dict[str, Any]:
        """A new message without any field set."""
        fields, collections = self._defaults
        new = fields.copy()
        for name in collections:
            new[name] = new[name].copy()
        return new

    @cached_property
    def _defaults(self) -> tuple[dict[str, Any], tuple[str, ...]]:
        fields = {name: field.default() for name, field in self.fields.items()}
        return fields, tuple(name for name, value in fields.items() if value in ([], {}))


FieldType: TypeAlias = Scalar | Enum | Wrapper | Timestamp | MapOf | ListOf | Message

STRING = Scalar("string", "")
BYTES = Scalar("bytes", b"")
BOOL = Scalar("bool", False)
INT32 = Scalar("int32", 0)
INT64 = Scalar("int64", 0)
UINT32 = Scalar("uint32", 0)
DOUBLE = Scalar("double", 0.0)

STRING_VALUE = Wrapper(STRING)
BOOL_VALUE = Wrapper(BOOL)
INT32_VALUE = Wrapper(INT32)
INT64_VALUE = Wrapper(INT64)
UINT32_VALUE = Wrapper(UINT32)

TIMESTAMP = Timestamp()

STRING_MAP = MapOf(STRING)


@cache
def json_name(field: str) -> str:
    """The lowerCamelCase name that protobuf gives a field in JSON."""
    head, *tail = field.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in tail)

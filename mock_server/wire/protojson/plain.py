"""The usual JSON, read in a fifth of the time that the exact decoder takes.

It reads what clients send: each name once, values in their usual form. Whatever differs is left to
`reading.decode_exactly`, which alone knows Nakama's words for what is wrong. Both say the same of
all that this one reads; a property test compares them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any, NoReturn

from mock_server.wire.errors import DecodeError
from mock_server.wire.protojson.scalars import INTEGER_RANGES, NoValue, read_bytes
from mock_server.wire.schema import (
    BOOL,
    BYTES,
    DOUBLE,
    INT64,
    STRING,
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
from mock_server.wire.timestamps import parse_timestamp

_UNUSUAL = re.compile(  # surrogates, which may be lone or no text at all, and negative zeros
    r"\\u[dD][89a-fA-F]|[\ud800-\udfff]|[:,\[ \t\r\n]-0"
)
_SHALLOW = 500  # levels of nesting; how many are too many is left to the exact decoder
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(r"[\[\]{}]")
_INTEGER = re.compile("-?(?:0|[1-9][0-9]{0,18})")

Convert = Callable[[Any], Any]


class _Unusual(Exception):
    """The exact decoder has to look at it."""


def decode_plain(message: Message, text: str, *, discard_unknown: bool) -> dict[str, Any] | None:
    """Decode a message if its JSON is of the usual form.

    Args:
        message: What it is.
        text: The JSON; bytes that are no UTF-8 come as surrogate escapes.
        discard_unknown: Unknown fields are read over.

    Returns:
        All fields, as the exact decoder returns them; None where it has to look.
    """
    if _UNUSUAL.search(text):
        return None
    try:
        document = _JSON.decode(text)
        if not _is_shallow(text):
            return None
        fields: dict[str, Any] = _reader(message, discard_unknown)(document)
    except (_Unusual, ArithmeticError, ValueError, RecursionError):
        return None
    return fields


def _is_shallow(text: str) -> bool:
    """Whether JSON is nested as deeply only as everybody takes it."""
    if text.count("[") + text.count("{") <= _SHALLOW:
        return True
    depth = 0
    for bracket in _BRACKET.findall(_TEXT.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > _SHALLOW:
            return False
    return True


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise _Unusual
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise _Unusual


_JSON = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)


@cache
def _reader(message: Message, discard_unknown: bool) -> Convert:
    readers = {
        name: (field.name, field.oneof, _converter(field, discard_unknown))
        for name, field in message.by_input_name.items()
    }

    def read(document: Any) -> dict[str, Any]:
        if type(document) is not dict:
            raise _Unusual
        fields = message.defaults()
        seen: set[str] = set()
        for name, value in document.items():
            known = readers.get(name)
            if known is None:
                if discard_unknown:
                    continue
                raise _Unusual
            field, oneof, convert = known
            if field in seen:  # in its other spelling
                raise _Unusual
            seen.add(field)
            if value is None:
                continue
            if oneof:
                if f"oneof {oneof}" in seen:
                    raise _Unusual
                seen.add(f"oneof {oneof}")
            fields[field] = convert(value)
        return fields

    return read


def _converter(field: Field, discard_unknown: bool) -> Convert:
    kind = field.kind
    if isinstance(kind, ListOf):
        item = _value_converter(kind.item, discard_unknown)

        def convert_list(value: Any) -> list[Any]:
            if type(value) is not list:
                raise _Unusual
            return [item(each) for each in value]

        return convert_list
    if isinstance(kind, MapOf):
        inner = _value_converter(kind.value, discard_unknown)

        def convert_map(value: Any) -> dict[str, Any]:
            if type(value) is not dict:
                raise _Unusual
            return {name: inner(each) for name, each in value.items()}

        return convert_map
    return _value_converter(kind, discard_unknown)


def _value_converter(kind: FieldType, discard_unknown: bool) -> Convert:
    if isinstance(kind, Message):
        return lambda value: _reader(kind, discard_unknown)(value)  # made when first needed
    if isinstance(kind, Wrapper):
        return _value_converter(kind.scalar, discard_unknown)
    if isinstance(kind, Timestamp):
        return _timestamp
    if isinstance(kind, Enum):
        return lambda value: _enum(kind, value)
    assert isinstance(kind, Scalar), kind
    return _SCALARS.get(kind) or _integer_converter(kind.name)


def _text(value: Any) -> str:
    if type(value) is not str:
        raise _Unusual
    return value


def _enum(kind: Enum, value: Any) -> Any:
    number = kind.numbers.get(value) if type(value) is str else value
    return _int32(number)


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise _Unusual
    return value


def _integer_converter(name: str) -> Convert:
    smallest, largest = INTEGER_RANGES[name]

    def convert(value: Any) -> int:
        if type(value) is not int or not smallest <= value <= largest:
            raise _Unusual
        return value

    return convert


def _int64(value: Any) -> Any:
    if type(value) is str and _INTEGER.fullmatch(value):
        value = int(value)
    return _whole_int64(value)


def _double(value: Any) -> float:
    if type(value) is not float and type(value) is not int:
        raise _Unusual
    if math.isinf(value):
        raise _Unusual
    return float(value)


def _bytes(value: Any) -> bytes:
    try:
        return read_bytes(_text(value))
    except NoValue:
        raise _Unusual from None


def _timestamp(value: Any) -> str:
    try:
        return parse_timestamp(_text(value))
    except DecodeError:
        raise _Unusual from None


_int32 = _integer_converter("int32")
_whole_int64 = _integer_converter("int64")
_SCALARS: dict[Scalar, Convert] = {
    STRING: _text,
    BOOL: _flag,
    INT64: _int64,
    DOUBLE: _double,
    BYTES: _bytes,
}

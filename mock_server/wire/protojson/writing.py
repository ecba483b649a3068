"""From documents to JSON text, as the gateway and the socket write it."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from json.encoder import encode_basestring
from typing import Any

from mock_server.wire.errors import EncodeError
from mock_server.wire.schema import (
    BOOL,
    BYTES,
    DOUBLE,
    INT32,
    INT64,
    STRING,
    UINT32,
    Field,
    FieldType,
    ListOf,
    MapOf,
    Message,
    Scalar,
    Timestamp,
    Wrapper,
)
from mock_server.wire.strconv import format_float

_SURROGATES = re.compile("[\ud800-\udfff]")
_COMMA = ", "  # this build of the server puts one blank after each comma
_SHAPES = 256  # of one message's documents: which fields, in which order
_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}

TextWriter = Callable[[Any], str]


def encode(message: Message, document: Mapping[str, Any]) -> str:
    """Write a document with its fields in the order of their declaration.

    Nothing is escaped for HTML. Text that is no UTF-8 is written as replacement characters.

    Args:
        message: What it is.
        document: Its fields by their snake_case names, as handlers answer them; those that are
            None or that proto3 leaves out are not written.

    Raises:
        EncodeError: A value does not fit its field, or the message has no such field.
    """
    try:
        text = _writer(message)(document)
    except EncodeError:
        raise
    except (AttributeError, TypeError, ValueError) as error:
        raise EncodeError(f"no {message.full_name}: {error}") from error
    if text.isascii():
        return text
    return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)


def document_json(message: Message, document: Mapping[str, Any]) -> dict[str, Any]:
    """The proto3 JSON of a document that a handler made, as a client reads it.

    Raises:
        EncodeError: A value does not fit its field, or the message has no such field.
    """
    read: dict[str, Any] = json.loads(encode(message, document))
    return read


def message_json(message: Message, fields: dict[str, Any]) -> dict[str, Any]:
    """The proto3 JSON of a decoded message: what is not set is left out.

    Args:
        message: What it is.
        fields: All its fields, as the decoders return them.

    Returns:
        Values as JSON has them: 64-bit integers and numbers that are not finite as text, bytes in
        base64, maps sorted.
    """
    return {
        field.name: _json(field.kind, fields[field.name])
        for field in message.fields.values()
        if fields[field.name] != field.default()
    }


def _json(kind: FieldType, value: Any) -> Any:
    if isinstance(kind, Message):
        return message_json(kind, value)
    if isinstance(kind, ListOf):
        return [_json(kind.item, item) for item in value]
    if isinstance(kind, MapOf):
        return {name: _json(kind.value, item) for name, item in sorted(value.items())}
    scalar = kind.scalar if isinstance(kind, Wrapper) else kind
    if scalar == INT64:
        return str(value)
    if scalar == DOUBLE and not math.isfinite(value):
        return _NOT_FINITE[str(value)]
    return base64.b64encode(value).decode() if scalar == BYTES else value


@cache
def _writer(message: Message) -> TextWriter:
    writers = {name: _field_writer(field) for name, field in message.fields.items()}
    heads = {name: _head(field) for name, field in message.fields.items() if _is_text(field)}
    ranks = {name: rank for rank, name in enumerate(message.fields)}

    # Handlers make documents of few shapes: what is to be done for one is found out once.
    @lru_cache(maxsize=_SHAPES)
    def plan(names: tuple[str, ...]) -> tuple[tuple[str, str, TextWriter], ...]:
        for name in names:
            if name not in ranks:
                raise EncodeError(f"{message.full_name} has no field {name!r}")
        ordered = sorted(names, key=ranks.__getitem__)
        return tuple((name, heads.get(name, ""), writers[name]) for name in ordered)

    def write(document: Mapping[str, Any]) -> str:
        members = []
        for name, head, write_field in plan(tuple(document)):
            value = document[name]
            if head:  # a text, as most fields are: without a call of its own
                if value:
                    members.append(head + encode_basestring(value))
            elif value is not None and (text := write_field(value)):
                members.append(text)
        return f"{{{_COMMA.join(members)}}}"

    return write


def _head(field: Field) -> str:
    return f'"{field.name}":'


def _is_text(field: Field) -> bool:
    """Whether a field is a text that is left out where it is empty."""
    is_text = field.kind == STRING or isinstance(field.kind, Timestamp)
    return is_text and not field.has_presence


def _field_writer(field: Field) -> TextWriter:
    """Writes a field with its name; nothing where proto3 leaves a default out."""
    head, write = _head(field), _value_writer(field.kind)
    if field.has_presence:
        return lambda value: head + write(value)
    if field.kind == BOOL:
        true = f"{head}true"
        return lambda value: true if value else ""
    if field.kind == INT64:  # "0" is zero, too
        return lambda value: head + write(value) if int(value) else ""
    return lambda value: head + write(value) if value else ""


def _value_writer(kind: FieldType) -> TextWriter:
    if isinstance(kind, Message):
        return lambda document: _writer(kind)(document)  # made when it is first needed
    if isinstance(kind, ListOf) and isinstance(kind.item, Message):
        message = kind.item
        return lambda items: f"[{_COMMA.join(map(_writer(message), items))}]"
    if isinstance(kind, ListOf):
        write_item = _value_writer(kind.item)
        return lambda items: f"[{_COMMA.join([write_item(item) for item in items])}]"
    if isinstance(kind, MapOf):
        write_value = _value_writer(kind.value)
        return lambda entries: f"{{{_COMMA.join(_entries(entries, write_value))}}}"
    if isinstance(kind, Wrapper):
        return _SCALAR_WRITERS[kind.scalar]
    if isinstance(kind, Timestamp):
        return encode_basestring
    return _SCALAR_WRITERS[kind] if isinstance(kind, Scalar) else _write_number


def _entries(entries: Mapping[str, Any], write_value: TextWriter) -> list[str]:
    return [
        f"{encode_basestring(name)}:{write_value(value)}" for name, value in sorted(entries.items())
    ]


def _write_bytes(data: bytes | str) -> str:
    text = data if isinstance(data, str) else base64.b64encode(data).decode()
    return f'"{text}"'


def _write_number(value: int) -> str:
    return str(int(value))


def _write_double(value: float | str) -> str:
    number = float(value)  # `message_json` makes texts of those that are not finite
    if math.isfinite(number):
        return format_float(number)
    return f'"{_NOT_FINITE[str(number)]}"'


_SCALAR_WRITERS: Mapping[Scalar, TextWriter] = {
    STRING: encode_basestring,
    BYTES: _write_bytes,
    BOOL: lambda value: "true" if value else "false",
    INT32: _write_number,
    INT64: lambda value: f'"{int(value)}"',
    UINT32: _write_number,
    DOUBLE: _write_double,
}

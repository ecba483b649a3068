"""From bytes to documents."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from mock_server.wire.errors import DecodeError
from mock_server.wire.protobuf.wire_format import (
    TIMESTAMP_MESSAGE,
    malformed,
    read_varint,
    skip_field,
    wire_type,
)
from mock_server.wire.schema import (
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
from mock_server.wire.timestamps import format_timestamp, split_timestamp

_DOUBLE = struct.Struct("<d")

Read = Callable[[bytes, int, int, dict[str, Any]], int]
ReadFields = Callable[[bytes, int, int, dict[str, Any]], None]
ReadValue = Callable[[bytes, int, int], tuple[Any, int]]


def decode(message: Message, data: bytes) -> dict[str, Any]:
    """Decode a message as the server does: what it does not know is skipped.

    Fields may come in any order. The last of several scalars counts, messages are merged. The
    nesting is bounded by the table, for none of Nakama's messages contains itself.

    Returns:
        All fields by their snake_case names, as `protojson.decode_frame` returns them: bytes as
        bytes, integers as int, timestamps as RFC 3339 text; absent messages, wrappers and members
        of a oneof are None.

    Raises:
        DecodeError: The bytes are no message; the text is the server's.
    """
    fields = message.defaults()
    try:
        _reader(message)(data, 0, len(data), fields)
    except IndexError:  # a varint is cut off
        raise malformed() from None
    return fields


@cache
def _reader(message: Message) -> ReadFields:
    """Reads the fields of a message out of a slice of the input, until it is used up."""
    readers: dict[int, Read] = {}
    oneofs: dict[str, list[str]] = {}
    for field in message.fields.values():
        if field.oneof:
            oneofs.setdefault(field.oneof, []).append(field.name)
    for field in message.fields.values():
        others = [name for name in oneofs.get(field.oneof, ()) if name != field.name]
        readers[field.number << 3 | wire_type(field.kind)] = _field_reader(field, others)

    def read_fields(data: bytes, at: int, end: int, fields: dict[str, Any]) -> None:
        while at < end:
            tag = data[at]
            at += 1
            if tag & 0x80:
                tag, at = read_varint(data, at - 1)
            read = readers.get(tag)  # a known number with another wire type is unknown
            at = read(data, at, end, fields) if read else skip_field(data, tag, at, end)
        if at > end:
            raise malformed()

    return read_fields


def _field_reader(field: Field, others: list[str]) -> Read:
    """Reads a field that follows its tag.

    Args:
        field: The field.
        others: The other members of its oneof, of which only the last one counts.
    """
    name, kind = field.name, field.kind
    if isinstance(kind, Message):
        return _message_reader(name, kind, others)
    if isinstance(kind, ListOf):
        return _list_reader(name, kind)
    if isinstance(kind, MapOf):
        return _map_reader(name, kind)
    if isinstance(kind, Wrapper):
        return _wrapper_reader(name, kind)
    if isinstance(kind, Timestamp):
        return _timestamp_reader(name)
    read_value = _value_reader(kind)

    def read(data: bytes, at: int, end: int, fields: dict[str, Any]) -> int:
        fields[name], at = read_value(data, at, end)
        for other in others:
            fields[other] = None
        return at

    return read


def _message_reader(name: str, message: Message, others: list[str]) -> Read:
    def read(data: bytes, at: int, end: int, fields: dict[str, Any]) -> int:
        at, end = _slice(data, at, end)
        for other in others:
            fields[other] = None
        if fields[name] is None:
            fields[name] = message.defaults()
        _reader(message)(data, at, end, fields[name])
        return end

    return read


def _list_reader(name: str, kind: ListOf) -> Read:
    item = kind.item
    if not isinstance(item, Message):
        # Only strings are repeated in Nakama, so nothing can be packed.
        assert item == STRING, item

        def read_string(data: bytes, at: int, end: int, fields: dict[str, Any]) -> int:
            text, at = _read_string(data, at, end)
            fields[name].append(text)
            return at

        return read_string

    def read_message(data: bytes, at: int, end: int, fields: dict[str, Any]) -> int:
        at, end = _slice(data, at, end)
        new = item.defaults()
        _reader(item)(data, at, end, new)
        fields[name].append(new)
        return end

    return read_message


def _map_reader(name: str, kind: MapOf) -> Read:
    entry = _reader(Message("Entry", key=STRING, value=kind.value))
    default = kind.value.default

    def read(data: bytes, at: int, end: int, fields: dict[str, Any]) -> int:
        at, end = _slice(data, at, end)
        pair = {"key": "", "value": default}
        entry(data, at, end, pair)
        fields[name][pair["key"]] = pair["value"]
        return end

    return read


def _wrapper_reader(name: str, kind: Wrapper) -> Read:
    inner = _reader(Message("Wrapper", value=kind.scalar))
    default = kind.scalar.default

    def read(data: bytes, at: int, end: int, fields: dict[str, Any]) -> int:
        at, end = _slice(data, at, end)
        before = fields[name]
        merged = {"value": default if before is None else before}
        inner(data, at, end, merged)
        fields[name] = merged["value"]
        return end

    return read


def _timestamp_reader(name: str) -> Read:
    inner = _reader(TIMESTAMP_MESSAGE)

    def read(data: bytes, at: int, end: int, fields: dict[str, Any]) -> int:
        at, end = _slice(data, at, end)
        before = fields[name]
        seconds, nanos = (0, 0) if before is None else split_timestamp(before)
        merged = {"seconds": seconds, "nanos": nanos}
        inner(data, at, end, merged)
        fields[name] = format_timestamp(merged["seconds"], merged["nanos"])
        return end

    return read


def _value_reader(kind: FieldType) -> ReadValue:
    if isinstance(kind, Enum):
        return _read_int32
    assert isinstance(kind, Scalar), kind
    return _SCALAR_READERS[kind.name]


def _slice(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Where the value of a length-delimited field begins and ends."""
    size, at = read_varint(data, at)
    if size > end - at:
        raise malformed()
    return at, at + size


def _read_string(data: bytes, at: int, end: int) -> tuple[str, int]:
    at, end = _slice(data, at, end)
    try:
        return data[at:end].decode(), end
    except UnicodeDecodeError:
        raise DecodeError("string field contains invalid UTF-8") from None


def _read_bytes(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    at, end = _slice(data, at, end)
    return data[at:end], end


def _read_bool(data: bytes, at: int, end: int) -> tuple[bool, int]:
    value, at = read_varint(data, at)
    return value != 0, at


def _read_int32(data: bytes, at: int, end: int) -> tuple[int, int]:
    value, at = read_varint(data, at)
    value &= 0xFFFF_FFFF  # the low bits of a longer one, as in Go
    return value - (1 << 32) if value >> 31 else value, at


def _read_uint32(data: bytes, at: int, end: int) -> tuple[int, int]:
    value, at = read_varint(data, at)
    return value & 0xFFFF_FFFF, at


def _read_int64(data: bytes, at: int, end: int) -> tuple[int, int]:
    value, at = read_varint(data, at)
    return value - (1 << 64) if value >> 63 else value, at


def _read_double(data: bytes, at: int, end: int) -> tuple[float, int]:
    if end - at < _DOUBLE.size:
        raise malformed()
    return _DOUBLE.unpack_from(data, at)[0], at + _DOUBLE.size


_SCALAR_READERS: Mapping[str, ReadValue] = {
    "string": _read_string,
    "bytes": _read_bytes,
    "bool": _read_bool,
    "int32": _read_int32,
    "int64": _read_int64,
    "uint32": _read_uint32,
    "double": _read_double,
}

"""From documents to bytes."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Mapping
from functools import cache
from operator import itemgetter
from typing import Any

from mock_server.wire.errors import EncodeError, InvalidUtf8
from mock_server.wire.protobuf.wire_format import (
    LENGTH_DELIMITED,
    TIMESTAMP_MESSAGE,
    varint,
    wire_type,
)
from mock_server.wire.schema import (
    INT32,
    INT64,
    STRING,
    UINT32,
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
from mock_server.wire.timestamps import split_timestamp

_INT64_MASK = (1 << 64) - 1

BytesWriter = Callable[[Any], bytes]


def encode(message: Message, document: Mapping[str, Any]) -> bytes:
    """Encode a document as the server does: by field numbers, with the oneofs last.

    Args:
        message: What it is.
        document: Its fields by their snake_case names, as handlers answer them: 64-bit integers
            may be text, bytes base64, timestamps are RFC 3339 text. None is absent.

    Raises:
        InvalidUtf8: A text is none.
        EncodeError: A value does not fit its field, or the message has no such field.
    """
    try:
        return _writer(message)(document)
    except UnicodeEncodeError:
        raise InvalidUtf8 from None
    except EncodeError:
        raise
    except (AttributeError, TypeError, ValueError, struct.error) as error:
        raise EncodeError(f"no {message.full_name}: {error}") from error


@cache
def _writer(message: Message) -> BytesWriter:
    fields = sorted(message.fields.values(), key=lambda field: (bool(field.oneof), field.number))
    writers = {field.name: (rank, _field_writer(field)) for rank, field in enumerate(fields)}
    by_rank = itemgetter(0)

    def write(document: Mapping[str, Any]) -> bytes:
        chunks: list[tuple[int, bytes]] = []
        last, is_sorted = -1, True
        for name, value in document.items():
            if value is None:
                continue
            try:
                rank, write_field = writers[name]
            except KeyError:
                raise EncodeError(f"{message.full_name} has no field {name!r}") from None
            chunks.append((rank, write_field(value)))
            is_sorted, last = is_sorted and rank > last, rank
        if not is_sorted:
            chunks.sort(key=by_rank)
        return b"".join([chunk for _, chunk in chunks])

    return write


def _field_writer(field: Field) -> BytesWriter:
    """Writes a field with its tag; nothing where proto3 leaves a default out."""
    kind = field.kind
    if isinstance(kind, ListOf):
        write_item = _tagged(field.number, kind.item)
        return lambda items: b"".join([write_item(item) for item in items])
    if isinstance(kind, MapOf):
        return _map_writer(field.number, kind)
    write = _tagged(field.number, kind)
    if field.has_presence:
        return write
    if kind in (INT64, UINT32, INT32):  # "0" is zero, too
        return lambda value: write(value) if int(value) else b""
    return lambda value: write(value) if value else b""


def _tagged(number: int, kind: FieldType) -> BytesWriter:
    tag = varint(number << 3 | wire_type(kind))
    write = _value_writer(kind)
    if wire_type(kind) is not LENGTH_DELIMITED:
        return lambda value: tag + write(value)

    def write_with_length(value: Any) -> bytes:
        data = write(value)
        return tag + varint(len(data)) + data

    return write_with_length


def _map_writer(number: int, kind: MapOf) -> BytesWriter:
    """Each entry is a message of key and value; both are written even when empty."""
    tag = varint(number << 3 | LENGTH_DELIMITED)
    write_key, write_value = _tagged(1, STRING), _tagged(2, kind.value)

    def write(entries: Mapping[str, Any]) -> bytes:
        chunks: list[bytes] = []
        for name, value in entries.items():
            entry = write_key(name) + write_value(value)
            chunks += (tag, varint(len(entry)), entry)
        return b"".join(chunks)

    return write


def _value_writer(kind: FieldType) -> BytesWriter:
    """Writes a value without tag and length."""
    if isinstance(kind, Message):
        return _writer_when_needed(kind)
    if isinstance(kind, Wrapper):
        field = Field(1, "value", kind.scalar)
        return _field_writer(field)
    if isinstance(kind, Timestamp):
        return _write_timestamp
    if isinstance(kind, Enum):
        return _write_integer
    assert isinstance(kind, Scalar), kind
    return _SCALAR_WRITERS[kind.name]


def _writer_when_needed(message: Message) -> BytesWriter:
    """The envelope has fifty members; a server that starts needs the writers of few."""
    return lambda document: _writer(message)(document)


def _write_string(text: str) -> bytes:
    return text.encode()


def _write_bytes(data: bytes | str) -> bytes:
    return base64.b64decode(data) if isinstance(data, str) else data


def _write_integer(value: int | str) -> bytes:
    return varint(int(value) & _INT64_MASK)  # negative ones take ten bytes


def _write_double(value: float | str) -> bytes:
    return struct.pack("<d", float(value))  # those that are not finite may be texts


def _write_timestamp(text: str) -> bytes:
    seconds, nanos = split_timestamp(text)
    return _write_seconds(seconds) + _write_nanos(nanos)


_SCALAR_WRITERS: Mapping[str, BytesWriter] = {
    "string": _write_string,
    "bytes": _write_bytes,
    "bool": lambda value: b"\x01" if value else b"\x00",
    "int32": _write_integer,
    "int64": _write_integer,
    "uint32": _write_integer,
    "double": _write_double,
}


_write_seconds = _field_writer(TIMESTAMP_MESSAGE.fields["seconds"])
_write_nanos = _field_writer(TIMESTAMP_MESSAGE.fields["nanos"])

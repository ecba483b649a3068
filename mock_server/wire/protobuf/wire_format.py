"""Protobuf's wire format below the messages: wire types, varints, unknown fields."""

from __future__ import annotations

from mock_server.wire.errors import DecodeError
from mock_server.wire.schema import INT32, INT64, Enum, FieldType, Message, Scalar

VARINT, FIXED64, LENGTH_DELIMITED, START_GROUP, END_GROUP, FIXED32 = range(6)
"""The wire types."""

TIMESTAMP_MESSAGE = Message("Timestamp", package="google.protobuf", seconds=INT64, nanos=INT32)
"""What a timestamp is in the binary form."""

_SMALL = tuple(bytes((value,)) for value in range(0x80))
_MAX_NUMBER = (1 << 29) - 1
_MAX_NUMBER_IN_GROUP = (1 << 31) - 1
_MAX_DEPTH = 10_000


def malformed() -> DecodeError:
    """The error about bytes that are no message, to be raised."""
    return DecodeError("proto:\N{NO-BREAK SPACE}cannot parse invalid wire-format data")


def varint(value: int) -> bytes:
    """Write an integer from 0 to 2^64-1, seven bits a byte."""
    if value < 0x80:
        return _SMALL[value]
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Read an integer; return it and the index behind it.

    The end of a message inside of `data` is not looked at: the caller sees that the index is
    beyond it.

    Raises:
        IndexError: The data ends inside of it.
        DecodeError: It needs more than 64 bits.
    """
    byte = data[at]
    at += 1
    if byte < 0x80:
        return byte, at
    value, shift = byte & 0x7F, 7
    while True:
        byte = data[at]
        at += 1
        if shift == 63 and byte > 1:
            raise malformed()
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def skip_field(data: bytes, tag: int, at: int, end: int) -> int:
    """Step over the value of an unknown field; return the index behind it.

    Args:
        data: The input.
        tag: The number and the wire type.
        at: Where the value begins.
        end: Where the message ends.

    Raises:
        IndexError: The data ends inside of a varint.
        DecodeError: There is no such number or wire type, the value is longer than the message,
            or groups are not closed or too deep.
    """
    if not 1 <= tag >> 3 <= _MAX_NUMBER:
        raise malformed()
    groups: list[int] = []
    at = _skip_value(data, tag, at, groups)
    while groups:
        if at >= end:
            raise malformed()
        tag, at = read_varint(data, at)
        if not 1 <= tag >> 3 <= _MAX_NUMBER_IN_GROUP:
            raise malformed()
        at = _skip_value(data, tag, at, groups)
    if at > end:
        raise malformed()
    return at


def _skip_value(data: bytes, tag: int, at: int, groups: list[int]) -> int:
    """Step over a value, into a group or out of one; `groups` holds the open ones."""
    number, wire_type = tag >> 3, tag & 7
    if wire_type == VARINT:
        return read_varint(data, at)[1]
    if wire_type == FIXED64:
        return at + 8
    if wire_type == FIXED32:
        return at + 4
    if wire_type == LENGTH_DELIMITED:
        size, at = read_varint(data, at)
        return at + size
    if wire_type == START_GROUP and len(groups) < _MAX_DEPTH:
        groups.append(number)
        return at
    if wire_type == END_GROUP and groups and groups[-1] == number:
        groups.pop()
        return at
    raise malformed()


def wire_type(kind: FieldType) -> int:
    """The wire type of a single value of this kind."""
    if isinstance(kind, Enum):
        return VARINT
    if not isinstance(kind, Scalar) or kind.name in ("string", "bytes"):
        return LENGTH_DELIMITED
    return FIXED64 if kind.name == "double" else VARINT

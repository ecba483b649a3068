"""Columns of rows, as Nakama's database driver hands them to its runtimes.

The database writes all of them as text, in its `ISO` style of dates.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping
from typing import Any

from mock_server.sql.arrays import write_array
from mock_server.sql.errors import DatabaseError
from mock_server.sql.parameters import ParameterType
from mock_server.sql.values import Instant, Octets

_TIME = re.compile(
    r"(\d+)-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d+))?)?"
    r"(?P<offset>Z|[+-]\d\d(?::\d\d){0,2})?(?P<bc> BC)?"
)


def decode(value: Any, type_: ParameterType) -> Any:
    """The value of a column.

    Args:
        value: A text, a list for an array, or None for NULL.
        type_: The column's type.

    Returns:
        None, a boolean, an int, a float, a text, an `Instant` or `Octets`.

    Raises:
        DatabaseError: It is a range or a row, which are not read here.
    """
    if type_.name == "void":
        return ""
    if value is None:
        return None
    if type_.kind == "array":
        return write_array(value, ";" if type_.name == "box[]" else ",")
    if type_.kind != "scalar" or type_.name == "record":
        raise unread(type_.name)
    read = _READERS.get(type_.name)
    text = value.decode(errors="surrogateescape") if isinstance(value, bytes) else value
    return text if read is None else read(text)


def unread(name: str) -> DatabaseError:
    """The error of a type that the mock cannot exchange with the database."""
    return DatabaseError(
        f"the mock does not exchange values of the type {name}: select them as text (x::text) and "
        f"give them as text ($1::text::{name})"
    )


def _boolean(text: str) -> bool:
    return text == "t"


def _single(text: str) -> float:
    value: float = struct.unpack("f", struct.pack("f", float(text)))[0]
    return value


def _bytea(text: str) -> Octets:
    return Octets(bytes.fromhex(text.removeprefix(r"\x")).decode(errors="surrogateescape"))


def decode_time(text: str) -> Instant | str:
    """A date or time as ISO 8601 has it; a text where it is none, as `infinity`."""
    found = _TIME.fullmatch(text)
    if found is None:
        return text
    year, month, day, hours, minutes, seconds = (int(each or 0) for each in found.groups()[:6])
    past = hours * 3600 + minutes * 60 + seconds - _offset(found["offset"])
    microseconds = int((found[7] or "").ljust(6, "0"))
    return Instant.of(1 - year if found["bc"] else year, month, day, past, microseconds)


def _offset(text: str | None) -> int:
    if text is None or text == "Z":
        return 0
    numbers = [int(each) for each in text[1:].split(":")]
    seconds = sum(number * unit for number, unit in zip(numbers, (3600, 60, 1), strict=False))
    return -seconds if text[0] == "-" else seconds


_READERS: Mapping[str, Callable[[str], Any]] = {
    "bool": _boolean,
    **dict.fromkeys(("int2", "int4", "int8", "oid", "xid", "cid"), int),
    "float4": _single,
    "float8": float,
    "bytea": _bytea,
    **dict.fromkeys(("json", "jsonb", "xml"), Octets),
    **dict.fromkeys(("date", "timestamp", "timestamptz"), decode_time),
}

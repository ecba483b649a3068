"""Parameters of statements, as pgx sends what Nakama's runtimes give to it.

A text goes as it is, and PostgreSQL reads it as a value of the parameter's type. Other values go
where pgx has a way to write them as that type, and else are refused.

https://pkg.go.dev/github.com/jackc/pgx/v5/pgtype
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Protocol

from mock_server.sql.arrays import read_array
from mock_server.sql.errors import DatabaseError
from mock_server.sql.golang import Foreign, plain, syntax
from mock_server.sql.values import Instant
from mock_server.wire import gojson

_FIRST_OWN_OID = 16_384  # of what is not built into PostgreSQL
_NO_PLAN = "cannot find encode plan"
_INT64 = 1 << 63
_TEXTS = frozenset(("text", "varchar", "bpchar", "name", "unknown"))
_TEXT_FORMAT = _TEXTS | {"json", "jsonb", "xml", "jsonpath", "aclitem"}
_INTEGERS = frozenset(("int2", "int4", "int8", "oid", "xid", "cid", "xid8"))
_FLOATS = frozenset(("float4", "float8", "numeric"))
_TIMES = frozenset(("date", "timestamp", "timestamptz"))
_OTHERS = """
bit bool box bytea char cidr circle inet interval line lseg macaddr macaddr8 path point polygon
record tid tsvector time uuid varbit
"""
_KNOWN = frozenset(_OTHERS.split()) | _TEXT_FORMAT | _INTEGERS | _FLOATS | _TIMES


class ParameterType(Protocol):
    """The type of a parameter or column, as asyncpg describes it."""

    @property
    def oid(self) -> int:
        """Its id in the database."""

    @property
    def name(self) -> str:
        """Its name; that of an array is its items', then `[]`."""

    @property
    def kind(self) -> str:
        """`scalar`, `array`, `composite`, `range` or `multirange`."""


class _Refused(Exception):
    """A value cannot be written as a type; the text is the reason."""


def encode(number: int, value: Any, type_: ParameterType) -> Any:
    """What is sent for a parameter: a text, a list of them for an array, or None.

    Args:
        number: Which parameter, from 0.
        value: None, a boolean, a number, a text, bytes, an `Instant`, or lists and dicts of these.
        type_: What the statement takes there.

    Raises:
        DatabaseError: The value has no form of this type.
    """
    if value is None:
        return None
    try:
        return _encoded(number, value, type_)
    except RecursionError:
        raise DatabaseError(f"failed to encode args[{number}]: it is nested too deeply") from None


def _encoded(number: int, value: Any, type_: ParameterType) -> Any:
    try:
        if type_.kind == "array":
            return _array(value, type_)
        return _scalar(value, type_.name, is_known=_is_known(type_))
    except _Refused as refused:
        raise DatabaseError(
            f"failed to encode args[{number}]: unable to encode {syntax(value)} into "
            f"{_format(type_)} format for {_go_name(type_)} (OID {type_.oid}): {refused}"
        ) from None


def _array(value: Any, type_: ParameterType) -> list[Any]:
    if isinstance(value, str):
        try:
            return read_array(_utf8(value))
        except ValueError:
            raise DatabaseError(
                f'ERROR: malformed array literal: "{value}" (SQLSTATE 22P02)'
            ) from None
    if not isinstance(value, list) or not _is_known(type_):
        raise _Refused(_NO_PLAN)
    name = type_.name.removesuffix("[]")
    try:
        return [None if item is None else _scalar(item, name, is_known=True) for item in value]
    except _Refused:
        first = next(item for item in value if not _is_binary(item, name))
        raise _Refused(f"unable to encode {plain(first)}") from None


def _is_binary(item: Any, name: str) -> bool:
    """Whether pgx writes an item in PostgreSQL's binary format, which it tries first."""
    if item is None or (isinstance(item, str) and name in _TEXT_FORMAT):
        return True
    try:
        _scalar(item, name, is_known=True)
    except _Refused:
        return False
    return not isinstance(item, str)


def _scalar(value: Any, name: str, *, is_known: bool) -> str:
    if isinstance(value, str):
        return _utf8(value)
    if not is_known:
        return _by_value(value)
    if name in ("json", "jsonb"):
        return _json(value)
    for names, write in _WRITERS:
        if name in names:
            return write(value)
    raise _Refused(_NO_PLAN)


def _integer(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Refused(_NO_PLAN)
    if isinstance(value, int):
        return str(int(value))
    if value > _INT64:
        raise _Refused(f"{value:f} is greater than maximum value for int64")
    return str(int(value) if value > -_INT64 else -_INT64)  # so is what is no number, in Go


def _float(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Refused(_NO_PLAN)
    return f"{Decimal(repr(value)):f}" if isinstance(value, float) else str(int(value))


def _boolean(value: Any) -> str:
    if not isinstance(value, bool):
        raise _Refused(_NO_PLAN)
    return "t" if value else "f"


def _time(value: Any) -> str:
    if not isinstance(value, Instant):
        raise _Refused(_NO_PLAN)
    return value.rfc3339()


def _text(value: Any) -> str:
    if not isinstance(value, bytes):
        raise _Refused(_NO_PLAN)
    return _utf8(value.decode(errors="surrogateescape"))


def _bytea(value: Any) -> str:
    if not isinstance(value, bytes):
        raise _Refused(_NO_PLAN)
    return rf"\x{value.hex()}"


_WRITERS: tuple[tuple[frozenset[str], Callable[[Any], str]], ...] = (
    (_INTEGERS, _integer),
    (_FLOATS, _float),
    (_TEXTS, _text),
    (_TIMES, _time),
    (frozenset(("bool",)), _boolean),
    (frozenset(("bytea",)), _bytea),
)


def _by_value(value: Any) -> str:
    """As a type that pgx does not know: what the value itself is, written as text."""
    if isinstance(value, bool):
        return _boolean(value)
    if isinstance(value, Instant):
        return _time(value)
    return _float(value)


def _json(value: Any) -> str:
    if isinstance(value, bytes):
        return _text(value)
    try:
        return gojson.marshal(_json_ready(value))
    except (TypeError, ValueError) as error:
        raise _Refused(str(error)) from None


def _json_ready(value: Any) -> Any:
    if isinstance(value, Foreign):
        raise _Refused(f"json: unsupported type: {value.text}")
    if isinstance(value, Instant):
        return value.rfc3339()
    if isinstance(value, dict):
        return {name: _json_ready(item) for name, item in value.items()}
    return [_json_ready(item) for item in value] if isinstance(value, list) else value


def _utf8(text: str) -> str:
    """A text that PostgreSQL takes; bytes that are no UTF-8 are refused in its words."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        stray = ord(text[error.start]) & 0xFF
        raise DatabaseError(
            f'ERROR: invalid byte sequence for encoding "UTF8": {stray:#04x} (SQLSTATE 22021)'
        ) from None
    return text


def _is_known(type_: ParameterType) -> bool:
    """Whether pgx knows a type by itself."""
    return type_.oid < _FIRST_OWN_OID and type_.name.removesuffix("[]") in _KNOWN


def _format(type_: ParameterType) -> str:
    is_text = not _is_known(type_) or type_.name in _TEXT_FORMAT
    return "text" if is_text else "binary"


def _go_name(type_: ParameterType) -> str:
    if not _is_known(type_):
        return "unknown type"
    return f"_{type_.name.removesuffix('[]')}" if type_.kind == "array" else type_.name

"""Arguments of runtime functions, checked as Nakama's Lua runtime checks them.

A module's language does not matter: a Python None is Lua's nil, a dict or list a table. Lua's
strings are bytes; those that are not UTF-8 are lone surrogates in Python's text (the
`surrogateescape` error handler), in both directions.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import wraps
from typing import Any

from mock_server.runtime.errors import BadArgument, ModuleError
from mock_server.wire import gojson
from mock_server.wire.uuids import parse_uuid

Table = dict[Any, Any] | list[Any]

_INT64 = 1 << 63
_EXIT = "the function called sys.exit, which would end the server"
_STRAY_BYTE = re.compile("[\ud800-\udfff]")
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def without_exit(function: Callable[..., Any]) -> Callable[..., Any]:
    """A module's function, in which `sys.exit` fails the call: it must not end the server."""

    @wraps(function)
    def call(*arguments: Any) -> Any:
        try:
            result = function(*arguments)
        except SystemExit as error:
            raise RuntimeError(_EXIT) from error
        return _awaited(result) if inspect.isawaitable(result) else result

    return call


async def _awaited(result: Awaitable[Any]) -> Any:
    try:
        return await result
    except SystemExit as error:
        raise RuntimeError(_EXIT) from error


class Arguments:
    """The arguments of one call of a runtime function.

    Args:
        function: The function's name, for the error's text.
        values: The arguments in their order; None is absent.
    """

    def __init__(self, function: str, *values: Any) -> None:
        self._function = function
        self._values = values

    def error(self, number: int, expected: str) -> BadArgument:
        """The error for an argument `number` of another type than expected."""
        return BadArgument(number, self._function, expected)

    def text(self, number: int) -> str:
        """A string; a number becomes one, as in Lua."""
        return _checked(self._text(number))

    def filled_text(self, number: int, expected: str) -> str:
        """A string that is not empty."""
        text = self.text(number)
        if not text:
            raise self.error(number, expected)
        return text

    def optional_text(self, number: int, default: str = "") -> str:
        """A string (here a number is none), or the default where it is absent."""
        return default if self._values[number - 1] is None else _checked(self._string(number))

    def data(self, number: int, expected: str) -> bytes:
        """The bytes of a string that is not empty."""
        text = self._text(number)
        if not text:
            raise self.error(number, expected)
        return to_bytes(text)

    def optional_data(self, number: int) -> bytes:
        """The bytes of a string (here a number is none); none where it is absent."""
        return b"" if self._values[number - 1] is None else to_bytes(self._string(number))

    def integer(self, number: int) -> int:
        """A whole number; see `whole`."""
        return whole(self.number(number))

    def number(self, number: int) -> float:
        """A number."""
        value = self._values[number - 1]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        raise self._wrong_type(number, "number")

    def optional_integer(self, number: int, default: int) -> int:
        """A whole number, or the default where it is absent."""
        return default if self._values[number - 1] is None else self.integer(number)

    def flag(self, number: int) -> bool:
        """A boolean."""
        value = self._values[number - 1]
        if isinstance(value, bool):
            return value
        raise self._wrong_type(number, "boolean")

    def optional_flag(self, number: int, *, default: bool = False) -> bool:
        """A boolean, or the default where it is absent."""
        return default if self._values[number - 1] is None else self.flag(number)

    def function(self, number: int) -> Any:
        """A function; see `without_exit`."""
        value = self._values[number - 1]
        if callable(value):
            return without_exit(value)
        raise self._wrong_type(number, "function")

    def table(self, number: int) -> Table:
        """A table, of either kind."""
        value = self._values[number - 1]
        if isinstance(value, dict | list):
            return value
        raise self._wrong_type(number, "table")

    def optional_table(self, number: int) -> Table | None:
        """A table of either kind, or None where it is absent."""
        return None if self._values[number - 1] is None else self.table(number)

    def items(self, number: int) -> list[Any]:
        """A table's values in order; an empty table of either kind is an empty list."""
        return table_values(self.table(number))

    def array(self, number: int) -> list[Any]:
        """The list that a table is; one that has named values only is an empty list."""
        table = self.table(number)
        return table if isinstance(table, list) else []

    def entries(self, number: int, expected: str, *, named: bool = False) -> list[ArgumentTable]:
        """The tables in a list, whose gaps are passed over.

        Args:
            number: Which argument.
            expected: What is said of an item that is no table.
            named: Whether the named values of a table count, too; else it is an empty list.
        """
        values = self.items(number) if named else self.array(number)
        return [
            ArgumentTable(self, number, value, expected) for value in values if value is not None
        ]

    def string_map(self, number: int, what: str) -> dict[str, str]:
        """A table of strings by strings; `what` names it in the error's text."""
        table = self.table(number)
        members = dict(enumerate(table, start=1)) if isinstance(table, list) else table
        if not all(isinstance(key, str) for key in members):
            raise self.error(number, f"{what} keys must be strings")
        if not all(isinstance(value, str) for value in members.values()):
            raise self.error(number, f"{what} values must be strings")
        return dict(members)

    def names(self, number: int, *, expected: str, each: str) -> list[str]:
        """A list of strings that are not empty.

        Args:
            number: Which argument.
            expected: What is said where it is no list; an empty table is none, as in Nakama.
            each: What is said of an item that is no text.
        """
        table = self.table(number)
        if not isinstance(table, list) or not table:
            raise self.error(number, expected)
        if not all(isinstance(item, str) and item for item in table):
            raise self.error(number, each)
        return [_checked(item) for item in table]

    def ids(self, number: int, *, expected: str, each: str = "user") -> list[str]:
        """A list of uuids, in their canonical form.

        Args:
            number: Which argument.
            expected: What is said where it is no list; an empty table is none, as in Nakama.
            each: What they are ids of.
        """
        texts = self.names(number, expected=expected, each=f"each {each} id must be a string")
        ids = [parse_uuid(text) for text in texts]
        if None in ids:
            suffix = "" if each == "notification" else " string"
            raise self.error(number, f"each {each} id must be a valid id{suffix}")
        return [each for each in ids if each]

    def uuid(self, number: int, expected: str, *, absent: str | None = None) -> str:
        """A string that is a uuid, in its canonical form.

        Args:
            number: Which argument.
            expected: What is said where it is none.
            absent: What is said of an empty string; None: the same.
        """
        text = self.text(number)
        value = parse_uuid(text)
        if value is None:
            raise self.error(number, expected if text or absent is None else absent)
        return value

    def _text(self, number: int) -> str:
        value = self._values[number - 1]
        if isinstance(value, int | float) and not isinstance(value, bool):
            return number_text(value)
        return self._string(number)

    def _string(self, number: int) -> str:
        value = self._values[number - 1]
        if isinstance(value, bytes):
            return value.decode(errors="surrogateescape")
        if isinstance(value, str):
            return value
        raise self._wrong_type(number, "string")

    def _wrong_type(self, number: int, expected: str) -> BadArgument:
        got = lua_type(self._values[number - 1])
        return self.error(number, f"{expected} expected, got {got}")


class ArgumentTable:
    """One table inside of an argument that is a list of tables; unknown names are ignored.

    Args:
        given: The arguments.
        number: Which argument holds the list.
        value: The entry.
        expected: What is said where it is no table.
    """

    def __init__(self, given: Arguments, number: int, value: Any, expected: str) -> None:
        self._given = given
        self._number = number
        if not isinstance(value, dict | list):
            raise self.error(expected)
        self._fields = value if isinstance(value, dict) else {}

    def error(self, expected: str) -> BadArgument:
        """The error with what was expected."""
        return self._given.error(self._number, expected)

    def has(self, name: str) -> bool:
        """Tell whether there is a value of this name."""
        return self._fields.get(name) is not None

    def typed(self, name: str, kind: str, expected: str | None = None) -> Any:
        """A value of a Lua type, or None where it is absent."""
        value = self._fields.get(name)
        if value is not None and lua_type(value) != kind:
            raise self.error(expected or f"expects {name} to be {kind}")
        return _checked(value) if isinstance(value, str) else value

    def filled(self, name: str) -> str:
        """A string that is there and not empty."""
        text = self.typed(name, "string")
        if text == "":
            raise self.error(f"expects {name} to be a non-empty string")
        if text is None:
            raise self.error(f"expects {name} to be supplied")
        return str(text)

    def uuid(self, name: str, expected: str | None = None) -> str | None:
        """A uuid in its canonical form, or None where it is absent."""
        text = self.typed(name, "string")
        if text is None:
            return None
        value = parse_uuid(text)
        if value is None:
            raise self.error(expected or f"expects {name} to be a valid ID")
        return value

    def json_object(self, name: str, expected: str | None = None) -> str | None:
        """The JSON text of a table that is to be stored, or None where it is absent."""
        table = self.typed(name, "table", expected)
        return None if table is None else stored_json(table)


def _checked(text: str) -> str:
    """A text to be stored or sent: it must be UTF-8, as in PostgreSQL."""
    if _STRAY_BYTE.search(text):
        raise ModuleError('ERROR: invalid byte sequence for encoding "UTF8" (SQLSTATE 22021)')
    return text


def whole(value: float) -> int:
    """A number as Go's int64: fractions are cut, and what does not fit is the least one."""
    return int(value) if -_INT64 <= value < _INT64 else -_INT64


def table_values(table: Table) -> list[Any]:
    """A table's values in order."""
    return table if isinstance(table, list) else list(table.values())


def object_json(table: Table) -> str:
    """The JSON text of a table of names and values, as Go writes it.

    Nakama drops an array on the floor: it becomes `null`.

    Raises:
        ModuleError: It holds something that JSON does not have.
    """
    if isinstance(table, list):
        return "null" if table else "{}"
    try:
        return gojson.marshal(table)
    except (TypeError, ValueError) as error:
        raise ModuleError(str(error)) from None


def stored_json(table: Table) -> str:
    """As `object_json`, for a column of PostgreSQL, which keeps no NUL characters in JSON.

    Raises:
        ModuleError: There is one, or something that JSON does not have.
    """
    text = object_json(table)
    if _NUL.search(text):
        raise ModuleError("ERROR: unsupported Unicode escape sequence (SQLSTATE 22P05)")
    return text


def lua_type(value: object) -> str:
    """Lua's name for the type of a value."""
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str | bytes):
        return "string"
    if isinstance(value, dict | list):
        return "table"
    return "function" if callable(value) else "userdata"


def number_text(value: float) -> str:
    """A number as Go's `fmt.Sprint` prints it: whole ones as integers, others with few digits."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{value:+f}".title()
    if value == int(value) and abs(value) < 1 << 63:
        return str(int(value))
    value = float(value)
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    power = len(digits) + int(exponent) - 1
    if -4 <= power < 6:
        return f"{Decimal(repr(value)):f}"
    first, *rest = map(str, digits)
    fraction = f".{''.join(rest)}" if rest else ""
    return f"{'-' if sign else ''}{first}{fraction}e{power:+03d}"


def to_bytes(text: str) -> bytes:
    """The bytes of a Lua string."""
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        return text.encode(errors="replace")


def to_text(data: bytes) -> str:
    """The text of a Lua string's bytes."""
    return data.decode(errors="surrogateescape")

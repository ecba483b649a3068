"""Arguments of runtime functions, checked as Nakama's Lua runtime checks them.

A module's language does not matter: a Python None is Lua's nil, a dict or list a table.
"""

from __future__ import annotations

from typing import Any

from mock_server.runtime.errors import BadArgument
from mock_server.wire.uuids import parse_uuid


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
        """The error that says that argument `number` is not what was expected."""
        return BadArgument(number, self._function, expected)

    def text(self, number: int) -> str:
        """A string; a number becomes one, as in Lua."""
        value = self._values[number - 1]
        if isinstance(value, str):
            return value
        if isinstance(value, int | float) and not isinstance(value, bool):
            return number_text(value)
        raise self._wrong_type(number, "string")

    def optional_text(self, number: int, default: str = "") -> str:
        """A string, or the default where it is absent."""
        return default if self._values[number - 1] is None else self.text(number)

    def integer(self, number: int) -> int:
        """A whole number; fractions are cut, number-like text is taken, as in Lua."""
        value = self._values[number - 1]
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                raise self._wrong_type(number, "number") from None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return int(value)
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

    def table(self, number: int) -> dict[Any, Any] | list[Any]:
        """A table, of either kind."""
        value = self._values[number - 1]
        if isinstance(value, dict | list):
            return value
        raise self._wrong_type(number, "table")

    def optional_table(self, number: int) -> dict[Any, Any] | list[Any] | None:
        """A table of either kind, or None where it is absent."""
        return None if self._values[number - 1] is None else self.table(number)

    def items(self, number: int) -> list[Any]:
        """A table's values in order; an empty table of either kind is an empty list."""
        table = self.table(number)
        return table if isinstance(table, list) else list(table.values())

    def uuid(self, number: int, expected: str) -> str:
        """A string that is a uuid, in its canonical form."""
        value = parse_uuid(self.text(number))
        if value is None:
            raise self.error(number, expected)
        return value

    def _wrong_type(self, number: int, expected: str) -> BadArgument:
        got = lua_type(self._values[number - 1])
        return self.error(number, f"{expected} expected, got {got}")


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
    return "table" if isinstance(value, dict | list) else "userdata"


def number_text(value: float) -> str:
    """A number as Lua writes it: without a fraction where it has none."""
    return str(int(value)) if value == int(value) else repr(value)

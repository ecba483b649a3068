"""Values that cross between Lua and Python, converted as Nakama converts them for Go.

Strings are bytes in Lua and text in Python (see `runtime.arguments`). A table with positive whole
numbers below 2²⁶ as keys becomes a list that reaches to the largest one, and its other keys are
dropped; any other table becomes a dict with texts as keys, also an empty one. Whole numbers become
ints. A function in a table becomes a text, as `function: 0x…`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.runtime.arguments import number_text, to_bytes, to_text

_INT64 = 1 << 63
_MAX_ARRAY = 1 << 26  # larger numbers are keys like any other


def to_lua(value: Any) -> Any:
    """Make a value ready for lupa's `table_from`, which makes the tables."""
    if isinstance(value, str):
        return to_bytes(value)
    if isinstance(value, dict):
        return {to_lua(key): to_lua(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [to_lua(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and not -_INT64 <= value < _INT64:
        return float(value)
    return value


class FromLua:
    """Makes Python values of Lua's.

    Args:
        is_table: Tells whether an object that came from Lua is a table.
        maxn: Lua's `table.maxn`.
    """

    def __init__(self, is_table: Callable[[Any], bool], maxn: Callable[[Any], float]) -> None:
        self._is_table = is_table
        self._maxn = maxn

    def convert(self, value: Any) -> Any:
        """Convert a value; functions stay what they are."""
        if isinstance(value, bytes):
            return to_text(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        return self._table(value) if self._is_table(value) else value

    def _table(self, table: Any) -> dict[str, Any] | list[Any]:
        last = self._last_index(table)
        if last > 0:
            return [self._inner(table[index]) for index in range(1, last + 1)]
        return {_key(key): self._inner(item) for key, item in table.items()}

    def _inner(self, value: Any) -> Any:
        converted = self.convert(value)
        return function_text(converted) if callable(converted) else converted

    def _last_index(self, table: Any) -> int:
        last = self._maxn(table)
        if last < _MAX_ARRAY and last == int(last):
            return int(last)
        return max((int(key) for key in table if _is_index(key)), default=0)


def function_text(function: Callable[..., Any]) -> str:
    """A function as Lua shows it."""
    return f"function: {id(function):#x}"


def _is_index(key: Any) -> bool:
    is_number = isinstance(key, int | float) and not isinstance(key, bool)
    return is_number and 0 < key < _MAX_ARRAY and key == int(key)


def _key(key: Any) -> str:
    if isinstance(key, bytes):
        return to_text(key)
    if isinstance(key, bool):
        return "true" if key else "false"
    return number_text(key) if isinstance(key, int | float) else str(key)

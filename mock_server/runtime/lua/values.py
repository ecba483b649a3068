"""Values that cross between Lua and Python, converted as Nakama converts them for Go.

Only plain values cross, in both directions. Strings are bytes in Lua and text in Python (see
`runtime.arguments`). A table with positive whole numbers below 2²⁶ as keys becomes a list that
reaches to the largest one, and its other keys are dropped; any other table becomes a dict with
texts as keys, also an empty one. Whole numbers become ints. A function in a table becomes a text,
as `function: 0x…`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from attrs import frozen

from mock_server.runtime.arguments import number_text, to_bytes, to_text
from mock_server.runtime.context import SharedTable
from mock_server.runtime.errors import ModuleError

T = TypeVar("T")

_SCALARS = (float, int, bool, type(None))

MAX_HOLES = 1_000_000  # of a table that becomes a list
_INT64 = 1 << 63
_MAX_ARRAY = 1 << 26  # larger numbers are keys like any other
_BETWEEN_CHECKS = 2000  # values of tables; they take some milliseconds
_AT_ONCE = 10_000  # values of tables that are made in one step
_TOO_DEEP = "a value is nested too deeply, or in itself"


@frozen
class LuaOpaque:
    """What a value of Lua that is not plain is in Python: nothing but its text.

    Attributes:
        text: As Lua shows it, as `userdata: 0x…`.
    """

    text: str


class ToLua:
    """Makes values of Lua's out of Python's.

    Args:
        table_from: lupa's, which makes a table.
        check: Gives others a turn, and raises a `ModuleError` where the call has used up its time.
    """

    def __init__(self, table_from: Callable[..., Any], check: Callable[[], None]) -> None:
        self._table_from = table_from
        self._check = check
        self._count = 0  # values in the one that is being converted
        self._checked = 0  # of these, at the last check

    def convert(self, value: Any) -> Any:
        """Convert a value.

        Raises:
            TypeError: It is, or has in it, something that Lua has no type for.
            ModuleError: It is nested too deeply, or the call has used up its time.
        """
        if type(value) is str and value.isascii():  # what most functions return
            return value.encode()
        self._count = self._checked = 0
        try:
            if type(value) is SharedTable:
                value.ready = value.ready or self._value(value.table)
                return self._table_from(_traced(value), recursive=True)
            ready = self._value(value)
            if type(ready) is not dict and type(ready) is not list:
                return ready
            if self._count <= _AT_ONCE:
                return self._table_from(ready, recursive=True)
            return self._table(ready)
        except RecursionError:
            raise ModuleError(_TOO_DEEP) from None

    def _value(self, value: Any) -> Any:
        """The value as `table_from` takes it."""
        kind = type(value)  # most values are of just these types
        if kind is str:
            return value.encode() if value.isascii() else to_bytes(value)
        if kind is dict:
            # Without a call for each text: users and the like go this way in most calls.
            return {
                key.encode() if type(key) is str and key.isascii() else self._value(key): (
                    item.encode() if type(item) is str and item.isascii() else self._value(item)
                )
                for key, item in self._counted(value.items())
                if item is not None
            }
        if kind is list:
            return [self._value(item) for item in self._counted(value)]
        if value is None or kind is bool or kind is float:
            return value
        return self._unusual(value)

    def _unusual(self, value: Any) -> Any:
        if isinstance(value, int):
            return int(value) if -_INT64 <= value < _INT64 else float(value)
        if isinstance(value, float):
            return float(value)
        if isinstance(value, str):
            return to_bytes(value)
        if isinstance(value, bytes):
            return bytes(value)
        if isinstance(value, Mapping):
            return self._value(dict(value))
        if isinstance(value, list | tuple):
            return self._value(list(value))
        if isinstance(value, LuaOpaque):
            return to_bytes(value.text)
        if callable(value):  # a function of Lua comes back, maybe to another state
            return to_bytes(function_text(value))
        raise TypeError(f"a value of the type {type(value).__name__} can't be given to Lua")

    def _table(self, ready: Any) -> Any:
        """Make a table piece by piece: `table_from` is one step of the loop, however long."""
        table = self._table_from(())
        keys = ready if isinstance(ready, dict) else range(1, len(ready) + 1)
        items = ready.values() if isinstance(ready, dict) else ready
        for key, item in zip(self._counted(keys), items, strict=True):
            table[key] = self._table(item) if isinstance(item, dict | list) else item
        return table

    def _counted(self, items: Collection[T]) -> Iterable[T]:
        """The items of a container, with a check after every few thousand items of all."""
        count = len(items)
        self._count += count
        if count > _BETWEEN_CHECKS:
            return self._checked_items(items)
        if self._count - self._checked > _BETWEEN_CHECKS:
            self._checked = self._count
            self._check()
        return items

    def _checked_items(self, items: Iterable[T]) -> Iterator[T]:
        for index, item in enumerate(items):
            if index % _BETWEEN_CHECKS == 0:
                self._check()
            yield item


class FromLua:
    """Makes Python values of Lua's.

    Args:
        type_of: Lua's name for the type of an object that came from Lua; None for other objects.
        maxn: Lua's `table.maxn`.
        check: Gives others a turn, and raises a `ModuleError` where the call has used up its time.

    Attributes:
        count: How many values of tables there have been; whoever looks at it sets it back.
    """

    def __init__(
        self,
        type_of: Callable[[Any], str | None],
        maxn: Callable[[Any], float],
        check: Callable[[], None],
    ) -> None:
        self._type_of = type_of
        self._maxn = maxn
        self._check = check
        self.count = 0

    def convert(self, value: Any) -> Any:
        """Convert a value; one that is not plain becomes `LuaOpaque`.

        Raises:
            ModuleError: It is a table that is nested too deeply or has too many holes, or the
                call has used up its time.
        """
        kind = type(value)
        if kind is bytes:
            return to_text(value)
        if kind in _SCALARS:
            return value
        if self._type_of(value) != "table":
            return LuaOpaque(self._text_of(value))
        try:
            return self._table(value)
        except RecursionError:
            raise ModuleError(_TOO_DEEP) from None

    def is_function(self, value: Any) -> bool:
        """Tell whether a value from Lua is a function."""
        return self._type_of(value) == "function"

    def _value(self, value: Any) -> Any:
        """A value in a table; what is not plain becomes its text."""
        kind = type(value)
        if kind is bytes:
            return value.decode("utf-8", "surrogateescape")
        if kind in _SCALARS:
            return value
        return self._table(value) if self._type_of(value) == "table" else self._text_of(value)

    def _text_of(self, value: Any) -> str:
        return f"{self._type_of(value) or 'userdata'}: {id(value):#x}"

    def _table(self, table: Any) -> dict[str, Any] | list[Any]:
        found: dict[str, Any] = {}
        has_numbers = False
        for count, (key, item) in enumerate(table.items(), start=1):
            if type(key) is bytes:
                name = key.decode("utf-8", "surrogateescape")
            else:
                if not has_numbers:
                    last = self._last_index(table)
                    if last > 0:
                        return self._list(table, last)
                    has_numbers = True  # but none of them makes it a list
                name = self._key(key)
            if count % _BETWEEN_CHECKS == 0:
                self._check()
            found[name] = self._value(item)
        self._add(len(found))
        return found

    def _list(self, table: Any, last: int) -> list[Any]:
        if last > MAX_HOLES:
            count = sum(1 for _ in table)
            if last - count > MAX_HOLES:
                raise ModuleError(
                    f"a table with a value at {last} and {count} values in all has too many holes "
                    f"to become a list: at most {MAX_HOLES}"
                )
        found = []
        for index in range(1, last + 1):
            if index % _BETWEEN_CHECKS == 0:
                self._check()
            found.append(self._value(table[index]))
        self._add(last)
        return found

    def _add(self, count: int) -> None:
        """Count the values of a table that has been converted."""
        before, self.count = self.count, self.count + count
        if before // _BETWEEN_CHECKS != self.count // _BETWEEN_CHECKS:
            self._check()

    def _key(self, key: Any) -> str:
        if isinstance(key, bool):
            return "true" if key else "false"
        return number_text(key) if isinstance(key, int | float) else str(self._value(key))

    def _last_index(self, table: Any) -> int:
        last = self._maxn(table)
        if last < _MAX_ARRAY and last == int(last):
            return int(last)
        return max((int(key) for key in table if _is_index(key)), default=0)


def _traced(shared: SharedTable) -> Any:
    """A shared table that is ready for one more call."""
    if not shared.has_trace_id:
        return shared.ready
    return {**shared.ready, b"trace_id": str(uuid.uuid4()).encode()}


def function_text(function: Callable[..., Any]) -> str:
    """A function as Lua shows it."""
    return f"function: {id(function):#x}"


def _is_index(key: Any) -> bool:
    is_number = isinstance(key, int | float) and not isinstance(key, bool)
    return is_number and 0 < key < _MAX_ARRAY and key == int(key)

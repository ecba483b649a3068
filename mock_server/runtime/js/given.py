"""Arguments of runtime functions, checked as Nakama's JavaScript runtime checks them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from mock_server.runtime.js.errors import ScriptGoError, ScriptTypeError
from mock_server.runtime.js.values import UNDEFINED, JsOpaque, plain
from mock_server.wire.uuids import parse_uuid

_Checked = TypeVar("_Checked")
Object = dict[str, Any]

STRING_MAP = "expects object with string keys and values"


def is_absent(value: Any) -> bool:
    """Tell whether a value is undefined or null."""
    return value is None or value is UNDEFINED


def is_integer(value: Any) -> bool:
    """Tell whether a value is a whole number, as goja's int64."""
    return isinstance(value, int) and not isinstance(value, bool)


class Given:
    """The arguments of one call; numbers count from 0, and what is missing is undefined.

    Args:
        values: The arguments in their order.
    """

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = values

    def value(self, number: int) -> Any:
        """An argument as it is."""
        return self._values[number] if number < len(self._values) else UNDEFINED

    def has(self, number: int) -> bool:
        """Tell whether an argument is neither undefined nor null."""
        return not is_absent(self.value(number))

    def text(self, number: int, expected: str = "expects string") -> str:
        """A string."""
        value = self.value(number)
        if not isinstance(value, str):
            raise ScriptTypeError(expected)
        return value

    def filled(self, number: int, empty: str, expected: str = "expects string") -> str:
        """A string that is not empty; `empty` is what is said of one that is."""
        text = self.text(number, expected)
        if not text:
            raise ScriptTypeError(empty)
        return text

    def integer(self, number: int, expected: str = "expects number") -> int:
        """A whole number."""
        value = self.value(number)
        if not is_integer(value):
            raise ScriptTypeError(expected)
        return int(value)

    def number(self, number: int) -> float:
        """A number, whole or not."""
        value = self.value(number)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ScriptTypeError("expects number")
        return value

    def flag(self, number: int) -> bool:
        """A boolean."""
        value = self.value(number)
        if not isinstance(value, bool):
            raise ScriptTypeError("expects boolean")
        return value

    def buffer(self, number: int, expected: str = "expects a ArrayBuffer object") -> bytes:
        """An ArrayBuffer."""
        value = self.value(number)
        if not isinstance(value, bytes):
            raise ScriptTypeError(expected)
        return value

    def optional(
        self, number: int, check: Callable[[int], _Checked], default: _Checked
    ) -> _Checked:
        """What `check` makes of an argument, or the default where it is undefined or null."""
        return check(number) if self.has(number) else default

    def defined(self, number: int, check: Callable[[int], _Checked], default: _Checked) -> _Checked:
        """What `check` makes of an argument, or the default where it is undefined (not null)."""
        return default if self.value(number) is UNDEFINED else check(number)

    def string_map(self, number: int, expected: str = STRING_MAP) -> dict[str, str]:
        """An object of strings."""
        members = self.object(number, expected)
        if not all(isinstance(value, str) for value in members.values()):
            raise ScriptTypeError("expects string")
        return members

    def uuid(self, number: int, expected: str, absent: str | None = None) -> str:
        """A string that is a uuid; `absent` is what is said of an empty one."""
        text = self.text(number)
        if not text and absent is not None:
            raise ScriptTypeError(absent)
        value = parse_uuid(text)
        if value is None:
            raise ScriptTypeError(expected)
        return value

    def object(self, number: int, expected: str = "expects object") -> Object:
        """An object that is none of JavaScript's own kinds."""
        value = self.value(number)
        if not isinstance(value, dict):
            raise ScriptTypeError(expected)
        return value

    def array(self, number: int, expected: str) -> list[Any]:
        """An array."""
        value = self.value(number)
        if not isinstance(value, list):
            raise ScriptTypeError(expected)
        return value

    def objects(self, number: int, expected: str, each: str | None = None) -> list[Object]:
        """An array of objects; `each` is what is said of an item that is none."""
        values = self.array(number, expected)
        if not all(isinstance(value, dict) for value in values):
            raise ScriptTypeError(each or expected)
        return values

    def strings(self, number: int, expected: str) -> list[str]:
        """An array of strings."""
        values = self.array(number, expected)
        if not all(isinstance(value, str) for value in values):
            raise ScriptTypeError(expected)
        return values


class Fields:
    """The members of an object that is an argument; unknown names are ignored.

    A member that is null or undefined is there, and is of no kind; Nakama refuses it.

    Args:
        value: The object.
    """

    def __init__(self, value: Object) -> None:
        self._value = value

    def get(self, name: str) -> Any:
        """A member as it is; None where it is absent."""
        value = self._value.get(name)
        return None if value is UNDEFINED else value

    def has(self, name: str) -> bool:
        """Tell whether there is a member of this name, be it null or undefined."""
        return name in self._value

    def text(self, name: str, expected: str = "a string") -> str | None:
        """A string; None where it is absent, as of the other kinds."""
        if not self.has(name):
            return None
        value = self.get(name)
        if not isinstance(value, str):
            raise self.error(name, expected)
        return value

    def uuid(self, name: str, expected: str = "a valid id") -> str | None:
        """A string that is a uuid, in its canonical form."""
        text = self.text(name)
        if text is None:
            return None
        value = parse_uuid(text)
        if value is None:
            raise self.error(name, expected)
        return value

    def integer(self, name: str, expected: str = "a number") -> int | None:
        """A whole number."""
        if not self.has(name):
            return None
        value = self.get(name)
        if not is_integer(value):
            raise self.error(name, expected)
        return int(value)

    def flag(self, name: str, expected: str = "a boolean") -> bool | None:
        """A boolean."""
        if not self.has(name):
            return None
        value = self.get(name)
        if not isinstance(value, bool):
            raise self.error(name, expected)
        return value

    def object(self, name: str, expected: str = "an object") -> Object | None:
        """An object."""
        if not self.has(name):
            return None
        value = self.get(name)
        if not isinstance(value, dict):
            raise self.error(name, expected)
        return value

    def without_null(self, *names: str) -> Fields:
        """The members but those of these names that are null or undefined."""
        dropped = {name for name in names if self.get(name) is None}
        return Fields({name: self._value[name] for name in self._value if name not in dropped})

    def error(self, name: str, expected: str) -> ScriptTypeError:
        """The error that says what a member has to be."""
        return ScriptTypeError(f"expects '{name}' value to be {expected}")


def json_of(
    value: Any,
    failed: str = "failed to convert metadata: {}",
    kind: type[ScriptGoError | ScriptTypeError] = ScriptGoError,
) -> Any:
    """A value that becomes JSON, as Go writes it.

    Args:
        value: As it came from JavaScript.
        failed: What is said where it can't; `{}` stands for Go's text.
        kind: The kind of error.

    Raises:
        ScriptGoError: There is something that JSON does not have.
        ScriptTypeError: The same, of that kind.
    """
    try:
        return _finite(plain(value))
    except TypeError as error:
        raise kind(failed.format(error)) from None


def snake(name: str) -> str:
    """A name of JavaScript in Nakama's own spelling: `userId` becomes `user_id`."""
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def camel(name: str) -> str:
    """The other way."""
    return re.sub("_([a-z0-9])", lambda found: found[1].upper(), name)


def camel_keys(value: Any, opaque: frozenset[str] = frozenset()) -> Any:
    """A result with JavaScript's names; what `opaque` members hold stays as it is."""
    if isinstance(value, dict):
        return {
            camel(name): item if name in opaque else camel_keys(item, opaque)
            for name, item in value.items()
        }
    return [camel_keys(item, opaque) for item in value] if isinstance(value, list) else value


def is_function(value: Any) -> bool:
    """Tell whether a value is a function."""
    return isinstance(value, JsOpaque) and value.kind == "function"


def _finite(value: Any) -> Any:
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        names = {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}
        raise TypeError(f"json: unsupported value: {names[str(value)]}")
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list) else value

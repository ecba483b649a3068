"""Go's encoding/json scanner: where a JSON value ends, or the words in which Go refuses it."""

from __future__ import annotations

import re

from mock_server.wire.errors import DecodeError
from mock_server.wire.strconv import escape_char

_MAX_DEPTH = 10_000
_SPACES = re.compile(rb"[ \t\r\n]*")
_STRING_RUN = re.compile(rb'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*')
_HEX_RUN = re.compile(rb"[0-9a-fA-F]*")
_DIGITS = re.compile(rb"[0-9]*")
_LITERALS = {ord("t"): b"true", ord("f"): b"false", ord("n"): b"null"}
_OBJECT, _ARRAY = ord("{"), ord("[")


class SyntaxFailure(DecodeError):
    """The input is no JSON; the text is that of Go's `json.SyntaxError`.

    Attributes:
        truncated: The input ended inside of the value.
    """

    def __init__(self, message: str, *, truncated: bool) -> None:
        super().__init__(message)
        self.truncated = truncated


def first_value(data: bytes) -> bytes | None:
    """The first JSON value as Go's `json.Decoder` cuts it out; what follows is not looked at.

    Returns:
        The value without the white space around it; None when there is nothing but white space.

    Raises:
        DecodeError: The value is malformed, or cut off (`unexpected EOF`).
    """
    start = _skip_spaces(data, 0)
    if start == len(data):
        return None
    try:
        return data[start : _Scanner(data).value_end(start)]
    except SyntaxFailure as failure:
        raise DecodeError("unexpected EOF") if failure.truncated else failure from None


def check_valid(data: bytes) -> None:
    """Check that the whole input is one JSON value, as Go's `json.Unmarshal` does first.

    Raises:
        SyntaxFailure: It is not.
    """
    scanner = _Scanner(data)
    end = _skip_spaces(data, scanner.value_end(_skip_spaces(data, 0)))
    if end < len(data):
        raise scanner.refusal(end, "after top-level value")


def is_valid(data: bytes) -> bool:
    """Whether the whole input is one JSON value (Go's `json.Valid`)."""
    try:
        check_valid(data)
    except SyntaxFailure:
        return False
    return True


def _skip_spaces(data: bytes, at: int) -> int:
    match = _SPACES.match(data, at)
    return match.end() if match else at


class _Scanner:
    """One pass over the input. Go feeds its scanner a blank when the input ends, so do we."""

    def __init__(self, data: bytes) -> None:
        self._length = len(data)
        self._data = data + b" "

    def value_end(self, start: int) -> int:
        """The index after the value that starts at `start`."""
        open_: list[int] = []
        at, value_follows = self._begin_value(start, open_)
        while value_follows or open_:
            step = self._begin_value if value_follows else self._after_value
            at, value_follows = step(at, open_)
        return at

    def refusal(self, at: int, context: str) -> SyntaxFailure:
        """The error about the byte at `at`, in the place that `context` names."""
        if at > self._length:
            return SyntaxFailure("unexpected end of JSON input", truncated=True)
        shown = _quote_byte(self._data[at])
        text = f"invalid character {shown} {context}"
        return SyntaxFailure(text, truncated=at == self._length)

    def _byte(self, at: int) -> int:
        if at > self._length:
            raise self.refusal(at, "")
        return self._data[at]

    def _skip(self, at: int) -> int:
        return _skip_spaces(self._data, at)

    def _begin_value(self, at: int, open_: list[int]) -> tuple[int, bool]:
        """Step over a scalar or into a bracket; tells whether a value has to follow."""
        at = self._skip(at)
        first = self._byte(at)
        if first in (_OBJECT, _ARRAY):
            return self._enter(at, first, open_)
        if first == ord('"'):
            return self._string_end(at), False
        if first == ord("-") or ord("0") <= first <= ord("9"):
            return self._number_end(at), False
        if literal := _LITERALS.get(first):
            return self._literal_end(at, literal), False
        raise self.refusal(at, "looking for beginning of value")

    def _enter(self, at: int, bracket: int, open_: list[int]) -> tuple[int, bool]:
        if len(open_) == _MAX_DEPTH:
            raise self.refusal(at, "exceeded max depth")
        inside = self._skip(at + 1)
        closing = ord("}") if bracket == _OBJECT else ord("]")
        if self._byte(inside) == closing:
            return inside + 1, False
        open_.append(bracket)
        return (self._key_end(inside) if bracket == _OBJECT else inside), True

    def _key_end(self, at: int) -> int:
        at = self._skip(at)
        if self._byte(at) != ord('"'):
            raise self.refusal(at, "looking for beginning of object key string")
        at = self._skip(self._string_end(at))
        if self._byte(at) != ord(":"):
            raise self.refusal(at, "after object key")
        return at + 1

    def _after_value(self, at: int, open_: list[int]) -> tuple[int, bool]:
        """Step over the comma to the next value, or over the closing bracket."""
        at = self._skip(at)
        mark = self._byte(at)
        in_object = open_[-1] == _OBJECT
        if mark == ord(","):
            return (self._key_end(at + 1) if in_object else at + 1), True
        if mark != ord("}" if in_object else "]"):
            raise self.refusal(
                at, f"after {'object key:value pair' if in_object else 'array element'}"
            )
        open_.pop()
        return at + 1, False

    def _string_end(self, at: int) -> int:
        run = _STRING_RUN.match(self._data, at + 1)
        at = run.end() if run else at + 1
        stopped_by = self._byte(at)
        if stopped_by == ord('"'):
            return at + 1
        if stopped_by != ord("\\"):
            raise self.refusal(at, "in string literal")
        if self._byte(at + 1) != ord("u"):
            raise self.refusal(at + 1, "in string escape code")
        digits = _HEX_RUN.match(self._data, at + 2)
        raise self.refusal(
            digits.end() if digits else at + 2, r"in \u hexadecimal character escape"
        )

    def _number_end(self, at: int) -> int:
        if self._data[at] == ord("-"):
            at += 1
            if not self._is_digit(at):
                raise self.refusal(at, "in numeric literal")
        at = at + 1 if self._data[at] == ord("0") else self._digits_end(at)
        if self._data[at] == ord("."):
            at += 1
            if not self._is_digit(at):
                raise self.refusal(at, "after decimal point in numeric literal")
            at = self._digits_end(at)
        if self._data[at] in b"eE":
            at += 1
            if self._byte(at) in b"+-":
                at += 1
            if not self._is_digit(at):
                raise self.refusal(at, "in exponent of numeric literal")
            at = self._digits_end(at)
        return at

    def _is_digit(self, at: int) -> bool:
        return ord("0") <= self._byte(at) <= ord("9")

    def _digits_end(self, at: int) -> int:
        match = _DIGITS.match(self._data, at)
        return match.end() if match else at

    def _literal_end(self, at: int, literal: bytes) -> int:
        for offset, expected in enumerate(literal):
            if self._byte(at + offset) != expected:
                name, char = literal.decode(), chr(expected)
                raise self.refusal(at + offset, f"in literal {name} (expecting '{char}')")
        return at + len(literal)


def _quote_byte(byte: int) -> str:
    char = chr(byte)
    return r"'\''" if char == "'" else f"'{escape_char(char)}'"

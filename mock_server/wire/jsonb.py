"""The text form of PostgreSQL's `jsonb`, in which the server hands back stored JSON.

https://www.postgresql.org/docs/current/datatype-json.html
"""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring
from typing import NoReturn

from attrs import define, field

from mock_server.wire.scanner import is_valid

_MAX_WHOLE_DIGITS = 131_072
_MAX_FRACTION_DIGITS = 16_383
_LARGEST_EXPONENT = (1 << 31) // 2
_ESCAPES = re.compile(
    r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<unstorable>u0000|u[dD][89a-fA-F]..)|.)", re.DOTALL
)
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|[^\s,:{}\[\]"]+', re.DOTALL)
_LITERALS = frozenset(("null", "true", "false"))
_MAX_DEPTH = 6000  # about where PostgreSQL's default max_stack_depth ends
_SYNTAX = "invalid input syntax for type json"
_JSON = json.JSONDecoder()
_NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([-+]?[0-9]+))?")


class JsonbError(ValueError):
    """Text that PostgreSQL does not take as `jsonb`; the message is PostgreSQL's.

    Args:
        message: What is wrong.
        state: PostgreSQL's code for it.
    """

    def __init__(self, message: str, state: str = "22P02") -> None:
        super().__init__(f"ERROR: {message} (SQLSTATE {state})")


def jsonb_text(text: str) -> str:
    """What comes back after JSON text went through a `jsonb` column.

    Keys are ordered by length, then by their bytes; the last of equal keys stays; numbers keep
    their digits but lose their exponents.

    Raises:
        JsonbError: PostgreSQL refuses the text: no JSON, a NUL character, half of a surrogate
            pair, a number out of range, or too deep a nesting.
    """
    try:
        _CHECKING.decode(text)
    except RecursionError:
        if not is_valid(text.encode(errors="surrogatepass")):
            raise JsonbError(_SYNTAX) from None
    except ValueError:
        raise JsonbError(_SYNTAX) from None
    _check_escapes(text)
    open_ = [_Container(is_object=False)]
    for token in _TOKENS.findall(text):
        if token in ("{", "["):
            if len(open_) > _MAX_DEPTH:
                raise JsonbError("stack depth limit exceeded", "54001")
            open_.append(_Container(is_object=token == "{"))
        elif token in ("}", "]"):
            closed = open_.pop().text()
            open_[-1].add(closed)
        elif token.startswith('"'):
            open_[-1].add_string(_JSON.decode(token))
        else:
            open_[-1].add(token if token in _LITERALS else _numeric(token))
    (stored,) = open_[0].items
    return stored


@define
class _Container:
    """An object or array that is read, with the texts of what it holds so far."""

    is_object: bool
    items: list[str] = field(factory=list)
    members: dict[str, str] = field(factory=dict)
    key: str | None = None

    def add(self, item: str) -> None:
        if self.key is None:
            self.items.append(item)
        else:
            self.members[self.key] = item
            self.key = None

    def add_string(self, value: str) -> None:
        if self.is_object and self.key is None:
            self.key = value
        else:
            self.add(encode_basestring(value))

    def text(self) -> str:
        if not self.is_object:
            return f"[{', '.join(self.items)}]"
        encoded = {key: key.encode() for key in self.members}
        keys = sorted(self.members, key=lambda key: (len(encoded[key]), encoded[key]))
        return f"{{{', '.join(f'{encode_basestring(key)}: {self.members[key]}' for key in keys)}}}"


def _check_escapes(text: str) -> None:
    """Refuse what no PostgreSQL text can hold, also in members that a later one replaces."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise JsonbError('invalid byte sequence for encoding "UTF8"', "22021") from None
    for escape in _ESCAPES.finditer(text):
        if escape["unstorable"]:
            if escape["unstorable"] == "u0000":
                raise JsonbError("unsupported Unicode escape sequence", "22P05")
            raise JsonbError(_SYNTAX)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f'Token "{name}" is invalid.')


_CHECKING = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_no_constant)


def _numeric(text: str) -> str:
    match = _NUMBER.fullmatch(text)
    if not match:
        raise JsonbError(f'invalid input syntax for type numeric: "{text}"')
    sign, whole, fraction, exponent_text = match.groups(default="")
    exponent = int(exponent_text or "0")
    if abs(exponent) >= _LARGEST_EXPONENT:
        raise JsonbError(f'invalid input syntax for type numeric: "{text}"')
    digits, point = whole + fraction, len(whole) + exponent
    scale = max(0, len(fraction) - exponent)
    if not digits.strip("0"):
        sign, digits, point = "", "", 0
    leading = len(digits) - len(digits.lstrip("0"))
    if point - leading > _MAX_WHOLE_DIGITS or scale > _MAX_FRACTION_DIGITS:
        raise JsonbError("value overflows numeric format", "22003")
    return sign + _decimal(digits, point, scale)


def _decimal(digits: str, point: int, scale: int) -> str:
    """`0.digits` times ten to the power of `point`, with `scale` digits behind the point."""
    padded = digits.rjust(len(digits) - min(point, 0), "0").ljust(max(point, 0), "0")
    point = max(point, 0)
    whole = padded[:point].lstrip("0") or "0"
    fraction = padded[point:].ljust(scale, "0")[:scale]
    return f"{whole}.{fraction}" if scale else whole

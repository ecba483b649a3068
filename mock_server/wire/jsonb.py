"""The text form of PostgreSQL's `jsonb`, in which the server hands back stored JSON.

https://www.postgresql.org/docs/current/datatype-json.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from json.encoder import encode_basestring
from typing import Any, NoReturn

_MAX_WHOLE_DIGITS = 131_072
_MAX_FRACTION_DIGITS = 16_383
_LARGEST_EXPONENT = (1 << 31) // 2
_ESCAPES = re.compile(
    r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<unstorable>u0000|u[dD][89a-fA-F]..)|.)", re.DOTALL
)
_NUMBER = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([-+]?[0-9]+))?")


class _Numeric(str):
    """A number, in the digits in which PostgreSQL prints it."""

    __slots__ = ()


def jsonb_text(text: str) -> str:
    """What comes back after JSON text went through a `jsonb` column.

    Keys are ordered by length, then by their bytes; the last of equal keys stays; numbers keep
    their digits but lose their exponents.

    Raises:
        ValueError: PostgreSQL refuses the text: no JSON, a NUL character, half of a surrogate
            pair, or a number out of range.
    """
    try:
        value = json.loads(
            text, parse_int=_numeric, parse_float=_numeric, parse_constant=_no_constant
        )
        _check_escapes(text)
        return _text_of(value)
    except RecursionError:
        raise ValueError("stack depth limit exceeded") from None


def _check_escapes(text: str) -> None:
    """Refuse what no PostgreSQL text can hold, also in members that a later one replaces."""
    text.encode()  # a UnicodeEncodeError is a ValueError
    if any(escape["unstorable"] for escape in _ESCAPES.finditer(text)):
        raise ValueError("unsupported Unicode escape sequence")


def _text_of(value: Any) -> str:
    if isinstance(value, _Numeric):
        return str(value)
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, dict):
        return f"{{{', '.join(_members(value))}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_text_of, value))}]"
    return {None: "null", True: "true", False: "false"}[value]


def _members(value: dict[str, Any]) -> Iterator[str]:
    encoded = {key: key.encode() for key in value}
    for key in sorted(value, key=lambda key: (len(encoded[key]), encoded[key])):
        yield f"{encode_basestring(key)}: {_text_of(value[key])}"


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f'Token "{name}" is invalid.')


def _numeric(text: str) -> _Numeric:
    parts = _NUMBER.fullmatch(text)
    if not parts:
        raise ValueError(f'invalid input syntax for type numeric: "{text}"')
    sign, whole, fraction, exponent_text = parts.groups(default="")
    exponent = int(exponent_text or "0")
    if abs(exponent) >= _LARGEST_EXPONENT:
        raise ValueError(f'invalid input syntax for type numeric: "{text}"')
    digits, point = whole + fraction, len(whole) + exponent
    scale = max(0, len(fraction) - exponent)
    if not digits.strip("0"):
        sign, digits, point = "", "", 0
    leading = len(digits) - len(digits.lstrip("0"))
    if point - leading > _MAX_WHOLE_DIGITS or scale > _MAX_FRACTION_DIGITS:
        raise ValueError("value overflows numeric format")
    return _Numeric(sign + _decimal(digits, point, scale))


def _decimal(digits: str, point: int, scale: int) -> str:
    """`0.digits` times ten to the power of `point`, with `scale` digits behind the point."""
    padded = digits.rjust(len(digits) - min(point, 0), "0").ljust(max(point, 0), "0")
    point = max(point, 0)
    whole = padded[:point].lstrip("0") or "0"
    fraction = padded[point:].ljust(scale, "0")[:scale]
    return f"{whole}.{fraction}" if scale else whole

"""Scalars in JSON: what protojson takes for a number, a flag, a text, bytes."""

from __future__ import annotations

import base64
import binascii
import math
import re
from typing import Any

from mock_server.wire.errors import DecodeError
from mock_server.wire.schema import Scalar
from mock_server.wire.strconv import parse_int
from mock_server.wire.tokens import Token, TokenKind, number_token

INTEGER_RANGES = {
    "int32": (-(1 << 31), (1 << 31) - 1),
    "int64": (-(1 << 63), (1 << 63) - 1),
    "uint32": (0, (1 << 32) - 1),
    "enum": (-(1 << 31), (1 << 31) - 1),
}
"""The smallest and the largest value of each type of integer."""

_MAX_INTEGER_DIGITS = 20
_NAMED_DOUBLES = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_URL_ALPHABET = re.compile("[-_]")
_LINE_ENDS = re.compile("[\r\n]")
_BASE64 = re.compile("[A-Za-z0-9+/]*={0,2}")
_NUMBER_PARTS = re.compile(r"(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d*))?")
_GO_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
_GO_SPACES += "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


class NoValue(Exception):
    """The token does not fit the type of its field."""


def read_scalar(kind: Scalar, token: Token) -> Any:
    """The value of a token.

    Raises:
        NoValue: It does not fit.
    """
    if kind.name == "string" and token.kind is TokenKind.STRING:
        return token.value
    if kind.name == "bool" and token.kind is TokenKind.BOOL:
        return token.value
    if kind.name in INTEGER_RANGES:
        return read_integer(_number_text(token), *INTEGER_RANGES[kind.name])
    if kind.name == "double":
        return _double(token)
    if kind.name == "bytes" and token.kind is TokenKind.STRING:
        return read_bytes(token.value)
    raise NoValue


def _double(token: Token) -> float:
    if token.kind is TokenKind.STRING and token.value in _NAMED_DOUBLES:
        return _NAMED_DOUBLES[token.value]
    try:
        value = float(_number_text(token))
    except ValueError:  # an exponent without digits is a token, but no number
        raise NoValue from None
    if math.isinf(value):
        raise NoValue
    return value


def read_bytes(text: str) -> bytes:
    """Base64 in either alphabet, with all of its padding or without, as Go decodes it.

    Raises:
        NoValue: It is none.
    """
    if _URL_ALPHABET.search(text):
        if "+" in text or "/" in text:
            raise NoValue
        text = text.replace("-", "+").replace("_", "/")
    is_padded = len(text) % 4 == 0
    text = _LINE_ENDS.sub("", text)
    if not is_padded:
        if "=" in text:
            raise NoValue
        text += "=" * (-len(text) % 4)
    if not _BASE64.fullmatch(text):
        raise NoValue
    try:
        return base64.b64decode(text)
    except binascii.Error:
        raise NoValue from None


def _number_text(token: Token) -> str:
    """The number of a number token, or of a string that begins with one."""
    if token.kind is TokenKind.NUMBER:
        return token.raw
    if token.kind is TokenKind.STRING and token.value.strip(_GO_SPACES) == token.value:
        number = number_token(token.value)
        if number is not None:
            return number
    raise NoValue


def read_integer(text: str, smallest: int, largest: int) -> int:
    """A whole number, also one that is written with a point or an exponent.

    Raises:
        NoValue: It is none, or out of range.
    """
    match = _NUMBER_PARTS.fullmatch(text)
    if not match:
        raise NoValue
    sign, whole, fraction, exponent = match.groups(default="")
    digits = _integer_digits(whole.lstrip("0"), fraction.rstrip("0"), exponent)
    value = int(sign + (digits or "0"))
    if not smallest <= value <= largest:
        raise NoValue
    return value


def _integer_digits(whole: str, fraction: str, exponent: str) -> str:
    """The digits of a number that is written with an exponent but whole; "" for zero."""
    if not whole and not fraction:
        return ""
    try:
        shift = parse_int(exponent or "0", 32)
    except DecodeError:
        raise NoValue from None
    if shift >= 0:
        if len(fraction) > shift or len(whole) + shift > _MAX_INTEGER_DIGITS:
            raise NoValue
        return (whole + fraction.ljust(shift, "0")).lstrip("0")
    kept = len(whole) + shift
    if fraction or kept < 0 or whole[kept:].strip("0"):
        raise NoValue
    return whole[:kept]

"""Go's strconv as it shows on the wire: quoting, number parsing with its errors, float texts."""

from __future__ import annotations

import math
import re
import unicodedata

from mock_server.wire.errors import DecodeError

_NAMED_ESCAPES = {
    "\a": r"\a",
    "\b": r"\b",
    "\f": r"\f",
    "\n": r"\n",
    "\r": r"\r",
    "\t": r"\t",
    "\v": r"\v",
    "\\": r"\\",
}
_FLOAT = re.compile(r"(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_HEX_FLOAT = re.compile(r"0[xX]([\da-fA-F]+\.?[\da-fA-F]*|\.[\da-fA-F]+)[pP][+-]?\d+", re.ASCII)
_DIGIT_SEPARATOR = re.compile(r"(?<=[\da-fA-F])_(?=[\da-fA-F])|(?<=0[xX])_(?=[\da-fA-F])")
_STRAY_BYTES = re.compile("[\udc80-\udcff]")
_TRUE = frozenset(("1", "t", "T", "TRUE", "true", "True"))
_FALSE = frozenset(("0", "f", "F", "FALSE", "false", "False"))


def utf8_text(data: bytes) -> str:
    """Decode as Go does: each byte that is no UTF-8 becomes one replacement character."""
    return without_stray_bytes(data.decode(errors="surrogateescape"))


def without_stray_bytes(text: str) -> str:
    """Replace what a surrogate escape stands for, a byte that is no UTF-8, as `utf8_text` does."""
    return text if text.isascii() else _STRAY_BYTES.sub("\N{REPLACEMENT CHARACTER}", text)


def has_stray_bytes(text: str) -> bool:
    """Whether surrogate escapes are in it, which stand for bytes that are no UTF-8."""
    return not text.isascii() and _STRAY_BYTES.search(text) is not None


def quote(text: str) -> str:
    r"""`strconv.Quote`; undecodable bytes come as surrogate escapes and are shown as `\xNN`."""
    return '"' + "".join(r"\"" if char == '"' else escape_char(char) for char in text) + '"'


def escape_char(char: str) -> str:
    """One character as it stands inside of a Go string literal (quotation marks unchanged)."""
    if named := _NAMED_ESCAPES.get(char):
        return named
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8
        return rf"\x{code - 0xDC00:02x}"
    if char == " " or unicodedata.category(char)[0] in "LMNPS":
        return char
    if code < 0x80:
        return rf"\x{code:02x}"
    return rf"\u{code:04x}" if code < 0x10000 else rf"\U{code:08x}"


def parse_bool(text: str) -> bool:
    """`strconv.ParseBool`.

    Raises:
        DecodeError: The text is none of Go's spellings.
    """
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise _syntax("ParseBool", text)


def parse_int(text: str, bits: int) -> int:
    """`strconv.ParseInt` in base 10.

    Raises:
        DecodeError: The text is no number, or needs more than `bits` bits.
    """
    digits = text[1:] if text[:1] in ("+", "-") else text
    magnitude = _magnitude("ParseInt", text, digits, (1 << bits) - 1)
    value = -magnitude if text[:1] == "-" else magnitude
    if not -(1 << bits - 1) <= value < 1 << bits - 1:
        raise _out_of_range("ParseInt", text)
    return value


def parse_uint(text: str, bits: int) -> int:
    """`strconv.ParseUint` in base 10; it takes no sign.

    Raises:
        DecodeError: The text is no number, or needs more than `bits` bits.
    """
    return _magnitude("ParseUint", text, text, (1 << bits) - 1)


def parse_float(text: str) -> float:
    """`strconv.ParseFloat` of 64 bits.

    Raises:
        DecodeError: The text is no number, or one beyond the range.
    """
    plain = _DIGIT_SEPARATOR.sub("", text)
    unsigned = plain[1:] if plain[:1] in ("+", "-") else plain
    if unsigned.lower() in ("inf", "infinity", "nan"):
        return float(plain)
    if _HEX_FLOAT.fullmatch(unsigned):
        value = _from_hex(plain)
    elif _FLOAT.fullmatch(unsigned):
        value = float(plain)
    else:
        raise _syntax("ParseFloat", text)
    if math.isinf(value):
        raise _out_of_range("ParseFloat", text)
    return value


def format_float(value: float) -> str:
    """A double as Go's JSON encoders print it: shortest digits, an exponent only at the ends."""
    magnitude = abs(value)
    digits, _, exponent = f"{value!r}".partition("e")
    digits = digits.removesuffix(".0")
    if magnitude and not 1e-6 <= magnitude < 1e21:
        return _with_exponent(value)
    return _shifted(digits, int(exponent)) if exponent else digits


def _with_exponent(value: float) -> str:
    digits, _, exponent = f"{value!r}".partition("e")
    return f"{digits.removesuffix('.0')}e{int(exponent):+d}"


def _shifted(digits: str, exponent: int) -> str:
    sign = "-" if digits.startswith("-") else ""
    whole, _, fraction = digits.removeprefix("-").partition(".")
    if exponent > 0:
        return sign + whole + fraction.ljust(exponent, "0")
    return f"{sign}0.{'0' * (-exponent - 1)}{whole}{fraction}"


def _magnitude(function: str, text: str, digits: str, largest: int) -> int:
    if not digits:
        raise _syntax(function, text)
    value = 0
    for char in digits:
        if not "0" <= char <= "9":
            raise _syntax(function, text)
        value = value * 10 + ord(char) - ord("0")
        if value > largest:  # reported before a later character that is no digit
            raise _out_of_range(function, text)
    return value


def _syntax(function: str, text: str) -> DecodeError:
    return DecodeError(f"strconv.{function}: parsing {quote(text)}: invalid syntax")


def _from_hex(text: str) -> float:
    try:
        return float.fromhex(text)
    except OverflowError:
        return math.inf


def _out_of_range(function: str, text: str) -> DecodeError:
    return DecodeError(f"strconv.{function}: parsing {quote(text)}: value out of range")

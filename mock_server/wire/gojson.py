"""Go's encoding/json: how the server writes free-form JSON and reads RPC payloads.

https://pkg.go.dev/encoding/json
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from json.encoder import encode_basestring
from typing import Any, NoReturn

from mock_server.wire.errors import DecodeError
from mock_server.wire.scanner import check_valid, is_valid
from mock_server.wire.strconv import format_float, utf8_text

_NOT_A_STRING = "json: cannot unmarshal object into Go value of type string"
_INT64_LIMIT = 1 << 63
_TOO_DEEP = "json: the value is nested too deeply"
_NOT_FINITE = {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}
_ESCAPED = re.compile("[<>&\u2028\u2029\ud800-\udfff]")
_SURROGATE_ESCAPES = re.compile(
    r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<lone>u[dD][89a-fA-F]..)|.)", re.DOTALL
)


def marshal(value: Any) -> str:
    """`json.Marshal` of maps, slices and scalars: sorted keys, no blanks, HTML escaped.

    Raises:
        ValueError: A number is not finite, or the nesting is too deep.
        TypeError: A value is of a type JSON does not have.
    """
    try:
        if not _is_usual(value):
            return join(value, comma=",", quote=go_string, sort_keys=True)
        text = _SORTED.encode(value)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    # What HTML trips over stands in texts only.
    if text.isascii() and not ("<" in text or ">" in text or "&" in text):
        return text
    return _ESCAPED.sub(_unicode_escape, text)


def _is_usual(value: Any) -> bool:
    """Whether Python's own encoder writes a value as Go does: texts, whole numbers and the like."""
    kind = type(value)
    if kind is dict:
        for key, item in value.items():  # noqa: SIM110 - a generator takes three times as long
            if type(key) is not str or not _is_usual(item):
                return False
        return True
    if kind is list:
        for item in value:  # noqa: SIM110
            if not _is_usual(item):
                return False
        return True
    return kind is str or kind is int or kind is bool or value is None


def unmarshal(text: str | bytes, *, exact: bool = False) -> Any:
    """`json.Unmarshal` into `any`, with the numbers as Nakama's runtimes pass them on.

    Args:
        text: The JSON text.
        exact: Whether numbers keep their form: those without point and exponent are ints.

    Returns:
        The value. Numbers have gone through a double, unless `exact` is set; whole ones within
        64 bits are ints.

    Raises:
        DecodeError: The text is no JSON; the message is Go's.
    """
    data = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    source = _SURROGATE_ESCAPES.sub(_without_lone_surrogate, utf8_text(data))
    try:
        return (_EXACT if exact else _AS_DOUBLES).decode(source)
    except RecursionError:
        check_valid(data)
        raise DecodeError("exceeded max depth") from None
    except ValueError:
        check_valid(data)  # says it in Go's words, and what stands before a number out of range
        raise


def unmarshal_string(body: bytes) -> str:
    """The payload of an RPC request: a JSON string, or nothing.

    Raises:
        DecodeError: The body is anything else; the text is the same for everything.
    """
    if not body:
        return ""
    try:
        payload = unmarshal(body)
    except DecodeError:
        raise DecodeError(_NOT_A_STRING) from None
    if not isinstance(payload, str | None):
        raise DecodeError(_NOT_A_STRING)
    return payload or ""


def is_json(text: str) -> bool:
    """Whether the text is one JSON value."""
    try:
        # Far quicker, and what it takes is JSON for Go, too.
        _CHECKING.decode(text)
    except (ValueError, RecursionError):
        return is_valid(text.encode(errors="surrogatepass"))
    return True


def is_json_object(text: str) -> bool:
    """Whether the text is one JSON object."""
    return text.lstrip(" \t\r\n").startswith("{") and is_json(text)


def go_string(text: str) -> str:
    """A string literal with what HTML and JavaScript trip over written as escapes."""
    literal = encode_basestring(text)
    if literal.isascii() and not ("<" in literal or ">" in literal or "&" in literal):
        return literal  # nearly every text, without the search
    return _ESCAPED.sub(_unicode_escape, literal)


def join(value: Any, *, comma: str, quote: Callable[[str], str], sort_keys: bool) -> str:
    """Write a value as JSON text.

    Args:
        value: The value.
        comma: What stands between two members.
        quote: Writes a string literal.
        sort_keys: Order objects by the bytes of their keys instead of as they come.

    Raises:
        ValueError: A number is not finite, or the nesting is too deep.
        TypeError: A value is of a type JSON does not have.
    """

    def members(mapping: Mapping[str, Any]) -> Iterator[str]:
        for key in sorted(mapping) if sort_keys else mapping:
            yield f"{quote(key)}:{text_of(mapping[key])}"

    def text_of(item: Any) -> str:
        if isinstance(item, str):
            return quote(item)
        if isinstance(item, Mapping):
            return f"{{{comma.join(members(item))}}}"
        if isinstance(item, list | tuple):
            return f"[{comma.join(map(text_of, item))}]"
        return _scalar_text(item)

    try:
        return text_of(value)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None


def _scalar_text(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f'"{base64.b64encode(value).decode()}"'
    if not isinstance(value, float):
        raise TypeError(f"json: unsupported type: {type(value).__name__}")
    if not math.isfinite(value):
        raise ValueError(f"json: unsupported value: {_NOT_FINITE[str(value)]}")
    return format_float(value)


def _unicode_escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return r"\ufffd" if 0xD800 <= code <= 0xDFFF else rf"\u{code:04x}"


def _without_lone_surrogate(match: re.Match[str]) -> str:
    return r"\ufffd" if match["lone"] else match[0]


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _number(text: str) -> int | float:
    value = float(text)
    if math.isinf(value):
        raise DecodeError(f"json: cannot unmarshal number {text} into Go value of type float64")
    whole = value.is_integer() and -_INT64_LIMIT <= value < _INT64_LIMIT
    return int(value) if whole else value


# `json.loads` with such arguments makes a decoder for each call, which takes longer than to use it.
_EXACT = json.JSONDecoder(parse_constant=_no_constant)
_AS_DOUBLES = json.JSONDecoder(parse_int=_number, parse_float=_number, parse_constant=_no_constant)
_CHECKING = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_no_constant)
_SORTED = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, separators=(",", ":"), sort_keys=True
)

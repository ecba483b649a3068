"""Reading messages the way the gateway and the socket do: protojson behind a json.Decoder.

The JSON mapping: https://protobuf.dev/programming-guides/json/
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from typing import Any

from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError
from mock_server.wire.scanner import first_value
from mock_server.wire.schema import (
    BYTES,
    INT64,
    Enum,
    Field,
    Kind,
    ListOf,
    MapOf,
    Message,
    Scalar,
    Timestamp,
    Wrapper,
)
from mock_server.wire.strconv import parse_int
from mock_server.wire.timestamps import TimestampOutOfRange, parse_timestamp
from mock_server.wire.tokens import Token, TokenKind, TokenReader, number_token

__all__ = ["DecodeError", "decode_body", "decode_frame", "decode_value", "message_json"]

_MAX_INTEGER_DIGITS = 20
_INTEGER_RANGES = {
    "int32": (-(1 << 31), (1 << 31) - 1),
    "int64": (-(1 << 63), (1 << 63) - 1),
    "uint32": (0, (1 << 32) - 1),
    "enum": (-(1 << 31), (1 << 31) - 1),
}
_NAMED_DOUBLES = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_URL_ALPHABET = re.compile("[-_]")
_LINE_ENDS = re.compile("[\r\n]")
_BASE64 = re.compile("[A-Za-z0-9+/]*={0,2}")
_NUMBER_PARTS = re.compile(r"(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d*))?")
_GO_SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
_GO_SPACES += "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


class _NoValue(Exception):
    """The token does not fit the type of its field."""


def decode_body(message: Message, body: bytes) -> dict[str, Any]:
    """Decode the body of a request as the gateway does.

    Only the first JSON value counts, unknown fields are ignored and an empty body is an empty
    message.

    Args:
        message: What the body holds.
        body: The bytes of the request.

    Returns:
        All fields by their snake_case names in the order of the declaration. Absent ones hold
        their default; absent messages and wrappers hold None.

    Raises:
        DecodeError: The body is no such message; the text is the server's.
    """
    value = first_value(body)
    if value is None:
        return message.defaults()
    text = value.decode(errors="surrogateescape")
    return _Decoder(text, discard_unknown=True).document(message)


def decode_frame(message: Message, text: str) -> dict[str, Any]:
    """Decode a socket frame: exactly one JSON document without unknown fields.

    Returns:
        The fields, as `decode_body` returns them.

    Raises:
        DecodeError: The frame is no such message.
    """
    return _Decoder(text, discard_unknown=False).document(message)


def decode_value(message: Message, value: Any) -> dict[str, Any]:
    """Decode a JSON value that a server module returned; unknown names are an error.

    Raises:
        DecodeError: It is no such message.
    """
    try:
        return decode_frame(message, gojson.marshal(value))
    except (TypeError, ValueError) as error:
        raise DecodeError(str(error)) from None


class _Decoder:
    def __init__(self, text: str, *, discard_unknown: bool) -> None:
        self._tokens = TokenReader(text)
        self._discard_unknown = discard_unknown

    def document(self, message: Message) -> dict[str, Any]:
        fields = self._message(message)
        after = self._tokens.read()
        if after.kind is not TokenKind.END:
            raise self._tokens.unexpected(after)
        return fields

    def _message(self, message: Message) -> dict[str, Any]:
        self._expect(TokenKind.OBJECT_OPEN)
        fields = message.defaults()
        seen: set[str] = set()
        seen_oneofs: set[str] = set()
        while (name := self._name()) is not None:
            field = message.by_input_name.get(name.value)
            if field is None:
                self._unknown(name)
                continue
            if field.name in seen:
                raise self._tokens.error(name.position, f"duplicate field {name.raw}")
            seen.add(field.name)
            if self._tokens.peek().kind is TokenKind.NULL:
                self._tokens.read()
                continue
            if field.oneof:
                if field.oneof in seen_oneofs:
                    oneof = f"{message.full_name}.{field.oneof}"
                    text = f"error parsing {name.raw}, oneof {oneof} is already set"
                    raise self._tokens.error(name.position, text)
                seen_oneofs.add(field.oneof)
            fields[field.name] = self._value(field)
        return fields

    def _expect(self, kind: TokenKind) -> None:
        token = self._tokens.read()
        if token.kind is not kind:
            raise self._tokens.unexpected(token)

    def _name(self) -> Token | None:
        """The next name of an object, or None at its end."""
        token = self._tokens.read()
        if token.kind is TokenKind.OBJECT_CLOSE:
            return None
        if token.kind is not TokenKind.NAME:
            raise self._tokens.unexpected(token)
        return token

    def _unknown(self, name: Token) -> None:
        if not self._discard_unknown:
            raise self._tokens.error(name.position, f"unknown field {name.raw}")
        depth = 0
        while True:
            kind = self._tokens.read().kind
            if kind in (TokenKind.OBJECT_OPEN, TokenKind.ARRAY_OPEN):
                depth += 1
            elif kind in (TokenKind.OBJECT_CLOSE, TokenKind.ARRAY_CLOSE):
                depth -= 1
            if not depth:
                return

    def _value(self, field: Field) -> Any:
        kind = field.kind
        if isinstance(kind, Message):
            return self._message(kind)
        if isinstance(kind, ListOf):
            return self._list(kind, field.json_name)
        if isinstance(kind, MapOf):
            return self._map(kind)
        if isinstance(kind, Wrapper):
            return self._scalar(kind.scalar, "value")
        if isinstance(kind, Timestamp):
            return self._timestamp()
        return self._scalar(kind, field.json_name)

    def _list(self, kind: ListOf, name: str) -> list[Any]:
        self._expect(TokenKind.ARRAY_OPEN)
        items: list[Any] = []
        while self._tokens.peek().kind is not TokenKind.ARRAY_CLOSE:
            if isinstance(kind.item, Message):
                items.append(self._message(kind.item))
            else:
                items.append(self._scalar(kind.item, name))
        self._tokens.read()
        return items

    def _map(self, kind: MapOf) -> dict[str, Any]:
        self._expect(TokenKind.OBJECT_OPEN)
        entries: dict[str, Any] = {}
        while (name := self._name()) is not None:
            if name.value in entries:
                raise self._tokens.error(name.position, f"duplicate map key {name.raw}")
            entries[name.value] = self._scalar(kind.value, "value")
        return entries

    def _timestamp(self) -> str:
        token = self._tokens.read()
        if token.kind is not TokenKind.STRING:
            raise self._tokens.unexpected(token)
        try:
            return parse_timestamp(token.value)
        except TimestampOutOfRange:
            text = f"google.protobuf.Timestamp value out of range: {token.raw}"
        except DecodeError:
            text = f"invalid google.protobuf.Timestamp value {token.raw}"
        raise self._tokens.error(token.position, text)

    def _scalar(self, kind: Scalar | Enum, name: str) -> Any:
        token = self._tokens.read()
        try:
            if isinstance(kind, Enum):
                return self._enum(kind, token)
            return _scalar(kind, token)
        except _NoValue:
            type_ = "enum" if isinstance(kind, Enum) else kind.name
            text = f"invalid value for {type_} field {name}: {token.raw}"
            raise self._tokens.error(token.position, text) from None

    def _enum(self, kind: Enum, token: Token) -> int:
        """A value by its name or number; the gateway passes over a name that is none."""
        if token.kind is TokenKind.NUMBER:
            return _integer(token.raw, *_INTEGER_RANGES["enum"])
        if token.kind is not TokenKind.STRING:
            raise _NoValue
        if token.value not in kind.numbers and not self._discard_unknown:
            raise _NoValue
        return kind.numbers.get(token.value, 0)


def message_json(message: Message, fields: dict[str, Any]) -> dict[str, Any]:
    """The proto3 JSON of a decoded message: what is not set is left out.

    Args:
        message: What it is.
        fields: All its fields, as the decoders return them.

    Returns:
        Values as JSON has them: 64-bit integers as text, bytes in base64.
    """
    return {
        field.name: _json(field.kind, fields[field.name])
        for field in message.fields.values()
        if fields[field.name] != field.default()
    }


def _json(kind: Kind, value: Any) -> Any:
    if isinstance(kind, Message):
        return message_json(kind, value)
    if isinstance(kind, ListOf):
        return [_json(kind.item, item) for item in value]
    if isinstance(kind, MapOf):
        return {name: _json(kind.value, item) for name, item in sorted(value.items())}
    scalar = kind.scalar if isinstance(kind, Wrapper) else kind
    if scalar == INT64:
        return str(value)
    return base64.b64encode(value).decode() if scalar == BYTES else value


def _scalar(kind: Scalar, token: Token) -> Any:
    if kind.name == "string" and token.kind is TokenKind.STRING:
        return token.value
    if kind.name == "bool" and token.kind is TokenKind.BOOL:
        return token.value
    if kind.name in _INTEGER_RANGES:
        return _integer(_number_text(token), *_INTEGER_RANGES[kind.name])
    if kind.name == "double":
        return _double(token)
    if kind.name == "bytes" and token.kind is TokenKind.STRING:
        return _bytes(token.value)
    raise _NoValue


def _double(token: Token) -> float:
    if token.kind is TokenKind.STRING and token.value in _NAMED_DOUBLES:
        return _NAMED_DOUBLES[token.value]
    try:
        value = float(_number_text(token))
    except ValueError:  # an exponent without digits is a token, but no number
        raise _NoValue from None
    if math.isinf(value):
        raise _NoValue
    return value


def _bytes(text: str) -> bytes:
    """Base64 in either alphabet, with all of its padding or without, as Go decodes it."""
    if _URL_ALPHABET.search(text):
        if "+" in text or "/" in text:
            raise _NoValue
        text = text.replace("-", "+").replace("_", "/")
    is_padded = len(text) % 4 == 0
    text = _LINE_ENDS.sub("", text)
    if not is_padded:
        if "=" in text:
            raise _NoValue
        text += "=" * (-len(text) % 4)
    if not _BASE64.fullmatch(text):
        raise _NoValue
    try:
        return base64.b64decode(text)
    except binascii.Error:
        raise _NoValue from None


def _number_text(token: Token) -> str:
    """The number of a number token, or of a string that begins with one."""
    if token.kind is TokenKind.NUMBER:
        return token.raw
    if token.kind is TokenKind.STRING and token.value.strip(_GO_SPACES) == token.value:
        number = number_token(token.value)
        if number is not None:
            return number
    raise _NoValue


def _integer(text: str, smallest: int, largest: int) -> int:
    match = _NUMBER_PARTS.fullmatch(text)
    if not match:
        raise _NoValue
    sign, whole, fraction, exponent = match.groups(default="")
    digits = _integer_digits(whole.lstrip("0"), fraction.rstrip("0"), exponent)
    value = int(sign + (digits or "0"))
    if not smallest <= value <= largest:
        raise _NoValue
    return value


def _integer_digits(whole: str, fraction: str, exponent: str) -> str:
    """The digits of a number that is written with an exponent but whole; "" for zero."""
    if not whole and not fraction:
        return ""
    try:
        shift = parse_int(exponent or "0", 32)
    except DecodeError:
        raise _NoValue from None
    if shift >= 0:
        if len(fraction) > shift or len(whole) + shift > _MAX_INTEGER_DIGITS:
            raise _NoValue
        return (whole + fraction.ljust(shift, "0")).lstrip("0")
    kept = len(whole) + shift
    if fraction or kept < 0 or whole[kept:].strip("0"):
        raise _NoValue
    return whole[:kept]

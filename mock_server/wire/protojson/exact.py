"""Any JSON, read token by token as protojson reads it, with its words for what is wrong."""

from __future__ import annotations

from typing import Any

from mock_server.wire.errors import DecodeError
from mock_server.wire.protojson.scalars import (
    INTEGER_RANGES,
    NoValue,
    read_integer,
    read_scalar,
)
from mock_server.wire.schema import (
    Enum,
    Field,
    ListOf,
    MapOf,
    Message,
    Scalar,
    Timestamp,
    Wrapper,
)
from mock_server.wire.timestamps import TimestampOutOfRange, parse_timestamp
from mock_server.wire.tokens import Token, TokenKind, TokenReader


def decode_exactly(message: Message, text: str, *, discard_unknown: bool) -> dict[str, Any]:
    """Decode one JSON document.

    Args:
        message: What it is.
        text: The document; bytes that are no UTF-8 come as surrogate escapes.
        discard_unknown: Unknown fields are read over.

    Raises:
        DecodeError: It is no such message; the text is the server's.
    """
    return _Decoder(text, discard_unknown=discard_unknown).document(message)


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
            return read_scalar(kind, token)
        except NoValue:
            type_ = "enum" if isinstance(kind, Enum) else kind.name
            text = f"invalid value for {type_} field {name}: {token.raw}"
            raise self._tokens.error(token.position, text) from None

    def _enum(self, kind: Enum, token: Token) -> int:
        """A value by its name or number; the gateway passes over a name that is none."""
        if token.kind is TokenKind.NUMBER:
            return read_integer(token.raw, *INTEGER_RANGES["enum"])
        if token.kind is not TokenKind.STRING:
            raise NoValue
        if token.value not in kind.numbers and not self._discard_unknown:
            raise NoValue
        return kind.numbers.get(token.value, 0)

"""The JSON tokens that protojson reads, with the positions and texts of its syntax errors."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Any

from attrs import frozen

from mock_server.wire.errors import DecodeError
from mock_server.wire.strconv import quote, utf8_text

PREFIX = "proto:\N{NO-BREAK SPACE}"
"""How every error of the server's protobuf library begins; the blank depends on its build."""

_SPACES = re.compile(rb"[ \t\r\n]*")
_LITERAL = re.compile(rb"(?:null|true|false)(?![-+._a-zA-Z0-9])")
_NUMBER = re.compile(  # the library's own grammar: an exponent may lack its digits
    rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE](?=.)(?:[-+](?=.))?[0-9]*)?(?![-+._a-zA-Z0-9])",
    re.DOTALL,
)
_PLAIN_RUN = re.compile(rb'[^"\\\x00-\x1f]*')
_UNREADABLE = re.compile(r"[-+._a-zA-Z0-9]{1,32}|.?")
_HEX4 = re.compile(rb"[0-9a-fA-F]{4}")
_ESCAPES = {
    ord('"'): '"',
    ord("\\"): "\\",
    ord("/"): "/",
    ord("b"): "\b",
    ord("f"): "\f",
    ord("n"): "\n",
    ord("r"): "\r",
    ord("t"): "\t",
}
_LITERAL_VALUES = {b"null": None, b"true": True, b"false": False}


class TokenKind(Enum):
    """What a token is."""

    END = auto()
    NULL = auto()
    BOOL = auto()
    NUMBER = auto()
    STRING = auto()
    NAME = auto()
    OBJECT_OPEN = auto()
    OBJECT_CLOSE = auto()
    ARRAY_OPEN = auto()
    ARRAY_CLOSE = auto()
    COMMA = auto()


_BRACKETS = {
    ord("{"): TokenKind.OBJECT_OPEN,
    ord("}"): TokenKind.OBJECT_CLOSE,
    ord("["): TokenKind.ARRAY_OPEN,
    ord("]"): TokenKind.ARRAY_CLOSE,
    ord(","): TokenKind.COMMA,
}
_COMPLETE = frozenset(
    (
        TokenKind.NULL,
        TokenKind.BOOL,
        TokenKind.NUMBER,
        TokenKind.STRING,
        TokenKind.OBJECT_CLOSE,
        TokenKind.ARRAY_CLOSE,
    )
)


@frozen
class Token:
    """One token.

    Attributes:
        kind: What it is.
        position: The index of its first byte.
        raw: Its text in the input.
        value: A string's or name's decoded text, a literal's value; None otherwise.
    """

    kind: TokenKind
    position: int
    raw: str
    value: Any = None


class TokenReader:
    """Reads the tokens of one input and checks that each may stand where it stands."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._open: list[TokenKind] = []
        self._last: TokenKind | None = None
        self._peeked: Token | None = None

    def peek(self) -> Token:
        """The next token, which stays the next one."""
        if self._peeked is None:
            self._peeked = self.read()
        return self._peeked

    def read(self) -> Token:
        """The next token; commas are checked and left out.

        Raises:
            DecodeError: It is malformed or may not stand here.
        """
        if self._peeked is not None:
            token, self._peeked = self._peeked, None
            return token
        while True:
            token = self._in_place(self._next())
            self._last = token.kind
            if token.kind is not TokenKind.COMMA:
                return token

    def error(self, position: int, text: str) -> DecodeError:
        """An error about what stands at `position`."""
        return DecodeError(f"{PREFIX}({self._line_and_column(position)}): {text}")

    def syntax_error(self, position: int, text: str) -> DecodeError:
        """An error about the form of what stands at `position`."""
        return DecodeError(f"{PREFIX}syntax error ({self._line_and_column(position)}): {text}")

    def unexpected(self, token: Token) -> DecodeError:
        """The error about a token that may not stand here."""
        return self.syntax_error(token.position, f"unexpected token {token.raw}")

    def _line_and_column(self, position: int) -> str:
        before = self._data[:position].split(b"\n")
        return f"line {len(before)}:{len(utf8_text(before[-1])) + 1}"

    def _in_place(self, token: Token) -> Token:
        kind = token.kind
        if kind is TokenKind.END:
            if self._open:
                raise _truncated()
        elif kind is TokenKind.STRING and not self._value_follows():
            return self._as_name(token)
        elif kind in (TokenKind.OBJECT_CLOSE, TokenKind.ARRAY_CLOSE):
            self._close(token)
        elif kind is TokenKind.COMMA:
            if not self._open or self._last not in _COMPLETE:
                raise self.unexpected(token)
        else:
            if not self._value_follows():
                raise self.unexpected(token)
            if kind in (TokenKind.OBJECT_OPEN, TokenKind.ARRAY_OPEN):
                self._open.append(kind)
        return token

    def _value_follows(self) -> bool:
        if not self._open:
            return self._last is None
        if self._open[-1] is TokenKind.OBJECT_OPEN:
            return self._last is TokenKind.NAME
        return self._last in (TokenKind.ARRAY_OPEN, TokenKind.COMMA)

    def _as_name(self, token: Token) -> Token:
        if self._last not in (TokenKind.OBJECT_OPEN, TokenKind.COMMA):
            raise self.unexpected(token)
        if self._at == len(self._data):
            raise _truncated()
        if self._data[self._at] != ord(":"):
            shown = chr(self._data[self._at])
            text = f'unexpected character {shown}, missing ":" after field name'
            raise self.syntax_error(self._at, text)
        self._consume(self._at + 1)
        return Token(TokenKind.NAME, token.position, token.raw, token.value)

    def _close(self, token: Token) -> None:
        is_object = token.kind is TokenKind.OBJECT_CLOSE
        opened_by = TokenKind.OBJECT_OPEN if is_object else TokenKind.ARRAY_OPEN
        incomplete = self._last in (TokenKind.NAME, TokenKind.COMMA)
        if not self._open or incomplete or self._open[-1] is not opened_by:
            raise self.unexpected(token)
        self._open.pop()

    def _consume(self, end: int) -> None:
        spaces = _SPACES.match(self._data, end)
        self._at = spaces.end() if spaces else end

    def _taken(self, kind: TokenKind, end: int, value: Any = None) -> Token:
        start = self._at
        self._consume(end)
        return Token(kind, start, utf8_text(self._data[start:end]), value)

    def _next(self) -> Token:
        self._consume(self._at)
        data, at = self._data, self._at
        if at == len(data):
            return self._taken(TokenKind.END, at)
        if data[at] == ord('"'):
            text, end = self._string(at + 1)
            return self._taken(TokenKind.STRING, end, text)
        if bracket := _BRACKETS.get(data[at]):
            return self._taken(bracket, at + 1)
        if number := _NUMBER.match(data, at):
            return self._taken(TokenKind.NUMBER, number.end())
        if literal := _LITERAL.match(data, at):
            value = _LITERAL_VALUES[literal[0]]
            kind = TokenKind.NULL if value is None else TokenKind.BOOL
            return self._taken(kind, literal.end(), value)
        unreadable = _UNREADABLE.match(utf8_text(data[at : at + 128]))
        raise self.syntax_error(at, f"invalid value {unreadable[0] if unreadable else ''}")

    def _string(self, at: int) -> tuple[str, int]:
        """Decode the string whose text starts at `at`; returns it and the index behind it."""
        parts: list[str] = []
        while True:
            run = _PLAIN_RUN.match(self._data, at)
            end = run.end() if run else at
            parts.append(self._plain(at, end))
            stopped_by = self._byte(end)
            if stopped_by == ord('"'):
                return "".join(parts), end + 1
            if stopped_by != ord("\\"):
                shown = _quoted_char(stopped_by)
                raise self.syntax_error(self._at, f"invalid character {shown} in string")
            char, at = self._escape(end)
            parts.append(char)

    def _plain(self, start: int, end: int) -> str:
        try:
            return self._data[start:end].decode()
        except UnicodeDecodeError:
            raise self.syntax_error(self._at, "invalid UTF-8 in string") from None

    def _escape(self, at: int) -> tuple[str, int]:
        letter = self._byte(at + 1)
        if letter != ord("u"):
            if char := _ESCAPES.get(letter):
                return char, at + 2
            raise self._bad_escape(at, 2)
        code = self._hex4(at)
        if not 0xD800 <= code <= 0xDFFF:
            return chr(code), at + 6
        low = self._low_surrogate(at + 6)
        if code >= 0xDC00 or low is None:
            raise self._bad_escape(at + 6, 6)
        return chr(0x10000 + ((code - 0xD800) << 10) + low - 0xDC00), at + 12

    def _hex4(self, at: int) -> int:
        if at + 6 > len(self._data):
            raise _truncated()
        digits = _HEX4.fullmatch(self._data, at + 2, at + 6)
        if not digits:
            raise self._bad_escape(at, 6)
        return int(digits[0], 16)

    def _low_surrogate(self, at: int) -> int | None:
        if at + 6 > len(self._data):
            raise _truncated()
        digits = _HEX4.fullmatch(self._data, at + 2, at + 6)
        if self._data[at : at + 2] != rb"\u" or not digits:
            return None
        code = int(digits[0], 16)
        return code if 0xDC00 <= code <= 0xDFFF else None

    def _byte(self, at: int) -> int:
        if at >= len(self._data):
            raise _truncated()
        return self._data[at]

    def _bad_escape(self, at: int, length: int) -> DecodeError:
        shown = quote(self._data[at : at + length].decode(errors="surrogateescape"))
        return self.syntax_error(self._at, f"invalid escape code {shown} in string")


def number_token(text: str) -> str | None:
    """The JSON number that `text` begins with, or None; protojson looks no further."""
    number = _NUMBER.match(text.encode(errors="surrogateescape"))
    return number[0].decode() if number else None


def _truncated() -> DecodeError:
    return DecodeError(f"{PREFIX}unexpected EOF")


def _quoted_char(code: int) -> str:
    return f"'{quote(chr(code))[1:-1]}'"

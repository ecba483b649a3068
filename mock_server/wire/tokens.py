"""The JSON tokens that protojson reads, with the positions and texts of its syntax errors."""

from __future__ import annotations

import json
import re
from enum import Enum, auto
from typing import Any

from attrs import define

from mock_server.wire.errors import DecodeError
from mock_server.wire.strconv import quote

PREFIX = "proto:\N{NO-BREAK SPACE}"
"""How every error of the server's protobuf library begins; the blank depends on its build."""

_BLANKS = re.compile(r"[ \t\r\n]*")
_LITERAL = re.compile(r"(?:null|true|false)(?![-+._a-zA-Z0-9])")
_NUMBER = re.compile(  # the library's own grammar: an exponent may lack its digits
    r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE](?=.)(?:[-+](?=.))?[0-9]*)?(?![-+._a-zA-Z0-9])",
    re.DOTALL,
)
_UNREADABLE = re.compile(r"[-+._a-zA-Z0-9]{1,32}|.?")
_NOT_UTF8 = re.compile("[\ud800-\udfff]")
_GOOD_PIECES = re.compile(
    '(?:[^"\\\\\0-\x1f\ud800-\udfff]|\\\\(?:["\\\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}'
    r"|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}))*"
)
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_JSON = json.JSONDecoder()


class TokenKind(Enum):
    """The kinds of tokens."""

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
    "{": TokenKind.OBJECT_OPEN,
    "}": TokenKind.OBJECT_CLOSE,
    "[": TokenKind.ARRAY_OPEN,
    "]": TokenKind.ARRAY_CLOSE,
    ",": TokenKind.COMMA,
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


@define
class Token:
    """One token.

    Attributes:
        kind: What it is.
        position: The index of its first character.
        raw: Its text in the input.
        value: A string's or name's decoded text, whether a literal is `true`.
    """

    kind: TokenKind
    position: int
    raw: str
    value: Any = None


class TokenReader:
    """Reads the tokens of one input and checks that each may stand where it stands.

    Args:
        text: The input; bytes that are no UTF-8 come as surrogate escapes.
    """

    def __init__(self, text: str) -> None:
        self._text = text
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
        return DecodeError(f"{PREFIX}({self._place(position)}): {_shown(text)}")

    def syntax_error(self, position: int, text: str) -> DecodeError:
        """An error about the form of what stands at `position`."""
        return DecodeError(f"{PREFIX}syntax error ({self._place(position)}): {_shown(text)}")

    def unexpected(self, token: Token) -> DecodeError:
        """The error about a token that may not stand here."""
        return self.syntax_error(token.position, f"unexpected token {token.raw}")

    def _place(self, position: int) -> str:
        before = self._text[:position].split("\n")
        return f"line {len(before)}:{len(before[-1]) + 1}"

    def _in_place(self, token: Token) -> Token:
        kind = token.kind
        if kind is TokenKind.STRING:
            return token if self._value_follows() else self._as_name(token)
        if kind is TokenKind.END:
            if self._open:
                raise _truncated()
        elif kind is TokenKind.OBJECT_CLOSE or kind is TokenKind.ARRAY_CLOSE:
            self._close(token)
        elif kind is TokenKind.COMMA:
            if not self._open or self._last not in _COMPLETE:
                raise self.unexpected(token)
        else:
            if not self._value_follows():
                raise self.unexpected(token)
            if kind is TokenKind.OBJECT_OPEN or kind is TokenKind.ARRAY_OPEN:
                self._open.append(kind)
        return token

    def _value_follows(self) -> bool:
        if not self._open:
            return self._last is None
        if self._open[-1] is TokenKind.OBJECT_OPEN:
            return self._last is TokenKind.NAME
        return self._last is TokenKind.ARRAY_OPEN or self._last is TokenKind.COMMA

    def _as_name(self, token: Token) -> Token:
        if self._last is not TokenKind.OBJECT_OPEN and self._last is not TokenKind.COMMA:
            raise self.unexpected(token)
        after = self._text[self._at : self._at + 1]
        if not after:
            raise _truncated()
        if after != ":":
            text = f'unexpected character {after}, missing ":" after field name'
            raise self.syntax_error(self._at, text)
        self._move_to(self._at + 1)
        token.kind = TokenKind.NAME
        return token

    def _close(self, token: Token) -> None:
        is_object = token.kind is TokenKind.OBJECT_CLOSE
        opened_by = TokenKind.OBJECT_OPEN if is_object else TokenKind.ARRAY_OPEN
        incomplete = self._last in (TokenKind.NAME, TokenKind.COMMA)
        if not self._open or incomplete or self._open[-1] is not opened_by:
            raise self.unexpected(token)
        self._open.pop()

    def _move_to(self, at: int) -> None:
        blanks = _BLANKS.match(self._text, at)
        self._at = blanks.end() if blanks else at

    def _token(self, kind: TokenKind, end: int, value: Any = None) -> Token:
        start = self._at
        self._move_to(end)
        return Token(kind, start, self._text[start:end], value)

    def _next(self) -> Token:
        if not self._at:
            self._move_to(0)
        text, at = self._text, self._at
        first = text[at : at + 1]
        if first == '"':
            value, end = self._string(at)
            return self._token(TokenKind.STRING, end, value)
        if bracket := _BRACKETS.get(first):
            return self._token(bracket, at + 1)
        if not first:
            return self._token(TokenKind.END, at)
        if number := _NUMBER.match(text, at):
            return self._token(TokenKind.NUMBER, number.end())
        if literal := _LITERAL.match(text, at):
            kind = TokenKind.NULL if literal[0] == "null" else TokenKind.BOOL
            return self._token(kind, literal.end(), literal[0] == "true")
        unreadable = _UNREADABLE.match(text, at)
        raise self.syntax_error(at, f"invalid value {unreadable[0] if unreadable else ''}")

    def _string(self, at: int) -> tuple[str, int]:
        """Decode the string that starts at `at`; returns it and the index behind it."""
        try:
            value, end = _JSON.raw_decode(self._text, at)
        except json.JSONDecodeError:
            raise self._bad_string(at) from None
        if not value.isascii() and _NOT_UTF8.search(value):
            raise self._bad_string(at)
        return value, end

    def _bad_string(self, start: int) -> DecodeError:
        """The error about the string that starts at `start`: the first thing wrong with it."""
        good = _GOOD_PIECES.match(self._text, start + 1)
        at = good.end() if good else start + 1
        bad = self._text[at : at + 1]
        if bad == "\\":
            return self._bad_escape(start, at)
        if not bad:
            return _truncated()
        if _NOT_UTF8.match(bad):
            return self.syntax_error(start, "invalid UTF-8 in string")
        return self.syntax_error(start, f"invalid character '{quote(bad)[1:-1]}' in string")

    def _bad_escape(self, start: int, at: int) -> DecodeError:
        if _SURROGATE_ESCAPE.match(self._text, at):  # its other half is wrong
            at += 6
            length = 6
        else:
            length = 6 if self._text.startswith("u", at + 1) else 2
        # Go counts bytes here.
        escape = self._text[at : at + length].encode(errors="surrogateescape")[:length]
        if len(escape) < length:
            return _truncated()
        shown = quote(escape.decode(errors="surrogateescape"))
        return self.syntax_error(start, f"invalid escape code {shown} in string")


def number_token(text: str) -> str | None:
    """The JSON number that `text` begins with, or None; protojson looks no further."""
    number = _NUMBER.match(text)
    return number[0] if number else None


def _truncated() -> DecodeError:
    return DecodeError(f"{PREFIX}unexpected EOF")


def _shown(text: str) -> str:
    return _NOT_UTF8.sub("\N{REPLACEMENT CHARACTER}", text)

"""The words and signs of a query."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from attrs import frozen

from mock_server.label_query.errors import InvalidQuery

_ESCAPED = frozenset('+-=&|><!(){}[]^"~*?:\\/ ')
_WORD_ENDS = frozenset(" :^~")


class Sign(Enum):
    """The kinds of tokens."""

    WORD = "word"
    NUMBER = "number"
    PHRASE = "phrase"
    BOOST = "^"
    FUZZY = "~"
    PLUS = "+"
    MINUS = "-"
    COLON = ":"
    GREATER = ">"
    LESS = "<"
    EQUAL = "="
    END = "end"


_SIGNS = {sign.value: sign for sign in Sign if len(sign.value) == 1 and sign.value not in "^~"}


@frozen
class QueryToken:
    """A word or a sign.

    Attributes:
        sign: What it is.
        text: The text of words, numbers, phrases, boosts and fuzzinesses, without escapes.
    """

    sign: Sign
    text: str = ""


def tokens(query: str) -> Iterator[QueryToken]:
    """The tokens of a query, with `Sign.END` for ever after the last one.

    Raises:
        InvalidQuery: A quoted phrase does not end.
    """
    position = 0
    while True:
        while position < len(query) and query[position].isspace():
            position += 1
        if position == len(query):
            yield QueryToken(Sign.END)
            continue
        char = query[position]
        if char in _SIGNS:
            yield QueryToken(_SIGNS[char])
            position += 1
        elif char == '"':
            text, position = _read(query, position + 1, '"')
            if position == len(query):
                raise InvalidQuery("parse error: unterminated quote")
            yield QueryToken(Sign.PHRASE, text)
            position += 1
        elif char in "^~":
            text, position = _read(query, position + 1, " ")
            yield QueryToken(Sign(char), text or "1")
        elif query[position:] == "\\":
            position += 1  # an escape of nothing is nothing
        else:
            start = position
            text, position = _read(query, start, _WORD_ENDS)
            yield QueryToken(_word_or_number(query[start:position]), text)


def _word_or_number(raw: str) -> Sign:
    """A word of digits is a number; an escape in it makes it a word."""
    if not raw[0].isdecimal() or raw.count(".") > 1:
        return Sign.WORD
    return Sign.NUMBER if raw.replace(".", "").removesuffix("\\").isdecimal() else Sign.WORD


def _read(query: str, position: int, ends: str | frozenset[str]) -> tuple[str, int]:
    """The text up to one of `ends` that is not escaped, and where that is."""
    text: list[str] = []
    while position < len(query) and query[position] not in ends:
        char = query[position]
        position += 1
        if char == "\\":
            char = _unescaped(query[position : position + 1])
            position += 1
        text.append(char)
    return "".join(text), min(position, len(query))


def _unescaped(char: str) -> str:
    """What an escaped character stands for; before others the backslash stays."""
    return char if not char or char in _ESCAPED else "\\" + char

"""The text form of arrays, as PostgreSQL writes and reads it.

https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_QUOTED = re.compile(r'|NULL|.*[{}"\\\s].*', re.IGNORECASE | re.DOTALL)
_TOKEN = re.compile(
    r'\s*(?:(?P<mark>[{},])|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>(?:[^{},"\\]|\\.)+))', re.DOTALL
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def write_array(items: Iterable[Any], delimiter: str = ",") -> str:
    """The text of an array of texts, arrays and None."""
    return "{" + delimiter.join(_written(item, delimiter) for item in items) + "}"


def _written(item: Any, delimiter: str) -> str:
    if item is None:
        return "NULL"
    if isinstance(item, list):
        return write_array(item, delimiter)
    text = str(item)
    if delimiter not in text and not _QUOTED.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def read_array(text: str) -> list[Any]:
    """The texts, arrays and None in the text of an array.

    Raises:
        ValueError: It is none.
    """
    tokens = _tokens(text)
    if next(tokens, None) != "{":
        raise ValueError(text)
    items = _items(tokens)
    if next(tokens, None) is not None:
        raise ValueError(text)
    return items


def _items(tokens: Any) -> list[Any]:
    """What is in an array whose brace has been read."""
    items: list[Any] = []
    token = next(tokens, None)
    if token == "}":
        return items
    while True:
        if token == "{":
            items.append(_items(tokens))
        elif isinstance(token, list):
            items.append(token[0])
        else:
            raise ValueError("an item is missing")
        mark = next(tokens, None)
        if mark == "}":
            return items
        if mark != ",":
            raise ValueError("the array does not end")
        token = next(tokens, None)


def _tokens(text: str) -> Any:
    """Its marks, and its items each in a list."""
    position, end = 0, len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None:
            raise ValueError(text)
        position = found.end()
        if found["mark"]:
            yield found["mark"]
        elif found["quoted"] is not None:
            yield [_ESCAPE.sub(r"\1", found["quoted"])]
        else:
            plain = found["plain"].strip()
            yield [None if plain.upper() == "NULL" else _ESCAPE.sub(r"\1", plain)]

"""Placeholders in a text: `{{ tag | default: "x" }}` and `{{ message.custom_data.name }}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

MAX_PLACEHOLDER = 1000
"""Characters between the braces of a placeholder; what is longer stays as it is."""

MAX_PLACEHOLDERS = 1000
"""Placeholders of a text that are filled in; the rest of the text stays as it is."""

MAX_FILLED = 1 << 20
"""Characters of a text after which nothing more is filled in."""

_PLACEHOLDER = re.compile(
    r"""(?P<path>[\w.-]+)\s*(?:\|\s*default:\s*(?P<quote>["'])(?P<default>.*)(?P=quote))?"""
)


@frozen
class _Placeholder:
    path: str
    default: str


class TextTemplate:
    """A text that is read once and filled in for many devices.

    Args:
        text: The text.

    Attributes:
        has_placeholders: Whether anything is filled in.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._pieces: list[str | _Placeholder] = []
        # From closing braces to closing braces: each character is looked at a few times.
        *closed, rest = text.split("}}", MAX_PLACEHOLDERS)
        for piece in closed:
            before, braces, inside = piece.rpartition("{{")
            fits = braces and len(inside) <= MAX_PLACEHOLDER
            found = _PLACEHOLDER.fullmatch(inside.strip()) if fits else None
            if found is None:
                self._pieces.append(piece + "}}")
            else:
                self._pieces += before, _Placeholder(found["path"], found["default"] or "")
        self._pieces.append(rest)
        self.has_placeholders = any(isinstance(each, _Placeholder) for each in self._pieces)

    def fill(self, tags: Mapping[str, str], custom: Mapping[str, Any]) -> str:
        """The text for a device; a tag that does not exist becomes its default, or nothing.

        Args:
            tags: The device's tags.
            custom: The request's own data, as `{"message": {"custom_data": …}}`.
        """
        if not self.has_placeholders:
            return self._text
        filled, length = list[str](), 0
        for piece in self._pieces:
            text = piece if isinstance(piece, str) else _value(piece, tags, custom)
            length += len(text)
            if length > MAX_FILLED and not isinstance(piece, str):
                text = ""
            filled.append(text)
        return "".join(filled)


def _value(placeholder: _Placeholder, tags: Mapping[str, str], custom: Mapping[str, Any]) -> str:
    known = tags.get(placeholder.path.removeprefix("user.tags."))
    if known is None:
        known = _at(custom, placeholder.path.split("."))
    return placeholder.default if known is None else str(known)


def _at(value: Any, path: list[str]) -> Any:
    for part in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value if isinstance(value, (str, int, float)) else None

"""Source maps: from a place in a bundle to the place in the source that it was made of.

https://tc39.es/ecma426/
"""

from __future__ import annotations

import base64
import json
import logging
from bisect import bisect_right
from pathlib import Path
from typing import Any

from attrs import frozen

_log = logging.getLogger("mock_server.modules")

_DIGITS = {
    digit: value
    for value, digit in enumerate(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    )
}
_CONTINUED = 0x20
_MARK = "//# sourceMappingURL="
_INLINE = f"{_MARK}data:application/json"


@frozen
class SourcePosition:
    """A place in a source.

    Attributes:
        file: The source's file, as the map names it.
        line: From 1.
        column: From 1.
    """

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class SourceMap:
    """A decoded source map.

    Args:
        document: The map's JSON.

    Raises:
        ValueError: It is none.
    """

    def __init__(self, document: Any) -> None:
        if not isinstance(document, dict) or not isinstance(document.get("mappings"), str):
            raise ValueError("no source map")
        sources = document.get("sources")
        root = document.get("sourceRoot") or ""
        base = root if root.endswith("/") or not root else f"{root}/"
        self._sources = [f"{base}{name}" for name in sources] if isinstance(sources, list) else []
        self._lines = _decode(document["mappings"])

    def find(self, line: int, column: int) -> SourcePosition | None:
        """The source of a place in the bundle, both from 1; None where the map has none."""
        if not 1 <= line <= len(self._lines):
            return None
        segments = self._lines[line - 1]
        index = bisect_right(segments, column - 1, key=lambda segment: segment[0]) - 1
        if index < 0 or segments[index][1] >= len(self._sources):
            return None
        _, source, source_line, source_column = segments[index]
        return SourcePosition(self._sources[source], source_line + 1, source_column + 1)


def find_source_map(bundle: Path) -> SourceMap | None:
    """The map beside a bundle (`index.js.map`); None where there is none that can be read."""
    path = bundle.with_name(f"{bundle.name}.map")
    try:
        return _read(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, RecursionError) as error:
        _log.warning("%s: no source map can be read here, errors have no source: %r", path, error)
        return None


def inline_source_map(source: str) -> SourceMap | None:
    """The map in the last line of a bundle's text; None where there is none that can be read.

    Nakama's engine reads that one, too, and no other.
    """
    last = source.rstrip("\r\n").rpartition("\n")[2]
    if not last.startswith(_INLINE):
        return None
    try:
        return _read(base64.b64decode(last.partition(",")[2], validate=True))
    except (ValueError, LookupError, RecursionError) as error:
        _log.warning("the source map in the bundle can't be read, nor by Nakama: %r", error)
        return None


def _read(text: bytes) -> SourceMap:
    return SourceMap(json.loads(text))


_Segment = tuple[int, int, int, int]


def _decode(mappings: str) -> list[list[_Segment]]:
    lines = []
    source = source_line = source_column = 0
    for line in mappings.split(";"):
        segments: list[_Segment] = []
        column = 0
        for text in filter(None, line.split(",")):
            values = _numbers(text)
            column += values[0]
            if len(values) < 4:
                continue
            source += values[1]
            source_line += values[2]
            source_column += values[3]
            segments.append((column, source, source_line, source_column))
        lines.append(segments)
    return lines


def _numbers(text: str) -> list[int]:
    numbers = []
    value = shift = 0
    for digit in text:
        part = _DIGITS[digit]
        value |= (part & ~_CONTINUED) << shift
        shift += 5
        if not part & _CONTINUED:
            numbers.append(-(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    return numbers

"""A bundle: the one file of server modules in JavaScript, made ready for the mock's engine."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from attrs import define, field, frozen
from tree_sitter import Node

from mock_server.runtime.errors import ModuleLoadError
from mock_server.runtime.js.init_module import InitModuleReader
from mock_server.runtime.js.language import Finding, unknown_names, unparsable
from mock_server.runtime.js.sourcemap import (
    SourceMap,
    SourcePosition,
    find_source_map,
    inline_source_map,
)
from mock_server.runtime.js.syntax import arguments_of, parse, text_of, walk
from mock_server.runtime.js.syntax import field as part
from mock_server.runtime.js.wording import Wording

_STRICT = '"use strict";'
_ERRORS = re.compile(r"new\s+(?:\w*Error|GoError)\b")
_PROPERTY = re.compile(r"\\[pP]\{[^}]*\}")


@frozen
class _Insertion:
    line: int
    column: int
    length: int


@frozen
class _Analysis:
    """What is read from the text of a bundle, wherever its file is."""

    foreign: Finding | None
    program: str
    init_module: InitModuleReader
    unknown: list[Finding]
    wording: Wording
    insertions: list[_Insertion]


@lru_cache(maxsize=8)  # a bundle of 2,000 lines takes 0.2 s, and tests start a server for each
def _analysed(source: str) -> _Analysis:
    root = parse(source)
    program, insertions = _instrumented(root, source)
    return _Analysis(
        foreign=unparsable(root),
        program=program,
        init_module=InitModuleReader(root),
        unknown=[] if root.has_error else unknown_names(root),
        wording=Wording(root),
        insertions=insertions,
    )


@define
class Bundle:
    """A bundle that is loaded.

    Attributes:
        path: Its file.
        source: Its text.
        program: What the engine runs: the text in strict mode, its `throw`s written down.
        init_module: Finds what its InitModule registers.
        unknown: What it uses that Nakama's engine does not have.
        wording: Puts the engine's messages into Nakama's words.
    """

    path: Path
    source: str
    program: str
    init_module: InitModuleReader
    unknown: list[Finding]
    wording: Wording = field(repr=False)
    _insertions: list[_Insertion] = field(repr=False)
    _inline_map: SourceMap | None = field(repr=False)
    _map: SourceMap | None = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> Bundle:
        """Read a bundle.

        Raises:
            ModuleLoadError: It can't be read, or has syntax that Nakama's engine does not parse.
        """
        try:
            source = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ModuleLoadError(f"{path}: {error}") from error
        read = _analysed(source)
        inline_map = inline_source_map(source)
        if read.foreign is not None:
            foreign = read.foreign
            raise ModuleLoadError(
                f"{path}:{foreign.line}: SyntaxError: {path.name}: Line {foreign.line}:"
                f"{foreign.column} {foreign.what}: Nakama's engine does not parse it"
            )
        return cls(
            path,
            source,
            read.program,
            read.init_module,
            read.unknown,
            read.wording,
            read.insertions,
            inline_map,
            inline_map or find_source_map(path),
        )

    @property
    def name(self) -> str:
        """The file's name, as stack traces show it."""
        return self.path.name

    def position(self, line: int, column: int) -> tuple[int, int]:
        """The place in the file of a place in the program."""
        shift = 0
        for insertion in self._insertions:
            if insertion.line == line and insertion.column + shift < column:
                shift += insertion.length
        return line, max(column - shift, 1)

    def shown(self, line: int, column: int) -> str:
        """A place in the file, as Nakama's engine shows it: by the map in the file's own text."""
        # The engine counts columns from 1 and its reader of maps from 0: it looks one too far.
        place = None if self._inline_map is None else self._inline_map.find(line, column + 1)
        if place is None:
            return f"{self.name}:{line}:{column}"
        return f"{place.file}:{place.line}:{place.column - 1}"

    def typescript(self, line: int, column: int) -> SourcePosition | None:
        """The place in TypeScript of a place in the file, where there is a source map."""
        return None if self._map is None else self._map.find(line, column)


def _instrumented(root: Node, source: str) -> tuple[str, list[_Insertion]]:
    """The program in strict mode, with `throw $nkThrown((x))` and `eval($nkCode((x)))`."""
    data = source.encode(errors="replace")
    pieces: list[tuple[int, str]] = [(0, _STRICT)]
    if not root.has_error:
        for node in walk(root):
            if node.type == "throw_statement":
                pieces += _marked_throw(node)
            elif node.type == "call_expression":
                pieces += _marked_eval(node)
        data = without_properties(root, data)
    out, insertions = [], []
    end, line, column = 0, 1, 1
    for offset, text in sorted(pieces, key=lambda piece: piece[0]):
        between = data[end:offset].decode(errors="replace")
        lines = between.count("\n")
        line += lines
        column = len(between) - between.rfind("\n") if lines else column + len(between)
        out += [between, text]
        insertions.append(_Insertion(line, column, len(text)))
        end = offset
    out.append(data[end:].decode(errors="replace"))
    return "".join(out), insertions


def _marked_throw(node: Node) -> list[tuple[int, str]]:
    values = [each for each in node.named_children if each.type != "comment"]
    if not values or _ERRORS.match(text_of(values[0])):
        return []
    return [(values[0].start_byte, "$nkThrown(("), (values[0].end_byte, "))")]


def _marked_eval(node: Node) -> list[tuple[int, str]]:
    called = part(node, "function")
    if called.type != "identifier" or text_of(called) != "eval":
        return []
    code = arguments_of(node)[:1]
    if not code or code[0].type == "spread_element":
        return []
    return [(code[0].start_byte, "$nkCode(("), (code[0].end_byte, "))")]


def without_properties(root: Node, data: bytes) -> bytes:
    r"""A program whose `\p{…}` match nothing, as in goja, each byte where it was."""
    changed = bytearray(data)
    for node in walk(root):
        if node.type == "regex" and "u" in _flags(node):
            pattern = part(node, "pattern")
            changed[pattern.start_byte : pattern.end_byte] = _unmatched(
                data[pattern.start_byte : pattern.end_byte].decode()
            ).encode()
    return bytes(changed)


def _flags(node: Node) -> str:
    flags = node.child_by_field_name("flags")
    return "" if flags is None else text_of(flags)


def _unmatched(pattern: str) -> str:
    def nothing(found: re.Match[str]) -> str:
        before = pattern[: found.start()]
        if before.count("[") > before.count(
            "]"
        ):  # in a class, where the letters stand for themselves
            return "pp" + "p" * (len(found[0]) - 2)
        return "(?!" + "|" * (len(found[0]) - 4) + ")"

    return _PROPERTY.sub(nothing, pattern)

"""The syntax tree of a bundle (tree-sitter), and where things are in it."""

from __future__ import annotations

from collections.abc import Iterator

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

_LANGUAGE = Language(tree_sitter_javascript.language())


def parse(source: str) -> Node:
    """Parse a program; its errors become nodes, too."""
    return Parser(_LANGUAGE).parse(source.encode(errors="replace")).root_node


def walk(node: Node) -> Iterator[Node]:
    """A node and all nodes in it, in the order of the text."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting += reversed(current.children)


def text_of(node: Node) -> str:
    """The source of a node."""
    return (node.text or b"").decode()


def line_of(node: Node) -> int:
    """The line in which a node begins, from 1."""
    return node.start_point[0] + 1


def string_of(node: Node) -> str | None:
    """The value of a string literal, None for any other node."""
    if node.type != "string":
        return None
    pieces = (text_of(part) for part in node.named_children)
    return "".join(_unescaped(piece) if piece.startswith("\\") else piece for piece in pieces)


def bare(node: Node) -> Node:
    """A node without the parentheses around it, which goja's tree does not have."""
    while node.type == "parenthesized_expression" and node.named_child_count == 1:
        node = node.named_children[0]
    return node


def field(node: Node, name: str) -> Node:
    """A part of a node that its grammar promises."""
    part = node.child_by_field_name(name)
    assert part is not None, f"{node.type} without {name}"
    return part


def arguments_of(call: Node) -> list[Node]:
    """The arguments of a call."""
    given = field(call, "arguments")
    return [bare(each) for each in given.named_children if each.type != "comment"]


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}


def _unescaped(escape: str) -> str:
    body = escape[1:]
    if body[0] in "xu" and len(body) > 1:
        return chr(int(body[1:].strip("{}"), 16))
    return _ESCAPES.get(body, body)

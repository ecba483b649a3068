"""Messages of TypeErrors in goja's words, with the names that the mock's engine leaves out."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property

from tree_sitter import Node

from mock_server.runtime.js.syntax import bare, field, line_of, text_of, walk

_UNREADABLE = re.compile("cannot read property '(.*)' of (?:undefined|null)")
_NO_FUNCTION = "not a function"
_STATEMENTS = (
    "arrow_function",
    "function_declaration",
    "function_expression",
    "method_definition",
    "program",
    "statement_block",
)


class Wording:
    """The words for one program.

    Args:
        root: Its syntax tree.
    """

    def __init__(self, root: Node) -> None:
        self._root = root

    def reword(self, message: str, line: int, column: int) -> str:
        """The message as goja has it.

        Args:
            message: As the mock's engine has it.
            line: Where the error was made.
            column: The same.
        """
        unreadable = _UNREADABLE.fullmatch(message)
        if unreadable is not None:
            is_called = unreadable[1] in self._called[line]
            return f"Cannot read property '{unreadable[1]}' of undefined" + (
                " or null" if is_called else ""
            )
        if message == _NO_FUNCTION:
            called = self._call_at(line, column)
            if called is not None:
                return f"Object has no member '{called}'"
        return message

    def _call_at(self, line: int, column: int) -> str | None:
        """The member that is called at a place, which is in the call or its last argument.

        None where it may be another one, because the call is itself an argument of a call.
        """
        point = (line - 1, column - 1)
        node = self._root.descendant_for_point_range(point, point)
        call: Node | None = None
        while node is not None and node.type not in _STATEMENTS:
            if node.type == "call_expression":
                if call is not None:
                    return None
                call = node
            node = node.parent
        callee = None if call is None else bare(field(call, "function"))
        if callee is None or callee.type != "member_expression":
            return None
        return text_of(field(callee, "property"))

    @cached_property
    def _called(self) -> dict[int, set[str]]:
        """The members that are called, by line."""
        called = defaultdict(set)
        for node in walk(self._root):
            if node.type == "call_expression":
                callee = bare(field(node, "function"))
                if callee.type == "member_expression":
                    name = field(callee, "property")
                    called[line_of(name)].add(text_of(name))
        return called

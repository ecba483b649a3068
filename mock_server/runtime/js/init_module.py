"""What InitModule registers, read from its syntax tree as Nakama reads it.

Nakama keeps the *name* of a registered function, and takes it from the source, not from the call.
Where its search does not find the name, the call fails; where it does not expect what it meets,
the real server ends without a word, exit code 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from attrs import define, field
from tree_sitter import Node

from mock_server.runtime.js.syntax import (
    arguments_of,
    bare,
    line_of,
    parse,
    string_of,
    text_of,
)
from mock_server.runtime.js.syntax import field as part

_FUNCTIONS = ("function_declaration", "generator_function_declaration")
_LITERALS = ("function_expression", "generator_function")
_INLINED = "function literal found: javascript functions cannot be inlined"
_NOT_FOUND = "not found"
_SCOPES = (*_FUNCTIONS, *_LITERALS, "arrow_function", "method_definition", "class_declaration")

Globals = Mapping[str, str | None]
"""The texts of global variables by name; None where there is none."""


class FunctionNotFound(Exception):
    """Nakama's search does not find the function; the text is Nakama's."""


class Unexpected(Exception):
    """Code that ends the real server without a message.

    Args:
        line: Where it is.
        reason: What is wrong, and what to do.
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


@define
class _InitModule:
    body: Node
    initializer: str


class InitModuleReader:
    """Finds the names of the functions that a bundle registers.

    Args:
        root: The program's syntax tree.
    """

    def __init__(self, root: Node) -> None:
        self._root = root
        self.identifiers = sorted(_id_names(root))

    @classmethod
    def of(cls, source: str) -> InitModuleReader:
        """The registrations in a bundle's text."""
        return cls(parse(source))

    def rpc(self, rpc_id: str, known: Globals, method: str = "registerRpc") -> str:
        """The name of the function of `registerRpc` or `registerStorageIndexFilter`.

        Args:
            rpc_id: What it is registered for.
            known: Global variables.
            method: The initializer's function.

        Raises:
            FunctionNotFound: There is none.
            Unexpected: The real server would end here.
        """

        def search(body: Node, initializer: str) -> str:
            # Within a `try`, Nakama looks for RPCs whatever it looks for.
            inner = method if body is init.body else "registerRpc"
            found = _Search(body, initializer, inner, search)
            return found.first(lambda call: _named(call, rpc_id, known, _rpc_function))

        init = self._init_module()
        return _extract(f"js {rpc_id} function", lambda: search(init.body, init.initializer))

    def hook(self, method: str) -> str:
        """The name of the function of a hook that has no name of its own.

        Raises:
            FunctionNotFound: There is none.
            Unexpected: The real server would end here.
        """

        def search(body: Node, initializer: str) -> str:
            return _Search(body, initializer, method, search).first(_hook_function)

        init = self._init_module()
        return _extract(f"js {method} function", lambda: search(init.body, init.initializer))

    def realtime_hook(self, method: str, message: str, known: Globals) -> str:
        """The name of the function of `registerRtBefore` or `registerRtAfter`.

        Raises:
            FunctionNotFound: There is none.
            Unexpected: The real server would end here.
        """

        def search(body: Node, initializer: str) -> str:
            found = _Search(body, initializer, method, search)
            return found.first(lambda call: _named(call, message, known, _rt_function))

        init = self._init_module()
        return _extract(
            f"js realtime {method} hook function", lambda: search(init.body, init.initializer)
        )

    def match(self, name: str, function: str, known: Globals) -> str:
        """The name of one of the seven functions of `registerMatch`.

        Args:
            name: The match handler's.
            function: As `matchInit`.
            known: Global variables.

        Raises:
            FunctionNotFound: There is none.
            Unexpected: The real server would end here.
        """

        def search(body: Node, initializer: str) -> str:
            found = _Search(body, initializer, "registerMatch", search)
            return found.first(
                lambda call: _named(call, name, known, lambda it: self._handler(it, function))
            )

        init = self._init_module()
        return _extract(
            f'js match handler "{function}" function for module "{name}" global id',
            lambda: search(init.body, init.initializer),
            key="",
        )

    def _init_module(self) -> _InitModule:
        literal = None
        for statement in self._root.named_children:
            if statement.type in _FUNCTIONS and text_of(part(statement, "name")) == "InitModule":
                literal = statement
                break
            if statement.type == "variable_declaration":
                literal = _init_literal(statement) or literal
        if literal is None:
            raise FunctionNotFound("failed to find InitModule function")
        parameters = [
            each for each in part(literal, "parameters").named_children if each.type != "comment"
        ]
        if len(parameters) < 4:
            raise FunctionNotFound("InitModule function is missing params")
        fourth = parameters[3]
        if fourth.type == "assignment_pattern":
            fourth = part(fourth, "left")
        if fourth.type != "identifier":
            raise Unexpected(line_of(fourth), "the fourth parameter of InitModule must be a name")
        return _InitModule(part(literal, "body"), text_of(fourth))

    def _handler(self, call: Node, function: str) -> str:
        given = _argument(call, 1)
        literal: Node | None = given if given.type == "object" else None
        if given.type == "identifier":
            literal = self._global_object(text_of(given))
        if literal is None:
            raise Unexpected(
                line_of(call),
                "the match handler must be an object literal in the call, or the name of a global "
                "`var` that holds one",
            )
        return _property(literal, function)

    def _global_object(self, name: str) -> Node | None:
        found = None
        for declaration in _global_vars(self._root):
            first = declaration.named_children[0]
            value = first.child_by_field_name("value")
            if value is not None and text_of(part(first, "name")) == name:
                found = bare(value) if bare(value).type == "object" else found
        return found


@define
class _Search:
    """A search among the statements of a block, for calls of one function of the initializer."""

    body: Node
    initializer: str
    method: str
    within: Callable[[Node, str], str] = field(repr=False)

    def first(self, function_of: Callable[[Node], str | None]) -> str:
        """The first result of `function_of` that is not None."""
        for statement in self.body.named_children:
            if statement.type == "try_statement":
                try:
                    return self.within(part(statement, "body"), self.initializer)
                except FunctionNotFound:
                    continue
            call = self._call(statement)
            name = None if call is None else function_of(call)
            if name is not None:
                return name
        raise FunctionNotFound(_NOT_FOUND)

    def _call(self, statement: Node) -> Node | None:
        if statement.type != "expression_statement":
            return None
        call = bare(statement.named_children[0])
        if call.type != "call_expression" or call.child_by_field_name("optional_chain"):
            return None
        callee = bare(part(call, "function"))
        if callee.type != "member_expression" or callee.child_by_field_name("optional_chain"):
            return None
        owner = bare(part(callee, "object"))
        if owner.type != "identifier":
            raise Unexpected(
                line_of(statement),
                f"before a registration, InitModule may call only functions of plain names: "
                f"`{text_of(callee)}(…)` is none; call it after the registrations, or put it into "
                "a function of its own",
            )
        is_wanted = (text_of(owner), text_of(part(callee, "property"))) == (
            self.initializer,
            self.method,
        )
        return call if is_wanted else None


def _extract(what: str, search: Callable[[], str], key: str = " key") -> str:
    try:
        return search()
    except FunctionNotFound as error:
        raise FunctionNotFound(f"{what}{key} could not be extracted: {error}") from None


def _named(
    call: Node, name: str, known: Globals, function_of: Callable[[Node], str | None]
) -> str | None:
    """The function of a call whose first argument is `name`, or something not compared."""
    given = _argument(call, 0)
    if given.type == "identifier":
        value = known.get(text_of(given))
        if value is None:
            raise Unexpected(
                line_of(call),
                f"the id `{text_of(given)}` is a local variable; it must be a text or a global "
                "variable",
            )
        if value != name:
            return None
    elif given.type == "string" and string_of(given) != name:
        return None
    return function_of(call)


def _rpc_function(call: Node) -> str:
    given = _argument(call, 1)
    if given.type == "member_expression":
        return text_of(part(given, "property"))
    name = _plain_name(given)
    if name is None:
        raise FunctionNotFound(_INLINED)
    return name


def _rt_function(call: Node) -> str:
    name = _plain_name(_argument(call, 1))
    if name is None:
        raise FunctionNotFound(_NOT_FOUND)
    return name


def _hook_function(call: Node) -> str:
    name = _plain_name(_argument(call, 0))
    if name is None:
        raise FunctionNotFound(_NOT_FOUND)
    return name


def _plain_name(given: Node) -> str | None:
    return text_of(given) if given.type in ("identifier", "undefined") else string_of(given)


def _property(literal: Node, function: str) -> str:
    for each in literal.named_children:
        if each.type == "shorthand_property_identifier" and text_of(each) == function:
            return function
        if each.type == "pair" and text_of(part(each, "key")) == function:
            name = _plain_name(bare(part(each, "value")))
            if name is None:
                raise FunctionNotFound(_INLINED)
            return name
        if each.type == "method_definition" and text_of(part(each, "name")) == function:
            raise FunctionNotFound(_INLINED)
    raise FunctionNotFound(_NOT_FOUND)


def _argument(call: Node, number: int) -> Node:
    given = arguments_of(call)
    if len(given) <= number:
        raise Unexpected(line_of(call), f"`{text_of(call)}` has too few arguments")
    return given[number]


def _init_literal(statement: Node) -> Node | None:
    first = statement.named_children[0]
    value = first.child_by_field_name("value")
    if value is None or text_of(part(first, "name")) != "InitModule":
        return None
    return bare(value) if bare(value).type in _LITERALS else None


def _global_vars(node: Node) -> list[Node]:
    """The `var` statements that make global variables, those within blocks included."""
    found = []
    for child in node.named_children:
        if child.type == "variable_declaration":
            found.append(child)
        if child.type not in _SCOPES:
            found += _global_vars(child)
    return found


def _id_names(root: Node) -> set[str]:
    """The variables that are the first argument of a registration, wherever it is."""
    names = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        waiting += node.named_children
        if node.type == "call_expression" and node.child_by_field_name("arguments"):
            callee = bare(part(node, "function"))
            given = part(node, "arguments")
            is_call = callee.type == "member_expression" and given.type == "arguments"
            if is_call and text_of(part(callee, "property")).startswith("register"):
                first = next(iter(arguments_of(node)), None)
                if first is not None and first.type == "identifier":
                    names.add(text_of(first))
    return names

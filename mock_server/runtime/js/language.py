"""What the engine of the mock has, and goja, the engine of Nakama, has not.

Syntax that goja does not parse is an error when a bundle is loaded; names that it does not know are
absent at run time, and a warning names those that a bundle uses when it is loaded.

https://heroiclabs.com/docs/nakama/server-framework/typescript-runtime/#restrictions
"""

from __future__ import annotations

from attrs import frozen
from tree_sitter import Node

from mock_server.runtime.js.syntax import bare, field, text_of, walk

ABSENT_GLOBALS = (
    "AsyncDisposableStack",
    "Atomics",
    "DOMException",
    "DisposableStack",
    "FinalizationRegistry",
    "Float16Array",
    "InternalError",
    "Iterator",
    "SharedArrayBuffer",
    "SuppressedError",
    "WeakRef",
    "atob",
    "btoa",
    "bjson",
    "navigator",
    "performance",
    "print",
    "queueMicrotask",
    "gc",
    "scriptArgs",
    "std",
    "os",
    "console",
)
"""Global variables of the mock's engine that goja has not; they are taken away."""

_ELSEWHERE = (
    "AbortController",
    "Buffer",
    "Intl",
    "TextDecoder",
    "TextEncoder",
    "URL",
    "URLSearchParams",
    "WebAssembly",
    "XMLHttpRequest",
    "clearInterval",
    "clearTimeout",
    "crypto",
    "exports",
    "fetch",
    "module",
    "process",
    "require",
    "setImmediate",
    "setInterval",
    "setTimeout",
    "structuredClone",
    "window",
)

ABSENT_MEMBERS = {
    "Array": ("fromAsync",),
    "ArrayBuffer.prototype": (
        "detached",
        "maxByteLength",
        "resizable",
        "resize",
        "sliceToImmutable",
        "transfer",
        "transferToFixedLength",
        "transferToImmutable",
        "immutable",
    ),
    "DataView.prototype": ("getFloat16", "setFloat16"),
    "Date.prototype": ("getYear", "setYear", "toGMTString"),
    "Error": ("captureStackTrace", "isError", "stackTraceLimit", "prepareStackTrace"),
    "Function.prototype": ("columnNumber", "fileName", "lineNumber"),
    "JSON": ("isRawJSON", "rawJSON"),
    "Map": ("groupBy",),
    "Map.prototype": ("getOrInsert", "getOrInsertComputed"),
    "WeakMap.prototype": ("getOrInsert", "getOrInsertComputed"),
    "Math": ("f16round", "sumPrecise"),
    "Object": ("groupBy",),
    "Object.prototype": (
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
    ),
    "Promise": ("try", "withResolvers"),
    "RegExp": ("escape",),
    "RegExp.prototype": ("hasIndices", "unicodeSets"),
    "Set.prototype": (
        "difference",
        "intersection",
        "isDisjointFrom",
        "isSubsetOf",
        "isSupersetOf",
        "symmetricDifference",
        "union",
    ),
    "String.prototype": (
        "anchor",
        "big",
        "blink",
        "bold",
        "fixed",
        "fontcolor",
        "fontsize",
        "isWellFormed",
        "italics",
        "link",
        "small",
        "strike",
        "sub",
        "sup",
        "toWellFormed",
    ),
    "Symbol": ("asyncDispose", "asyncIterator", "dispose"),
    "Uint8Array": ("fromBase64", "fromHex"),
    "Uint8Array.prototype": ("setFromBase64", "setFromHex", "toBase64", "toHex"),
}
"""Members of the mock's engine's objects that goja has not; they are taken away."""

_HINTS = {
    "console": "use `logger`",
    "require": "bundle the modules into the one file",
    "module": "a bundle is a script: no modules",
    "exports": "a bundle is a script: no modules",
    "setTimeout": "there are no timers",
    "setInterval": "there are no timers",
    "fetch": "use `nk.httpRequest`",
    "XMLHttpRequest": "use `nk.httpRequest`",
    "atob": "use `nk.base64Decode`",
    "btoa": "use `nk.base64Encode`",
    "TextEncoder": "use `nk.stringToBinary`",
    "TextDecoder": "use `nk.binaryToString`",
    "crypto": "use `nk.secureRandomBytes` or `nk.uuidv4`",
}
_DECLARATIONS = (
    "class_declaration",
    "function_declaration",
    "generator_function_declaration",
    "variable_declarator",
)


@frozen
class Finding:
    """Something in a source that goja does not have.

    Attributes:
        line: Where, from 1.
        column: The same, from 1.
        what: What it is.
    """

    line: int
    column: int
    what: str


def unparsable(root: Node) -> Finding | None:
    """The first syntax of a program that the mock's engine parses and goja does not."""
    for node in walk(root):
        what = _foreign_syntax(node)
        if what is not None:
            return _finding(node, what)
    return None


def unknown_names(root: Node) -> list[Finding]:
    """What a program uses, and does not declare, that is absent at run time."""
    declared = {text_of(name) for node in walk(root) for name in _declared(node)}
    findings = []
    for node in walk(root):
        name = _unknown_name(node, declared)
        if name is not None:
            hint = _HINTS.get(name)
            findings.append(_finding(node, f"`{name}`" + (f" ({hint})" if hint else "")))
    return findings


def _finding(node: Node, what: str) -> Finding:
    row, column = node.start_point
    return Finding(row + 1, column + 1, what)


def _foreign_syntax(node: Node) -> str | None:
    if node.type in ("import_statement", "export_statement"):
        return "a bundle is a script, not a module: no `import`, no `export`"
    if node.type == "import":
        return "`import()`"
    if node.type == "using_declaration":
        return "`using`"
    if node.type == "for_in_statement" and _has_token(node, "await"):
        return "`for await`"
    if _has_token(node, "async") and _has_token(node, "*"):
        return "async generators"
    if node.type == "regex_flags" and (stray := set(text_of(node)) & set("dv")):
        return f"the flag `{min(stray)}` of regular expressions"
    return None


def _has_token(node: Node, token: str) -> bool:
    return any(child.type == token for child in node.children)


def _declared(node: Node) -> list[Node]:
    if node.type in _DECLARATIONS:
        name = node.child_by_field_name("name")
        return [] if name is None else [each for each in walk(name) if "identifier" in each.type]
    if node.type in ("formal_parameters", "catch_clause"):
        return [each for each in walk(node) if each.type == "identifier"]
    return []


def _unknown_name(node: Node, declared: set[str]) -> str | None:
    if node.type == "identifier":
        name = text_of(node)
        is_absent = name in ABSENT_GLOBALS or name in _ELSEWHERE
        return name if is_absent and name not in declared and not _is_probed(node) else None
    if node.type != "member_expression":
        return None
    owner, member = bare(field(node, "object")), text_of(field(node, "property"))
    if member in ABSENT_MEMBERS.get(text_of(owner), ()):
        return f"{text_of(owner)}.{member}"
    return None


def _is_probed(node: Node) -> bool:
    """Whether a name is only asked for with `typeof`."""
    parent = node.parent
    return parent is not None and parent.type == "unary_expression"

"""Values that cross between JavaScript and Python.

They cross as JSON. What JSON can't say is `{"$": kind}` on the way here (see `prelude/`), and a
letter before the JSON on the way back. Whole numbers up to 2⁵³ are ints, all others floats, as in
Nakama; ArrayBuffers are bytes.
"""

from __future__ import annotations

import json
import math
import re
from enum import Enum
from typing import Any

from attrs import frozen

_LONE = re.compile(r"(?<!\\)((?:\\\\)*)\\u(d[89ab][0-9a-f]{2}(?!\\ud[c-f])|d[c-f][0-9a-f]{2})")
_EXACT = 1 << 53


class Undefined(Enum):
    """JavaScript's undefined."""

    UNDEFINED = "undefined"


UNDEFINED = Undefined.UNDEFINED


@frozen
class JsOpaque:
    """A value that no function takes.

    Attributes:
        kind: `function`, `symbol`, `view` (a typed array), `promise`, `bigint`, `string object` or
            `cycle` (an object within itself).
        value: What is known of it; the bytes of a Uint8Array; what Go calls a cycle's type.
    """

    kind: str
    value: Any = None


@frozen
class Date:
    """A Date.

    Attributes:
        text: As RFC 3339, with milliseconds.
    """

    text: str


@frozen
class GoTime:
    """A time of Go's, which has methods and is no Date.

    Attributes:
        text: As Go writes it into JSON.
        microseconds: Since 1970.
    """

    text: str
    microseconds: int


@frozen
class Revived:
    """A result with values that JSON can't say: bytes, `UNDEFINED`, `ProtobufMessage`, `GoTime`."""

    value: Any


_METHODS = ("Descriptor", "ProtoMessage", "ProtoReflect", "Reset", "String")
TIMESTAMP_METHODS = (*_METHODS, "AsTime", "CheckValid", "IsValid")


@frozen
class ProtobufMessage:
    """A protobuf message that Nakama passes on as it is in Go.

    Attributes:
        fields: Its fields under Go's names; each has a method `Get…`, too.
        methods: Its other methods.
    """

    fields: dict[str, Any]
    methods: tuple[str, ...] = _METHODS


_OPAQUE = {"F": "function", "y": "symbol", "P": "promise"}


def decode(text: str) -> Any:
    """A value that JavaScript sends."""
    if "\\ud" in text:
        text = _LONE.sub(lambda found: f"{found[1]}\ufffd", text)
    return _decoded(json.loads(text))


def encode(value: Any) -> str:
    """A result for JavaScript; None is null, and `UNDEFINED` is undefined."""
    if value is UNDEFINED:
        return "u"
    if isinstance(value, bytes):
        return f"b{value.hex()}"
    if isinstance(value, Revived):
        return f"w{to_json(marked(value.value))}"
    return f"v{to_json(value)}"


def to_json(value: Any) -> str:
    """JSON text for JavaScript; stray bytes of texts become U+FFFD."""
    text = json.dumps(value, separators=(",", ":"))
    return _LONE.sub(lambda found: rf"{found[1]}\ufffd", text) if "\\ud" in text else text


def plain(value: Any) -> Any:
    """A value as Go writes it as JSON: without what is undefined, and dates as texts.

    Raises:
        TypeError: There is something that JSON does not have.
    """
    if value is UNDEFINED:
        return None
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, Date):
        return re.sub(r"\.?0*Z$", "Z", value.text)
    if isinstance(value, JsOpaque):
        return _plain_opaque(value)
    return {} if isinstance(value, bytes) else value


def _plain_opaque(value: JsOpaque) -> Any:
    if value.kind == "function":
        raise TypeError("json: unsupported type: func(goja.FunctionCall) goja.Value")
    if value.kind == "cycle":
        kind = f"{value.value}interface {{}}"
        raise TypeError(f"json: unsupported value: encountered a cycle via {kind}")
    if value.kind in ("bigint", "string object"):
        return value.value
    return {}


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if isinstance(value, dict):
        kind = value.get("$")
        if kind is not None:
            return _special(kind, value.get("v"))
        return {name: _decoded(item) for name, item in value.items()}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _EXACT:
        return float(value)
    return value


def _special(kind: str, value: Any) -> Any:
    if kind == "u":
        return UNDEFINED
    if kind == "f":
        return float(value)
    if kind == "b":
        return bytes.fromhex(value)
    if kind == "d":
        return Date(value)
    if kind == "o":
        return {name: _decoded(item) for name, item in value.items()}
    if kind == "n":
        return JsOpaque("bigint", int(value))
    if kind == "t":
        return JsOpaque("view", None if value is None else bytes.fromhex(value))
    if kind == "S":
        return JsOpaque("string object", value)
    if kind == "c":
        return JsOpaque("cycle", value)
    return JsOpaque(_OPAQUE[kind])


def marked(value: Any) -> Any:
    """A value with marks where JSON can't say it."""
    if value is UNDEFINED:
        return {"$": "u"}
    if isinstance(value, bytes):
        return {"$": "b", "v": value.hex()}
    if isinstance(value, Date):
        return {"$": "d", "v": value.text}
    if isinstance(value, float) and not math.isfinite(value):
        return {"$": "f", "v": repr(value).replace("inf", "Infinity")}
    if isinstance(value, GoTime):
        return {"$": "t", "v": value.text, "u": value.microseconds}
    if isinstance(value, ProtobufMessage):
        return {"$": "p", "v": value.fields, "m": value.methods}
    if isinstance(value, dict):
        members = {name: marked(item) for name, item in value.items()}
        return {"$": "o", "v": members} if "$" in value else members
    return [marked(item) for item in value] if isinstance(value, list) else value

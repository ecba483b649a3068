"""Go's `fmt.Sprintf`, for the logger: formats of values that came from JavaScript.

https://pkg.go.dev/fmt
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from mock_server.runtime.js.values import UNDEFINED, Date, JsOpaque
from mock_server.wire.strconv import quote

_VERB = re.compile(r"%([-+# 0]*)(\d*)(?:\.(\d*))?(.?)", re.DOTALL)
_INTEGER = {"d": "d", "x": "x", "X": "X", "o": "o", "b": "b", "c": "c"}
_FLOAT = {"f": "f", "F": "f", "e": "e", "E": "E", "g": "g", "G": "G"}


def sprintf(form: str, values: Sequence[Any]) -> str:
    """Format values as Go does, mistakes included: `%!d(MISSING)`, `%!(EXTRA …)`."""
    waiting = list(values)

    def fill(found: re.Match[str]) -> str:
        flags, width, precision, verb = found.groups()
        if verb == "%":
            return "%"
        if not verb:
            return "%!(NOVERB)"
        if not waiting:
            return f"%!{verb}(MISSING)"
        text = _formatted(waiting.pop(0), verb, flags, precision)
        if width:
            is_left = "-" in flags
            text = text.ljust(int(width)) if is_left else text.rjust(int(width), _fill(flags, text))
        return text

    text = _VERB.sub(fill, form)
    if waiting:
        extra = ", ".join(f"{_type(value)}={verb_v(value)}" for value in waiting)
        text += f"%!(EXTRA {extra})"
    return text


def verb_v(value: Any) -> str:
    """A value as `%v` prints it."""
    return _formatted(value, "v", "", None)


def _fill(flags: str, text: str) -> str:
    return "0" if "0" in flags and not text.startswith("-") else " "


def _formatted(value: Any, verb: str, flags: str, precision: str | None) -> str:
    if isinstance(value, dict) and verb != "T":
        members = (
            f"{_formatted(name, verb, flags, precision)}:{_formatted(item, verb, flags, precision)}"
            for name, item in sorted(value.items())
        )
        return f"map[{' '.join(members)}]"
    if isinstance(value, list) and verb != "T":
        return f"[{' '.join(_formatted(item, verb, flags, precision) for item in value)}]"
    if verb == "T":
        return _type(value)
    text = _scalar(value, verb, flags, precision)
    if text is not None:
        return text
    if _is_nil(value):
        return f"%!{verb}(<nil>)"
    return f"%!{verb}({_type(value)}={verb_v(value)})"


def _scalar(value: Any, verb: str, flags: str, precision: str | None) -> str | None:
    """A value that is no container; None where the verb is not for its type."""
    if _is_nil(value):
        return "<nil>" if verb == "v" else None
    if isinstance(value, bool):
        return str(value).lower() if verb in "vt" else None
    if isinstance(value, int):
        return _integer(value, verb, flags)
    if isinstance(value, float):
        return _float(value, verb, flags, precision)
    if isinstance(value, str):
        return _text(value, verb, flags, precision)
    return _other(value) if verb in "vs" else None


def _integer(value: int, verb: str, flags: str) -> str | None:
    if verb == "q":
        return f"'{chr(value)}'"
    if verb == "v":
        verb = "d"
    if verb not in _INTEGER:
        return None
    text = format(value, _INTEGER[verb])
    return f"+{text}" if "+" in flags and value >= 0 and verb != "c" else text


def _float(value: float, verb: str, flags: str, precision: str | None) -> str | None:
    if value != value or value in (float("inf"), float("-inf")):
        return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}[str(value)]
    if verb == "v" or (verb in "gG" and precision is None):
        text = _shortest(value)
    elif verb in _FLOAT:
        digits = 6 if precision is None else int(precision or 0)
        text = format(value, f".{digits}{_FLOAT[verb]}")
    else:
        return None
    return f"+{text}" if "+" in flags and value >= 0 else text


def _shortest(value: float) -> str:
    """`%v` of a double: the shortest digits, with an exponent below 1e-4 and from 1e6."""
    _, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    power = len(digits) + int(exponent) - 1
    if value == 0 or -4 <= power < 6:
        return f"{Decimal(repr(value)):f}".removesuffix(".0")
    first, *rest = map(str, digits)
    fraction = f".{''.join(rest)}" if rest else ""
    return f"{'-' if value < 0 else ''}{first}{fraction}e{power:+03d}"


def _text(value: str, verb: str, flags: str, precision: str | None) -> str | None:
    if precision:
        value = value[: int(precision)]
    if verb in "vs":
        return quote(value) if "#" in flags and verb == "v" else value
    if verb == "q":
        return quote(value)
    if verb in "xX":
        text = value.encode(errors="replace").hex()
        return text.upper() if verb == "X" else text
    return None


def _other(value: Any) -> str:
    if isinstance(value, Date):
        day, _, time = value.text.rstrip("Z").partition("T")
        return f"{day} {time} +0000 UTC"
    if isinstance(value, JsOpaque):
        return str(value.value) if value.value is not None else value.kind
    return str(value)


def _is_nil(value: Any) -> bool:
    return value is None or value is UNDEFINED


def _type(value: Any) -> str:
    if _is_nil(value):
        return "<nil>"
    if isinstance(value, bool):
        return "bool"
    names = {
        int: "int64",
        float: "float64",
        str: "string",
        dict: "map[string]interface {}",
        list: "[]interface {}",
        bytes: "goja.ArrayBuffer",
        Date: "time.Time",
    }
    return names.get(type(value), "func(goja.FunctionCall) goja.Value")

"""How Go prints the values that modules give to a statement, in the texts of errors."""

from __future__ import annotations

import math
from typing import Any

from attrs import frozen

from mock_server.sql.values import Instant
from mock_server.wire.strconv import format_float, quote

_NOT_FINITE = {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}


@frozen
class Foreign:
    """A value that no column takes, and that a module's language has no other form for.

    Attributes:
        text: How Go prints it.
    """

    text: str


def syntax(value: Any) -> str:
    """A value as `%#v` prints it: `map[string]interface {}{"x":1}`."""
    if isinstance(value, list):
        return "[]interface {}{" + ", ".join(_nested(item) for item in value) + "}"
    if isinstance(value, dict):
        members = (f"{quote(name)}:{_nested(item)}" for name, item in sorted(value.items()))
        return "map[string]interface {}{" + ", ".join(members) + "}"
    if isinstance(value, bytes):
        return "[]byte{" + ", ".join(f"{each:#x}" for each in value) + "}"
    return quote(value) if isinstance(value, str) else plain(value)


def plain(value: Any) -> str:
    """A value as `%v` prints it: `map[x:1]`, `[1 2]`."""
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | bytes):
        return "[" + " ".join(plain(item) for item in value) + "]"
    if isinstance(value, dict):
        members = (f"{name}:{plain(item)}" for name, item in sorted(value.items()))
        return "map[" + " ".join(members) + "]"
    if isinstance(value, Instant):
        return value.rfc3339()
    if isinstance(value, float):
        return format_float(value) if math.isfinite(value) else _NOT_FINITE[repr(value)]
    return value.text if isinstance(value, Foreign) else str(value)


def _nested(value: Any) -> str:
    return "interface {}(nil)" if value is None else syntax(value)

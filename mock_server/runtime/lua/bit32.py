"""`bit32`: Nakama's bit operations for Lua, as in Lua 5.2.

https://www.lua.org/manual/5.2/manual.html#6.7
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import and_, or_, xor
from typing import Any

from mock_server.runtime.arguments import lua_type, whole
from mock_server.runtime.errors import BadArgument, ModuleError

_ALL = 0xFFFF_FFFF
_WIDTH = 32


def _number(name: str, index: int, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadArgument(index, name, f"number expected, got {lua_type(value)}")
    return whole(value)


def _bits(name: str, *values: Any) -> list[int]:
    return [_number(name, index, value) & _ALL for index, value in enumerate(values, start=1)]


def _band(*values: Any) -> int:
    return reduce(and_, _bits("band", *values), _ALL)


def _bor(*values: Any) -> int:
    return reduce(or_, _bits("bor", *values), 0)


def _bxor(*values: Any) -> int:
    return reduce(xor, _bits("bxor", *values), 0)


def _btest(*values: Any) -> bool:
    return _band(*values) != 0


def _bnot(value: Any = None) -> int:
    return _bits("bnot", value)[0] ^ _ALL


def _lshift(value: Any = None, by: Any = None) -> int:
    bits, distance = _bits("lshift", value)[0], _number("lshift", 2, by)
    return _shifted(bits, distance)


def _rshift(value: Any = None, by: Any = None) -> int:
    bits, distance = _bits("rshift", value)[0], _number("rshift", 2, by)
    return _shifted(bits, -distance)


def _arshift(value: Any = None, by: Any = None) -> int:
    bits, distance = _bits("arshift", value)[0], _number("arshift", 2, by)
    signed = bits - (1 << _WIDTH) if bits >> (_WIDTH - 1) and distance > 0 else bits
    return (signed >> min(distance, _WIDTH)) & _ALL if distance > 0 else _shifted(bits, -distance)


def _lrotate(value: Any = None, by: Any = None) -> int:
    bits, distance = _bits("lrotate", value)[0], _number("lrotate", 2, by) % _WIDTH
    return ((bits << distance) | (bits >> (_WIDTH - distance))) & _ALL


def _rrotate(value: Any = None, by: Any = None) -> int:
    return _lrotate(value, -_number("rrotate", 2, by))


def _extract(value: Any = None, field: Any = None, width: Any = None) -> int:
    bits = _bits("extract", value)[0]
    start, size = _field("extract", field, width, 2)
    return (bits >> start) & ((1 << size) - 1)


def _replace(value: Any = None, inserted: Any = None, field: Any = None, width: Any = None) -> int:
    bits, new = _bits("replace", value, inserted)
    start, size = _field("replace", field, width, 3)
    mask = ((1 << size) - 1) << start
    return (bits & ~mask & _ALL) | ((new << start) & mask)


def _shifted(bits: int, distance: int) -> int:
    if abs(distance) >= _WIDTH:
        return 0
    return (bits << distance) & _ALL if distance >= 0 else bits >> -distance


def _field(name: str, field: Any, width: Any, index: int) -> tuple[int, int]:
    start = _number(name, index, field)
    size = 1 if width is None else _number(name, index + 1, width)
    if start < 0 or size < 1 or start + size > _WIDTH:
        raise ModuleError("trying to access non-existent bits")
    return start, size


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "arshift": _arshift,
    "band": _band,
    "bnot": _bnot,
    "bor": _bor,
    "btest": _btest,
    "bxor": _bxor,
    "extract": _extract,
    "lrotate": _lrotate,
    "lshift": _lshift,
    "replace": _replace,
    "rrotate": _rrotate,
    "rshift": _rshift,
}

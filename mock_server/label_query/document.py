"""What queries search: the fields of a label, or of a ticket's properties."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from attrs import define, field

from mock_server.label_query.times import parse_label_time

_SIGN_BIT = 1 << 63
_ALL_BITS = (1 << 64) - 1
_SHIFT_STEP = 4
_SHIFT_START = 0x20


@define(slots=False, eq=False)
class FieldValues:
    """The values of one field.

    Attributes:
        texts: Its texts; booleans are `T` and `F`.
        ordinals: Its numbers and times, as integers of the same order.
    """

    texts: set[str] = field(factory=set)
    ordinals: set[int] = field(factory=set)

    @cached_property
    def terms(self) -> frozenset[str]:
        """All that the index holds: wildcards and the like find the terms of numbers, too."""
        return frozenset(self.texts).union(*map(_number_terms, self.ordinals))


NO_FIELD = FieldValues()


class Document:
    """One thing that queries can find; add its fields before the first search."""

    def __init__(self) -> None:
        self._fields: dict[str, FieldValues] = {}

    def field(self, name: str) -> FieldValues:
        """The values of a field by its dotted path."""
        return self._fields.get(name, NO_FIELD)

    def add_text(self, name: str, text: str) -> None:
        """Add a text that is a text, even when it looks like a time."""
        self._field(name).texts.add(text)

    def add_number(self, name: str, number: float) -> None:
        """Add a number."""
        self._field(name).ordinals.add(number_ordinal(number))

    def add_time(self, name: str, time_ns: int) -> None:
        """Add a time, in nanoseconds since the epoch."""
        self._field(name).ordinals.add(time_ordinal(time_ns))

    def add_value(self, name: str, value: Any) -> None:
        """Add a JSON value: objects by dotted paths, lists as further values, null not at all."""
        waiting = [(name, value)]  # a label may be nested deeper than Python calls
        while waiting:
            path, item = waiting.pop()
            if isinstance(item, Mapping):
                waiting.extend((f"{path}.{key}", each) for key, each in item.items())
            elif isinstance(item, list):
                waiting.extend((path, each) for each in item)
            else:
                self._add_scalar(path, item)

    def _add_scalar(self, path: str, value: Any) -> None:
        if isinstance(value, bool):
            self.add_text(path, "T" if value else "F")
        elif isinstance(value, int | float):
            self.add_number(path, value)
        elif isinstance(value, str):
            time_ns = parse_label_time(value)
            if time_ns is None:
                self.add_text(path, value)
            else:
                self.add_time(path, time_ns)

    def _field(self, name: str) -> FieldValues:
        return self._fields.setdefault(name, FieldValues())


def number_ordinal(number: float) -> int:
    """An integer for a double that keeps the order; Bluge's, as times share their fields."""
    (bits,) = struct.unpack("<q", struct.pack("<d", _double(number)))
    return int(bits) if bits >= 0 else int(bits) ^ (_SIGN_BIT - 1)


def time_ordinal(time_ns: int) -> int:
    """The same for a time, which wraps around beyond the years 1678 to 2262."""
    return (time_ns + _SIGN_BIT & _ALL_BITS) - _SIGN_BIT


def _double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:  # an integer of more than 308 digits
        return float("inf") if number > 0 else float("-inf")


def _number_terms(ordinal: int) -> set[str]:
    """The terms of a number: a prefix of its bits for each precision, seven bits a character."""
    bits = (ordinal ^ _SIGN_BIT) & _ALL_BITS if ordinal >= 0 else ordinal + _SIGN_BIT
    terms = set()
    for shift in range(0, 64, _SHIFT_STEP):
        rest = bits >> shift
        places = range(7 * ((63 - shift) // 7), -1, -7)
        terms.add(chr(_SHIFT_START + shift) + "".join(chr(rest >> at & 0x7F) for at in places))
    return terms

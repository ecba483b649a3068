"""Reads and changes settings, which are nested attrs classes, by their dotted names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from server_kit.nearest import nearest


def check_kind(name: str, value: object, default: object) -> None:
    """Refuse a value of another type where the default is a boolean or a number.

    Raises:
        ValueError: It has another type.
    """
    kinds: dict[type, tuple[type, ...]] = {
        bool: (bool,),
        int: (int,),
        float: (int, float),
    }
    allowed = kinds.get(type(default))
    is_switch = isinstance(value, bool) and not isinstance(default, bool)
    if allowed is not None and (is_switch or not isinstance(value, allowed)):
        raise ValueError(f"{name} must be of the type {allowed[0].__name__}, not {value!r}")


def names_of(section: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Every dotted name below a section, with its value."""
    for each in attrs.fields(type(section)):
        value = getattr(section, each.name)
        if attrs.has(type(value)):
            yield from names_of(value, f"{prefix}{each.name}.")
        else:
            yield prefix + each.name, value


def changed(section: Any, settings: Mapping[str, Any]) -> Any:
    """A copy of a section with other values, those of its own sections by dotted names."""
    changes: dict[str, Any] = {}
    inner: dict[str, dict[str, Any]] = {}
    for name, value in settings.items():
        head, _, rest = name.partition(".")
        if rest:
            inner.setdefault(head, {})[rest] = value
        else:
            changes[head] = value
    for head, values in inner.items():
        changes[head] = changed(getattr(section, head), values)
    return attrs.evolve(section, **changes)


def problem_of(name: str, known: Mapping[str, Any]) -> str:
    """What is wrong with a name that is not known."""
    return f"there is no setting {name!r}; the nearest is {nearest(name, known)!r}"

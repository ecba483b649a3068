"""Comparing an answer with what the tape has recorded."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from tests.tapes.bindings import Bindings

_TYPES = {
    "uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "jwt": r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+",
    "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z",
    "cursor": r'[^"]+',
    "int": r"-?\d+",
    "number": r"-?[0-9.eE+-]+",
    "string": r"[\s\S]*",
    "node_id": r"[0-9a-f-]{36}\.[\w-]*",
    "username": r"[a-zA-Z]{10}",
    "digits": r"\d+",
    "md5": r"[0-9a-f]{32}",
}
_PLACEHOLDER = re.compile(rf"\{{\{{(?P<name>[^{{}}]+)\}}\}}|<(?P<type>{'|'.join(_TYPES)})>")


class Mismatch(AssertionError):
    """The answer is not the recorded one."""


def match(
    recorded: Any, actual: Any, bindings: Bindings, *, unordered: Collection[str] = ()
) -> None:
    """Compare an answer with the recorded one, and bind the variables it shows.

    Args:
        recorded: The recorded value, with placeholders.
        actual: The answer.
        bindings: The variables; they stay as they were if the answer does not match.
        unordered: The paths of lists whose order does not matter.

    Raises:
        Mismatch: They differ; the message has the place.
    """
    branch = bindings.branch()
    _match(recorded, actual, branch, unordered, "")
    bindings.adopt(branch)


def _match(
    recorded: Any, actual: Any, bindings: Bindings, unordered: Collection[str], path: str
) -> None:
    if isinstance(recorded, str):
        _match_scalar(recorded, actual, bindings, path)
    elif isinstance(recorded, dict):
        _match_object(recorded, actual, bindings, unordered, path)
    elif isinstance(recorded, list):
        _match_list(recorded, actual, bindings, unordered, path)
    elif isinstance(recorded, bool) != isinstance(actual, bool) or recorded != actual:
        raise Mismatch(f"{path}: expected {recorded!r}, got {actual!r}")


def _match_scalar(recorded: str, actual: Any, bindings: Bindings, path: str) -> None:
    is_number = isinstance(actual, int | float) and not isinstance(actual, bool)
    if is_number and recorded in ("<int>", "<number>"):
        return
    if not isinstance(actual, str) or not _match_text(recorded, actual, bindings):
        raise Mismatch(f"{path}: expected {_shown(recorded, bindings)!r}, got {actual!r}")


def _match_text(recorded: str, actual: str, bindings: Bindings) -> bool:
    # Builds of the real server write either blank behind `proto:`.
    recorded, actual = (text.replace("\N{NO-BREAK SPACE}", " ") for text in (recorded, actual))
    pattern, groups, position = "", dict[str, str](), 0
    for placeholder in _PLACEHOLDER.finditer(recorded):
        pattern += re.escape(recorded[position : placeholder.start()])
        position = placeholder.end()
        name = placeholder["name"]
        if name is None:
            pattern += f"(?:{_TYPES[placeholder['type']]})"
        elif (value := bindings.get(name)) is not None:
            pattern += re.escape(value)
        elif name in groups:
            pattern += f"(?P={groups[name]})"
        else:
            groups[name] = f"group_{len(groups)}"
            pattern += f"(?P<{groups[name]}>{_TYPES[bindings.type_of(name)]})"
    found = re.fullmatch(pattern + re.escape(recorded[position:]), actual)
    if not found:
        return False
    for name, group in groups.items():
        bindings.bind(name, found[group])
    return True


def _match_object(
    recorded: dict[str, Any],
    actual: Any,
    bindings: Bindings,
    unordered: Collection[str],
    path: str,
) -> None:
    if not isinstance(actual, dict):
        raise Mismatch(f"{path}: expected an object, got {actual!r}")
    wanted = {_shown(key, bindings): value for key, value in recorded.items()}
    if list(wanted) != list(actual):
        raise Mismatch(f"{path}: expected the keys {list(wanted)}, got {list(actual)}")
    for key, value in wanted.items():
        _match(value, actual[key], bindings, unordered, f"{path}.{key}" if path else key)


def _match_list(
    recorded: list[Any], actual: Any, bindings: Bindings, unordered: Collection[str], path: str
) -> None:
    if not isinstance(actual, list) or len(recorded) != len(actual):
        raise Mismatch(f"{path}: expected {len(recorded)} items, got {actual!r}")
    if path not in unordered:
        for index, (wanted, item) in enumerate(zip(recorded, actual, strict=True)):
            _match(wanted, item, bindings, unordered, f"{path}.{index}")
        return
    rest = list(actual)
    for wanted in recorded:
        rest.pop(_index_of(wanted, rest, bindings, unordered, f"{path}.*"))


def _index_of(
    wanted: Any, items: list[Any], bindings: Bindings, unordered: Collection[str], path: str
) -> int:
    for index, item in enumerate(items):
        branch = bindings.branch()
        try:
            _match(wanted, item, branch, unordered, path)
        except Mismatch:
            continue
        bindings.adopt(branch)
        return index
    raise Mismatch(f"{path}: none of {items!r} is {wanted!r}")


def _shown(recorded: str, bindings: Bindings) -> str:
    """The recorded text with the values of what is bound."""
    return _PLACEHOLDER.sub(
        lambda found: bindings.get(found["name"] or "") or found[0],
        recorded,
    )

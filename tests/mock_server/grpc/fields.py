"""Which fields a message has, and which of them a document sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.mock_server.wire.facts import FACTS

_MESSAGES = FACTS["api"]["messages"]


def all_fields(message: str) -> set[str]:
    """The paths of all fields of a message, as `account.vars`."""
    return set(_walk(message.removeprefix("api.")))


def set_fields(document: object) -> set[str]:
    """The paths of the fields in a document; of lists all entries count."""
    found: set[str] = set()
    if isinstance(document, list):
        return found.union(*map(set_fields, document))
    if isinstance(document, Mapping):
        for name, value in document.items():
            found |= {name, *(f"{name}.{path}" for path in set_fields(value))}
    return found


def _walk(message: str) -> Iterator[str]:
    for field in _MESSAGES.get(message, ()):
        yield field["name"]
        for path in _walk(_nested(message, field)):
            yield f"{field['name']}.{path}"


def _nested(around: str, field: dict[str, Any]) -> str:
    kind = str(field.get("type", ""))
    outer = around.split(".", maxsplit=1)[0]
    return next(
        (name for name in (f"{around}.{kind}", f"{outer}.{kind}") if name in _MESSAGES), kind
    )

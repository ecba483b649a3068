"""All messages of the table, and documents of them as handlers make them."""

from __future__ import annotations

import base64
from functools import cache
from typing import Any

from hypothesis import strategies as st

from mock_server.wire.messages import api_message, realtime_message
from mock_server.wire.schema import (
    BOOL,
    BYTES,
    DOUBLE,
    INT32,
    INT64,
    STRING,
    UINT32,
    Enum,
    FieldType,
    ListOf,
    MapOf,
    Message,
    Timestamp,
    Wrapper,
)
from mock_server.wire.timestamps import format_timestamp
from tests.mock_server.wire.facts import FACTS

LOOKUPS = {"api": api_message, "realtime": realtime_message}
MESSAGES = [
    (package, name)
    for package, facts in FACTS.items()
    for name in facts["messages"]
    if not name.startswith(("api.", "google."))
]


TEXT = st.text(max_size=8)
SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    STRING: TEXT,
    BYTES: st.binary(max_size=8).map(lambda data: base64.b64encode(data).decode()),
    BOOL: st.booleans(),
    INT32: st.integers(-(1 << 31), (1 << 31) - 1),
    INT64: st.integers(-(1 << 63), (1 << 63) - 1).map(str),
    UINT32: st.integers(0, (1 << 32) - 1),
    DOUBLE: st.floats(allow_nan=False, allow_infinity=False),
}
TIMESTAMPS = st.builds(
    format_timestamp, st.integers(-62_135_596_800, 253_402_300_799), st.integers(0, 999_999_999)
)


@cache
def documents(message: Message) -> st.SearchStrategy[dict[str, Any]]:
    """Documents as handlers make them: some fields, at most one of each oneof."""
    return st.fixed_dictionaries(
        {}, optional={name: values(field.kind) for name, field in message.fields.items()}
    ).map(lambda document: one_of_each(message, document))


def one_of_each(message: Message, document: dict[str, Any]) -> dict[str, Any]:
    seen: set[str] = set()
    kept = {}
    for name, value in document.items():
        oneof = message.fields[name].oneof
        if not oneof or oneof not in seen:
            kept[name] = value
            seen.add(oneof)
    return kept


def values(kind: FieldType) -> st.SearchStrategy[Any]:
    if isinstance(kind, Message):
        return st.deferred(lambda: documents(kind))
    if isinstance(kind, ListOf):
        return st.lists(values(kind.item), max_size=3)
    if isinstance(kind, MapOf):
        return st.dictionaries(TEXT, values(kind.value), max_size=3)
    if isinstance(kind, Timestamp):
        return TIMESTAMPS
    if isinstance(kind, Enum):
        return st.integers(-(1 << 31), (1 << 31) - 1)
    return SCALARS[kind.scalar if isinstance(kind, Wrapper) else kind]


@st.composite
def messages(draw: st.DrawFn) -> tuple[str, str, dict[str, Any]]:
    package, name = draw(st.sampled_from(MESSAGES))
    return package, name, draw(documents(LOOKUPS[package](name)))

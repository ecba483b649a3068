"""Requests, responses and envelopes as hooks in JavaScript see them.

They are protojson with camelCase names, and with all fields: what is not set has its default value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mock_server.wire.schema import BYTES, Enum, ListOf, MapOf, Message, Scalar


def full_message(message: Message, document: Mapping[str, Any]) -> dict[str, Any]:
    """All fields of a message.

    Args:
        message: The message.
        document: Its JSON without what is not set, in either spelling.
    """
    return {
        field.json_name: _value(field.kind, _given(field.name, field.json_name, document))
        for field in message.fields.values()
        if not field.oneof or _given(field.name, field.json_name, document) is not None
    }


def _given(name: str, json_name: str, document: Mapping[str, Any]) -> Any:
    return document.get(name, document.get(json_name))


def _value(kind: Any, value: Any) -> Any:
    if isinstance(kind, Message):
        return None if value is None else full_message(kind, value)
    if isinstance(kind, ListOf):
        return [_value(kind.item, item) for item in value or ()]
    if isinstance(kind, MapOf):
        return dict(value or {})
    if isinstance(kind, Scalar):
        if kind == BYTES:
            return value or ""  # base64
        value = kind.default if value is None else value
        return str(value) if kind.name in ("int64", "uint64") else value
    if isinstance(kind, Enum):
        return value or 0
    return value

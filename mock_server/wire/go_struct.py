"""Go's encoding/json into the structs that protobuf generates: not the JSON form of messages.

Nakama's runtimes read account exports in this way. Fields have their snake_case names, timestamps
and wrappers are objects (`{"seconds": 0, "nanos": 0}`, `{"value": 0}`), 64-bit integers are
numbers.
"""

from __future__ import annotations

from typing import Any

from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError
from mock_server.wire.schema import (
    BOOL,
    INT32,
    INT64,
    STRING,
    UINT32,
    Enum,
    FieldType,
    ListOf,
    MapOf,
    Message,
    Scalar,
    Timestamp,
    Wrapper,
)
from mock_server.wire.timestamps import format_timestamp

_RANGES = {
    INT32: range(-1 << 31, 1 << 31),
    INT64: range(-1 << 63, 1 << 63),
    UINT32: range(1 << 32),
}
_TIMESTAMP = Message("Timestamp", package="google.protobuf", seconds=INT64, nanos=INT32)


def unmarshal_struct(message: Message, text: str) -> dict[str, Any]:
    """Read a message's struct.

    Returns:
        All fields of the message, as the decoders of its other forms return them.

    Raises:
        DecodeError: The text is no JSON, or a value is of another type than its field.
    """
    return _struct(message, gojson.unmarshal(text, exact=True))


def _struct(message: Message, value: Any) -> dict[str, Any]:
    fields = message.defaults()
    if value is None:
        return fields
    if not isinstance(value, dict):
        raise _mismatch(value, message.name)
    by_name = {name.lower(): field for name, field in message.fields.items()}
    for name, member in value.items():
        field = message.fields.get(name) or by_name.get(name.lower())
        if field is not None and member is not None:
            fields[field.name] = _value(field.kind, member)
    return fields


def _value(kind: FieldType, value: Any) -> Any:
    if isinstance(kind, Message):
        return _struct(kind, value)
    if isinstance(kind, ListOf):
        return [_element(kind.item, item) for item in _typed(value, list)]
    if isinstance(kind, MapOf):
        return {name: _element(kind.value, item) for name, item in _typed(value, dict).items()}
    if isinstance(kind, Timestamp):
        time = _struct(_TIMESTAMP, value)
        return format_timestamp(time["seconds"], time["nanos"])
    if isinstance(kind, Wrapper):
        wrapper = Message("Value", value=kind.scalar)
        return _struct(wrapper, value)["value"]
    return _scalar(INT32 if isinstance(kind, Enum) else kind, value)


def _element(kind: Scalar | Message, value: Any) -> Any:
    if value is None:
        return kind.defaults() if isinstance(kind, Message) else kind.default
    return _value(kind, value)


def _scalar(kind: Scalar, value: Any) -> Any:
    if kind == STRING:
        return _typed(value, str)
    if kind == BOOL:
        return _typed(value, bool)
    if isinstance(value, bool) or _typed(value, int) not in _RANGES[kind]:
        raise _mismatch(value, kind.name)
    return value


def _typed(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise _mismatch(value, kind.__name__)
    return value


def _mismatch(value: Any, wanted: str) -> DecodeError:
    return DecodeError(f"json: cannot unmarshal {type(value).__name__} into a field of {wanted}")

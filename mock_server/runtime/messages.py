"""Messages as before and after hooks see them: the JSON of a decoded request, and back."""

from __future__ import annotations

from typing import Any

from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError
from mock_server.wire.protojson import decode_frame
from mock_server.wire.schema import Kind, ListOf, MapOf, Message, Wrapper, default_of


def message_json(message: Message, fields: dict[str, Any]) -> dict[str, Any]:
    """The proto3 JSON of a decoded message: what is not set is left out."""
    return {
        name: _value(kind, fields[name])
        for name, kind in message.fields.items()
        if fields[name] != default_of(kind) or (_has_presence(kind) and fields[name] is not None)
    }


def decode_message(message: Message, value: Any) -> dict[str, Any]:
    """Decode the JSON value that a hook returned; unknown names are an error.

    Raises:
        DecodeError: It is no such message.
    """
    try:
        return decode_frame(message, gojson.marshal(value))
    except (TypeError, ValueError) as error:
        raise DecodeError(str(error)) from None


def _has_presence(kind: Kind) -> bool:
    return isinstance(kind, Wrapper | Message)


def _value(kind: Kind, value: Any) -> Any:
    if isinstance(kind, Message):
        return message_json(kind, value)
    if isinstance(kind, Wrapper):
        return _value(kind.scalar, value)
    if isinstance(kind, ListOf):
        return [_value(kind.item, item) for item in value]
    if isinstance(kind, MapOf):
        return {name: _value(kind.value, item) for name, item in value.items()}
    return str(value) if kind.name == "int64" else value

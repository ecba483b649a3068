"""Reading messages the way the gateway and the socket do: protojson behind a json.Decoder."""

from __future__ import annotations

from typing import Any

from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError
from mock_server.wire.protojson.exact import decode_exactly
from mock_server.wire.protojson.plain import decode_plain
from mock_server.wire.scanner import first_value
from mock_server.wire.schema import Message


def decode_body(message: Message, body: bytes) -> dict[str, Any]:
    """Decode the body of a request as the gateway does.

    Only the first JSON value counts, unknown fields are ignored and an empty body is an empty
    message.

    Args:
        message: What the body holds.
        body: The bytes of the request.

    Returns:
        All fields by their snake_case names in the order of the declaration. Absent ones hold
        their default; absent messages and wrappers hold None.

    Raises:
        DecodeError: The body is no such message; the text is the server's.
    """
    if not body:
        return message.defaults()
    fields = decode_plain(message, body.decode(errors="surrogateescape"), discard_unknown=True)
    if fields is not None:
        return fields
    value = first_value(body)
    if value is None:
        return message.defaults()
    text = value.decode(errors="surrogateescape")
    return decode_exactly(message, text, discard_unknown=True)


def decode_frame(message: Message, text: str) -> dict[str, Any]:
    """Decode a socket frame: exactly one JSON document without unknown fields.

    Args:
        message: What the frame holds.
        text: The frame; bytes that are no UTF-8 come as surrogate escapes.

    Returns:
        The fields, as `decode_body` returns them.

    Raises:
        DecodeError: The frame is no such message.
    """
    fields = decode_plain(message, text, discard_unknown=False)
    if fields is not None:
        return fields
    return decode_exactly(message, text, discard_unknown=False)


def decode_value(message: Message, value: Any) -> dict[str, Any]:
    """Decode a JSON value that a server module returned; unknown names are an error.

    Raises:
        DecodeError: It is no such message.
    """
    try:
        return decode_frame(message, gojson.marshal(value))
    except (TypeError, ValueError) as error:
        raise DecodeError(str(error)) from None

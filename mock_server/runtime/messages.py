"""Messages as before hooks return them."""

from __future__ import annotations

from typing import Any

from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError
from mock_server.wire.protojson import decode_frame
from mock_server.wire.schema import Message


def decode_message(message: Message, value: Any) -> dict[str, Any]:
    """Decode the JSON value that a hook returned; unknown names are an error.

    Raises:
        DecodeError: It is no such message.
    """
    try:
        return decode_frame(message, gojson.marshal(value))
    except (TypeError, ValueError) as error:
        raise DecodeError(str(error)) from None

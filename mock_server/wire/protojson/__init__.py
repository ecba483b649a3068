"""The JSON form of messages, written and read by the table of messages.

The mapping: https://protobuf.dev/programming-guides/json/
"""

from mock_server.wire.errors import DecodeError
from mock_server.wire.protojson.reading import decode_body, decode_frame, decode_value
from mock_server.wire.protojson.writing import document_json, encode, message_json

__all__ = [
    "DecodeError",
    "decode_body",
    "decode_frame",
    "decode_value",
    "document_json",
    "encode",
    "message_json",
]

"""The binary form of messages, written and read by the table of messages.

The encoding: https://protobuf.dev/programming-guides/encoding/

Both directions deal in the documents that the JSON forms have, so that one handler serves both.
For each message a writer and a reader per field is made when the message is first used.
"""

from mock_server.wire.protobuf.reading import decode
from mock_server.wire.protobuf.writing import encode

__all__ = ["decode", "encode"]

"""Writing answers: what is left out of them, their times, and the RPC handler's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from mock_server.wire.gojson import go_string, join
from mock_server.wire.schema import Message
from mock_server.wire.timestamps import format_timestamp

_NS = 1_000_000_000


def encode_plain(document: Mapping[str, Any]) -> str:
    """A document as the RPC handler writes it: no blanks, HTML escaped, keys as they come."""
    return join(document, comma=",", quote=go_string, sort_keys=False)


def omit_empty(fields: Mapping[str, Any], message: Message | None = None) -> dict[str, Any]:
    """The fields that proto3 writes: empty ones are left out.

    Args:
        fields: The fields in the order of their declaration.
        message: What they are the fields of: those of wrapper and message types are written
            whenever they are set, also when empty; None is unset. Left out, there are none.
    """
    if message is None:
        return {name: value for name, value in fields.items() if value}
    kept = message.with_presence
    return {
        name: value
        for name, value in fields.items()
        if (value is not None if name in kept else value)
    }


def timestamp(time_ns: int, digits: Literal[0, 3, 6, 9] = 0) -> str:
    """A `google.protobuf.Timestamp`, as `2026-11-21T22:20:27Z`.

    Args:
        time_ns: Nanoseconds since the epoch.
        digits: The precision the server keeps. Finer digits are cut off, and a fraction is
            printed with as few groups of three digits as it needs.
    """
    seconds, nanos = divmod(time_ns, _NS)
    return format_timestamp(seconds, nanos - nanos % 10 ** (9 - digits))

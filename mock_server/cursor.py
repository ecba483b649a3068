"""Cursors: positions in a list, as opaque text that survives a restart.

Nakama's are base64url of a Go gob; a client may not look inside, so ours hold what is needed and a
checksum that refuses everything we did not write.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Any


class BadCursor(ValueError):
    """Text that is no cursor of this list."""


def encode_cursor(kind: str, *position: Any) -> str:
    """Return the cursor of `position` (JSON values) in lists of `kind`."""
    body = json.dumps([kind, *position], separators=(",", ":")).encode()
    packed = zlib.crc32(body).to_bytes(4) + body
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode_cursor(kind: str, cursor: str, *types: type) -> list[Any]:
    """Return the position that `encode_cursor` was given.

    Args:
        kind: The kind of list.
        cursor: What the client sent; anyone can make one with the right checksum.
        types: What each value of the position is; integers have 64 bits, texts are Unicode.

    Raises:
        BadCursor: Not a cursor, one of another kind of list, padded, or changed.
    """
    try:
        if not cursor.isascii() or "=" in cursor:
            raise BadCursor(cursor)
        packed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadCursor(cursor) from None
    checksum, body = packed[:4], packed[4:]
    if zlib.crc32(body).to_bytes(4) != checksum:
        raise BadCursor(cursor)
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise BadCursor(cursor) from None
    if not isinstance(document, list) or document[:1] != [kind]:
        raise BadCursor(cursor)
    position = document[1:]
    if len(position) != len(types) or not all(map(_is, position, types)):
        raise BadCursor(cursor)
    return position


def _is(value: Any, kind: type) -> bool:
    """Whether a value has exactly this type, and a database can hold it."""
    if not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool):
        return False
    if isinstance(value, int):
        return -(1 << 63) <= value < 1 << 63
    return not isinstance(value, str) or not any("\ud800" <= each <= "\udfff" for each in value)

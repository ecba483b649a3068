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


def decode_cursor(kind: str, cursor: str) -> list[Any]:
    """Return the position that `encode_cursor` was given.

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
    named, *position = json.loads(body)
    if named != kind:
        raise BadCursor(cursor)
    return list(position)

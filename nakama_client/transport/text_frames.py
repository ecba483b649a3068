"""Whole text messages, in and out of the bytes of a websocket without the library in between."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable

try:
    from websockets.speedups import apply_mask
except ImportError:  # where it is not compiled
    from websockets.utils import apply_mask

# The first byte of a text message in one frame (RFC 6455, section 5.2).
_WHOLE_TEXT = 0x81

# The bit of a mask beside the length: a client sends one, a server none.
_MASKED = 0x80

# In the place of a length: it follows in two bytes; in eight bytes.
_SHORT, _LONG = 126, 127


def text_frame(payload: bytes) -> bytes:
    """A client's frame with a whole text message; the library takes twice as long for it."""
    length = len(payload)
    if length < _SHORT:
        head = bytes((_WHOLE_TEXT, _MASKED | length))
    elif length < 65536:
        head = struct.pack(">BBH", _WHOLE_TEXT, _MASKED | _SHORT, length)
    else:
        head = struct.pack(">BBQ", _WHOLE_TEXT, _MASKED | _LONG, length)
    mask = os.urandom(4)
    return head + mask + apply_mask(payload, mask)


class TextFrames:
    """Takes the text messages that have one frame out of the bytes; the rest is the library's.

    Nearly every message is such a one, and the library's parser, which is written in Python, takes
    about five times as long for it. What is unusual is for the parser only: messages of several
    frames, control frames, large messages, and whatever breaks the protocol.

    Args:
        put: Takes a message, and whether it is the first of what came at once.
        parse: Takes bytes of one frame, or of several after the last message. At the end of a frame
            it returns whether the next may be a whole message.
        max_bytes: The size of the largest message; the parser refuses larger ones.
    """

    __slots__ = (
        "_head",
        "_left",
        "_max_bytes",
        "_may_be_whole",
        "_parse",
        "_put",
    )

    def __init__(
        self, put: Callable[[bytes, bool], None], parse: Callable[[bytes], bool], max_bytes: int
    ) -> None:
        self._put = put
        self._parse = parse
        self._max_bytes = max_bytes
        self._head = b""  # the beginning of a frame whose length is not known yet
        self._left = 0  # so many bytes are missing of the frame that the parser has begun
        self._may_be_whole = True

    def take(self, data: bytes) -> None:
        """Take bytes as they come, from the beginning of a frame on."""
        if self._head:
            data, self._head = self._head + data, b""
        at, end = self._finish(data) if self._left else 0, len(data)
        while at < end:
            found = _body(data, at)
            if found is None:
                self._head = data[at:]
                return
            begins, ends = found
            if (
                self._may_be_whole
                and data[at] == _WHOLE_TEXT
                and data[at + 1] < _MASKED
                and ends <= end
                and ends - begins <= self._max_bytes
            ):
                self._put(data[begins:ends], at == 0)
            else:
                self._may_be_whole = self._parse(data[at:ends])
                self._left = max(0, ends - end)
            at = ends

    def _finish(self, data: bytes) -> int:
        """Hand on the rest of a frame that the parser has begun; returns where it ends."""
        count = min(self._left, len(data))
        self._may_be_whole = self._parse(data[:count])
        self._left -= count
        return count


def _body(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the payload of a frame begins and ends; None while the header is not complete."""
    have = len(data) - at
    if have < 2:
        return None
    length, begins = data[at + 1] & ~_MASKED, at + 2
    if length == _SHORT:  # by hand, in two thirds of the time
        begins += 2
        if have < 4:
            return None
        length = data[at + 2] << 8 | data[at + 3]
    elif length == _LONG:
        begins += 8
        if have < 10:
            return None
        length = int.from_bytes(data[at + 2 : begins])
    return begins, begins + length

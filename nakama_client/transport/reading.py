"""Where the loop puts the bytes that it reads."""

from __future__ import annotations

import threading

# Many small messages, and a part of a large one.
_BYTES = 64 * 1024


class _Buffer(threading.local):
    """One for all connections of a thread: they take bytes out as soon as those are read.

    Without a buffer asyncio makes an object of 256 KiB each time that it reads, nearly all of which
    the system has to take back.
    """

    def __init__(self) -> None:
        self.view = memoryview(bytearray(_BYTES))


buffer = _Buffer()

"""Memory for what is read."""

from __future__ import annotations

import threading

# Many small messages, and a part of a large one.
_BYTES = 64 * 1024

# asyncio makes an object of 256 KiB for each read of a protocol that brings no buffer.
_MORE_THAN_ASYNCIO_READS = 320 * 1024


class _Buffer(threading.local):
    """One for all sockets of a thread: they take bytes out as soon as those are read."""

    def __init__(self) -> None:
        self.view = memoryview(bytearray(_BYTES))


buffer = _Buffer()


def keep_freed_memory() -> None:
    """Let Linux's malloc keep what asyncio frees after each read, for the next one.

    glibc maps memory of that size and unmaps it each time, which takes 40 µs, until a larger piece
    was freed once.
    """
    bytes(_MORE_THAN_ASYNCIO_READS)

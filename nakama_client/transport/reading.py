"""Where the loop puts the bytes that it reads."""

from __future__ import annotations

import threading

# As much as asyncio reads at once.
_BYTES = 256 * 1024


class _Buffer(threading.local):
    """One for all connections of a thread: they take bytes out as soon as those are read.

    asyncio itself makes an object of that size for each time that it reads, of which the system
    then has to take back nearly all.
    """

    def __init__(self) -> None:
        self.view = memoryview(bytearray(_BYTES))


buffer = _Buffer()

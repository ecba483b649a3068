"""What is done to a TCP connection itself: reset it, or let it swallow everything."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys

# The fields of `struct linger` are shorts in Winsock, ints elsewhere.
_NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


def reset(transport: asyncio.Transport | None) -> None:
    """End a connection with a TCP RST; one that is gone already (None) is left alone."""
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if connection is not None and not transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


def swallow(transport: asyncio.Transport | None) -> asyncio.Event:
    """Read and forget whatever comes from now on, and answer nothing.

    The connection's own protocol learns nothing but the end. It may still close the transport.

    Returns:
        An event that is set once the connection is gone.
    """
    if transport is None:
        gone = asyncio.Event()
        gone.set()
        return gone
    hole = _BlackHole(transport.get_protocol())
    transport.set_protocol(hole)
    if not transport.is_closing():
        transport.resume_reading()
    return hole.gone


class _BlackHole(asyncio.Protocol):
    """Stands in for a connection's protocol, and tells it of nothing but the end.

    Attributes:
        gone: Set when the connection is gone.
    """

    def __init__(self, protocol: asyncio.BaseProtocol) -> None:
        self.gone = asyncio.Event()
        self._protocol = protocol

    def connection_lost(self, exc: Exception | None) -> None:
        self._protocol.connection_lost(exc)
        self.gone.set()

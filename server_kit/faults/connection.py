"""Faults of a TCP connection: a reset, or a peer that takes bytes and never answers."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys

# The fields of `struct linger` are shorts in Winsock, ints elsewhere.
_NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


def reset(transport: asyncio.Transport | None) -> None:
    """End a connection with a TCP RST; None is a connection that has ended already."""
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if connection is not None and not transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


def black_hole(transport: asyncio.Transport | None) -> asyncio.Event:
    """Read and discard whatever comes from now on, and answer nothing.

    The connection's own protocol only gets `connection_lost`. It may still close the transport.

    Returns:
        An event that is set once the connection is gone.
    """
    if transport is None:
        gone = asyncio.Event()
        gone.set()
        return gone
    protocol = _BlackHole(transport.get_protocol())
    transport.set_protocol(protocol)
    if not transport.is_closing():
        transport.resume_reading()
    return protocol.gone


class _BlackHole(asyncio.Protocol):
    """Takes the place of a connection's protocol and passes on `connection_lost` only.

    Attributes:
        gone: Set when the connection is gone.
    """

    def __init__(self, protocol: asyncio.BaseProtocol) -> None:
        self.gone = asyncio.Event()
        self._protocol = protocol

    def connection_lost(self, exc: Exception | None) -> None:
        self._protocol.connection_lost(exc)
        self.gone.set()

"""A port whose connections wait until a server serves them."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Self, TypeAlias, cast

Protocols: TypeAlias = Callable[[], asyncio.Protocol]

# Connections that may wait: a thousand clients may reconnect at once after a restart.
_BACKLOG = 1024


class Port:
    """A port that is bound and listens; what serves it may come later.

    A server that is seldom used is imported and made only when the first connection comes. Until
    `serve`, connections are accepted, and each is read from at most once.
    """

    def __init__(self, scheme: str) -> None:
        self._scheme = scheme
        self._listener: asyncio.Server | None = None
        self._protocols: Protocols | None = None
        self._waiting: set[_Waiting] = set()
        self._is_wanted = asyncio.Event()

    @classmethod
    async def open(cls, host: str, port: int, tls: ssl.SSLContext | None = None) -> Self:
        """Bind and listen.

        Args:
            host: The address to bind.
            port: The port; 0 takes a free one.
            tls: The server's certificate; None for plain connections.

        Raises:
            OSError: The address is in use, or may not be bound.
        """
        opened = cls("http" if tls is None else "https")
        opened._listener = await asyncio.get_running_loop().create_server(
            opened._protocol, host, port, reuse_address=True, backlog=_BACKLOG, ssl=tls
        )
        return opened

    @property
    def url(self) -> str:
        """The URL of what is served there over HTTP."""
        host, port = self._listening.sockets[0].getsockname()[:2]
        if ":" in host:
            host = f"[{host}]"
        return f"{self._scheme}://{host}:{port}"

    @property
    def _listening(self) -> asyncio.Server:
        assert self._listener is not None
        return self._listener

    async def wanted(self) -> None:
        """Return as soon as there has been a connection."""
        await self._is_wanted.wait()

    def serve(self, protocols: Protocols) -> None:
        """Hand over the connections that wait, and from now on each new one.

        Args:
            protocols: Makes the protocol of a connection.
        """
        self._protocols = protocols
        waiting, self._waiting = self._waiting, set()
        for each in waiting:
            each.hand_over(protocols())

    def stop_accepting(self) -> None:
        """Accept no more connections; the backlog is closed with the listener."""
        # Not by closing the listener: asyncio has accepted connections that it sets up in the next
        # turns of the loop, and loses them when the listener is closed before. The caller waits for
        # these turns, and then calls `close`.
        listener = self._listening
        with contextlib.suppress(NotImplementedError):  # Windows' loop has no readers
            for listening in listener.sockets:
                listener.get_loop().remove_reader(listening)

    def close(self) -> None:
        """Close the port, and drop the connections that still wait."""
        self._listening.close()
        for each in self._waiting:
            each.abort()
        self._waiting.clear()

    def _protocol(self) -> asyncio.Protocol:
        if self._protocols is not None:
            return self._protocols()
        waiting = _Waiting()
        self._waiting.add(waiting)
        self._is_wanted.set()
        return waiting


class _Waiting(asyncio.Protocol):
    """A connection that is not served yet: it is read once at most.

    asyncio makes the protocol first and connects it in a later turn of the loop, so both what is
    decided about it and the connection itself may come first. uvloop starts to read after
    `connection_made`, even when that has paused reading: what comes is kept.
    """

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._successor: asyncio.Protocol | None = None
        self._received = b""
        self._is_dropped = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its type
        self._decide()

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._received += data
        self._transport.pause_reading()

    def hand_over(self, protocol: asyncio.Protocol) -> None:
        """Let another protocol have the connection."""
        self._successor = protocol
        self._decide()

    def abort(self) -> None:
        """Drop the connection."""
        self._is_dropped = True
        self._decide()

    def _decide(self) -> None:
        transport, successor = self._transport, self._successor
        if transport is None or transport.is_closing():
            return
        if self._is_dropped:
            transport.abort()
        elif successor is not None:
            # As asyncio does it: connected first, then what was read for it meanwhile.
            transport.set_protocol(successor)
            successor.connection_made(transport)
            if self._received:
                successor.data_received(self._received)
            transport.resume_reading()

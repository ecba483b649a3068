"""What the SDK needs of a websocket library, and the two directions in which bytes move."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from attrs import frozen

from nakama_client.transport.inbox import Inbox

if TYPE_CHECKING:
    from websockets.frames import Close

# So many bytes may wait to be sent before the next sender waits: several of the largest messages
# that Nakama reads by default (4 KiB), and little memory for ten thousand sockets.
WRITE_LIMIT = 32 * 1024


class WebSocketClosed(Exception):
    """The connection is closed; `WebSocket` knows how. Raised to our own code only."""


@frozen
class Ending:
    """The close frames of a connection that has ended.

    Attributes:
        received: The server's, if any.
        sent: Ours, if any.
        is_servers: Whether the server's came first, and ours answers it.
    """

    received: Close | None
    sent: Close | None
    is_servers: bool


class Outlet:
    """Lets senders wait while the other side reads too slowly.

    Attributes:
        is_full: Whether a sender is to wait: more than `WRITE_LIMIT` bytes wait to be sent.
    """

    __slots__ = (
        "_is_closed",
        "_waiters",
        "is_full",
    )

    def __init__(self) -> None:
        self.is_full = False
        self._is_closed = False
        # One future for each sender: a shared one would be cancelled for all with the first. A
        # tuple, because it is empty nearly always, and an empty tuple costs no memory.
        self._waiters: tuple[asyncio.Future[None], ...] = ()

    def pause(self) -> None:
        """Too much waits to be sent; called by the websocket library."""
        self.is_full = True

    def resume(self) -> None:
        """Little waits; called by the websocket library."""
        self.is_full = False
        self._wake()

    def close(self) -> None:
        """The connection has ended; called by the websocket library."""
        self._is_closed = True
        self._wake()

    async def drain(self) -> None:
        """Wait until little waits to be sent.

        Raises:
            WebSocketClosed: The connection ended meanwhile.
        """
        while self.is_full and not self._is_closed:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters += (waiter,)
            try:
                await waiter
            finally:
                self._waiters = tuple(each for each in self._waiters if each is not waiter)
        if self._is_closed:
            raise WebSocketClosed

    def _wake(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)


class Connection(Protocol):
    """An open connection of a websocket library.

    It answers pings, keeps to the limit of a message's size, refuses what breaks RFC 6455 with the
    close codes 1002 and 1009, and answers the server's close frame and then closes TCP. What it
    began to close itself, it drops when the server does not end it within the close timeout.

    Attributes:
        inbox: Gets each message, and the end of the connection.
        outlet: Knows whether the other side reads.
        heard_at: When something came, by the loop's clock.
    """

    inbox: Inbox
    outlet: Outlet
    heard_at: float

    def progress(self) -> object:
        """A value that changes whenever bytes come, also those of an unfinished message."""

    def write(self, frame: bytes) -> None:
        """Send a text frame, or queue it.

        Raises:
            WebSocketClosed: The connection is closed, or is being closed.
        """

    def send_ping(self) -> None:
        """Send a ping, if the connection is open."""

    def begin_close(self) -> None:
        """Send a close frame with code 1000, if none was sent."""

    def abort(self) -> None:
        """Drop the connection at once."""

    def ending(self) -> Ending:
        """The close frames, after the end."""

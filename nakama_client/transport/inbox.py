"""Where the messages of a websocket arrive."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

# Before anybody listens, so many messages may wait; then the server's wait in the system's buffers.
_UNREAD = 16

_ENDS_THE_PROGRAM = (KeyboardInterrupt, SystemExit)


class _Transport(Protocol):
    """Where bytes come from."""

    def is_closing(self) -> bool:
        """Whether nothing more will come."""

    def pause_reading(self) -> None:
        """Bring nothing for now."""

    def resume_reading(self) -> None:
        """Bring bytes again."""

    def abort(self) -> None:
        """Drop the connection."""


class Inbox:
    """Hands each message to its listener in the moment in which its bytes arrive.

    A queue would cost a future and a turn of the loop for each message. But what takes messages as
    they come must not hold up the loop: after so many events the rest of what has arrived waits for
    the next turn, and the socket is not read until that is done. So a server that sends faster than
    the other tasks work is slowed down by TCP, and nothing grows.

    Args:
        transport: The connection, to stop and go on with its reading.
        loop: The loop that it belongs to.

    Attributes:
        unfinished: What has come of an unfinished message; None between two messages.
        ended: Done when the connection has ended and all messages were handed on.
    """

    __slots__ = (
        "_each",
        "_events",
        "_is_closed",
        "_is_paused",
        "_is_scheduled",
        "_is_stopped",
        "_loop",
        "_transport",
        "_turn",
        "_waiting",
        "ended",
        "unfinished",
    )

    def __init__(self, transport: _Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: deque[bytes] | None = None  # made when one waits: it keeps 760 bytes
        self.unfinished: bytearray | None = None
        self._each: Callable[[bytes, bool], int] | None = None
        self._turn = 0
        # Since the last turn of our own: a loop may bring bytes several times in one of its turns.
        self._events = 0
        self._is_scheduled = False
        self._is_paused = False
        self._is_closed = False
        self._is_stopped = False
        self.ended: asyncio.Future[None] = loop.create_future()

    def listen(self, each: Callable[[bytes, bool], int], *, turn: int) -> None:
        """Call a function with each message from now on; those that wait come in the next turn.

        When it raises, the connection is dropped and the loop's exception handler called.

        Args:
            each: Takes a message, and whether it is the first of what came at once; returns how
                many events were in it.
            turn: After so many events, other tasks get a turn.
        """
        self._each, self._turn = each, turn
        self._schedule()

    def stop(self) -> None:
        """Hand on nothing more, and drop the connection."""
        self._is_stopped = True
        self._each = None
        self._waiting = None
        self._transport.abort()

    def put(self, message: bytes, is_first: bool = False) -> None:
        """Take a whole message; called by the websocket library, between two others.

        Args:
            message: What it carries.
            is_first: Whether it is the first of what came at once.
        """
        if self._each is None or self._is_scheduled or self._events >= self._turn:
            self._keep(message)
            return
        try:
            self._events += self._each(message, is_first)
        except BaseException as error:
            self._fail(error)

    def put_part(self, data: bytes, *, is_last: bool) -> None:
        """Take a data frame; called by the websocket library.

        Args:
            data: What it carries.
            is_last: Whether it is a message's last, and so completes the message.
        """
        if self.unfinished is None and is_last:
            self.put(data)
        elif self.unfinished is None:
            self.unfinished = bytearray(data)
        else:
            self.unfinished += data
            if is_last:
                message, self.unfinished = bytes(self.unfinished), None
                self.put(message)

    def close(self) -> None:
        """The connection has ended; called by the websocket library."""
        self._is_closed = True
        if not self._waiting:
            self._end()

    def _keep(self, message: bytes) -> None:
        if self._is_stopped:
            return
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(message)
        if self._each is not None:
            self._schedule()
        if len(self._waiting) >= _UNREAD and not self._is_paused:
            self._is_paused = self._set_reading(self._transport.pause_reading)

    def _fail(self, error: BaseException) -> None:
        """A message could not be handed on; called where that is caught."""
        self.stop()
        if isinstance(error, _ENDS_THE_PROGRAM):
            raise error
        self._loop.call_exception_handler(
            {"message": "a message of a socket could not be handed on", "exception": error}
        )

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._next_turn)

    def _next_turn(self) -> None:
        self._is_scheduled = False
        self._events = 0
        try:
            while self._waiting and self._each is not None and self._events < self._turn:
                self._events += self._each(self._waiting.popleft(), self._events == 0)
        except BaseException as error:
            self._fail(error)
        if self._waiting and self._each is not None:
            self._schedule()
            return
        if not self._waiting:
            self._waiting = None
        if self._is_closed:
            self._end()
        elif self._is_paused:
            self._is_paused = not self._set_reading(self._transport.resume_reading)

    def _set_reading(self, change: Callable[[], None]) -> bool:
        if self._transport.is_closing():
            return False
        change()
        return True

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

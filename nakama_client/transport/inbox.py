"""Where the frames of a websocket arrive."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

# Before anybody reads, so many frames may wait; then the server's wait in the system's buffers.
_UNREAD = 16


class _Frame(Protocol):
    """A data frame of the websocket library."""

    @property
    def data(self) -> bytes | bytearray | memoryview:
        """What it carries."""

    @property
    def fin(self) -> bool:
        """Whether it is a message's last."""


class Inbox:
    """Hands each message to its reader in the moment in which its bytes arrive.

    A queue would cost a future and a turn of the loop for each message. But what takes messages as
    they come must not hold up the loop: after so many events the rest of what has arrived waits for
    the next turn, and the socket is not read until that is done. So a server that sends faster than
    the other tasks work is slowed down by TCP, and nothing grows.

    Args:
        transport: The connection, to stop and go on with its reading.
        loop: The loop that it belongs to.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._waiting: deque[bytes] = deque()
        self._unfinished: bytearray | None = None
        self._each: Callable[[bytes], int] | None = None
        self._turn = 0
        self._events = 0  # in this turn of the loop
        self._is_scheduled = False
        self._is_paused = False
        self._is_closed = False
        self._ended: asyncio.Future[None] = loop.create_future()

    async def read(self, each: Callable[[bytes], int], *, turn: int) -> None:
        """Call a function with each message until the connection ends; what it raises, this raises.

        Args:
            each: Takes a message and returns how many events were in it.
            turn: After so many events, other tasks get a turn.
        """
        self._each, self._turn = each, turn
        self._schedule()
        try:
            await self._ended
        finally:
            self._each = None

    def begin_turn(self) -> None:
        """Bytes have arrived: the other tasks had their turn since the last ones."""
        if not self._is_scheduled:
            self._events = 0

    def put(self, frame: _Frame) -> None:
        """Take a data frame; called by the websocket library."""
        message = self._complete(frame)
        if message is None:
            return
        if self._each is None or self._is_scheduled or self._events >= self._turn:
            self._waiting.append(message)
            if self._each is not None:
                self._schedule()
            if len(self._waiting) >= _UNREAD:
                self._pause()
        else:
            self._hand_on(message)

    def close(self) -> None:
        """The connection has ended; called by the websocket library."""
        self._is_closed = True
        if not self._waiting:
            self._end()

    def _complete(self, frame: _Frame) -> bytes | None:
        """The message that a frame completes."""
        if self._unfinished is None:
            if frame.fin:
                return frame.data if isinstance(frame.data, bytes) else bytes(frame.data)
            self._unfinished = bytearray(frame.data)
            return None
        self._unfinished += frame.data
        if not frame.fin:
            return None
        message, self._unfinished = bytes(self._unfinished), None
        return message

    def _hand_on(self, message: bytes) -> None:
        assert self._each is not None
        try:
            self._events += self._each(message)
        except BaseException as error:
            self._each = None
            if not self._ended.done():
                self._ended.set_exception(error)

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._next_turn)

    def _next_turn(self) -> None:
        self._is_scheduled = False
        self._events = 0
        while self._waiting and self._each is not None and self._events < self._turn:
            self._hand_on(self._waiting.popleft())
        if self._waiting and self._each is not None:
            self._schedule()
        elif self._is_closed:
            self._end()
        else:
            self._resume()

    def _pause(self) -> None:
        if not self._is_paused and not self._transport.is_closing():
            self._is_paused = True
            self._transport.pause_reading()

    def _resume(self) -> None:
        if self._is_paused and not self._transport.is_closing():
            self._is_paused = False
            self._transport.resume_reading()

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)

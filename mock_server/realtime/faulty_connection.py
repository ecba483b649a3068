"""The connection of one socket, with the faults that happen to its frames."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Awaitable, Callable, Iterator, Sequence

from aiohttp import web
from attrs import define, field, frozen

from mock_server.realtime.formats import Frame
from server_kit.faults import (
    NO_FAULT,
    Fault,
    FaultDecision,
    FaultKind,
    Faults,
    Point,
    black_hole,
    garbage,
    reset,
)

# The first bytes of a text and of a binary frame that are whole messages.
_FINAL_TEXT, _FINAL_BINARY = 0x81, 0x82


@frozen
class OutgoingFrame:
    """A frame that goes out, and what kind of envelope it holds: "" for a bare cid."""

    data: Frame
    member: str


class FaultyConnection:
    """Sends and receives the frames of one socket, and applies faults to them.

    Args:
        request: The handshake.
        websocket: The socket.
        user_id: Whose socket it is.
        faults: The rules.
        reorder_buffer: Where a frame of any socket waits until others have overtaken it.
        close: Closes the session at once, with a code and a reason.

    Attributes:
        is_half_open: It takes bytes and discards them.
        is_blocked: A frame waits for a client that reads slowly, or not at all.
        drops_reply: The request that is handled now gets no answer.
    """

    def __init__(
        self,
        request: web.Request,
        websocket: web.WebSocketResponse,
        user_id: str,
        *,
        faults: Faults,
        reorder_buffer: ReorderBuffer,
        close: Callable[[int, str], None],
    ) -> None:
        self.is_half_open = False
        self.is_blocked = False
        self.drops_reply = False
        self._request = request
        self._websocket = websocket
        self._user_id = user_id
        self._faults = faults
        self._reorder_buffer = reorder_buffer
        self._close = close
        self._lost = asyncio.Event()
        self._held: set[asyncio.Event] = set()
        self._is_released = False

    def opened(self) -> None:
        """Apply faults to a socket that has just opened."""
        self._end(self._faults.decide(Point.OPEN, "", self._user_id))

    async def receive(
        self, member: Callable[[], str], handle: Callable[[], Awaitable[None]]
    ) -> None:
        """Handle a frame that came in, unless a fault prevents it.

        Args:
            member: Returns the kind of the envelope; only faults need it.
            handle: Handles it.
        """
        decision = self._decide(Point.IN, member)
        await self._hold(decision.delay)
        if self._end(decision):
            return
        self.drops_reply = decision.kind is FaultKind.DROP_REPLY
        try:
            await handle()
            if decision.kind is FaultKind.DUPLICATE:
                await handle()
        finally:
            self.drops_reply = False

    async def send(self, frames: Sequence[OutgoingFrame], *, waited: float) -> None:
        """Send a frame, and those that belong behind it, with the faults decided for them.

        Where the first one is to be reordered, the others overtake it: the real server sends a
        reply and the presence event that it causes in either order.

        Args:
            frames: The frame, and those that follow from the same request.
            waited: How many seconds they have waited already; latency counts them.
        """
        first, *behind = frames
        decision = self._decide_outgoing(first)
        is_overtaken = decision.kind is FaultKind.REORDER and bool(behind)
        if not is_overtaken:
            await self._send_decided(first, decision, waited)
        for frame in behind:
            following = self._decide_outgoing(frame)
            await self._send_decided(frame, following, waited, may_wait=not is_overtaken)
        if is_overtaken:
            await self._send_decided(first, decision, waited, may_wait=False)

    async def _send_decided(
        self, frame: OutgoingFrame, decision: FaultDecision, waited: float, *, may_wait: bool = True
    ) -> None:
        """Send a frame with a fault; `may_wait` lets it wait for frames to other users."""
        if self.is_half_open:
            return
        if decision is NO_FAULT:
            await self._send(frame.data)
            return
        await self._hold(decision.delay - waited)
        if may_wait and decision.fault is not None and decision.kind is FaultKind.REORDER:
            await self._reorder(decision.fault)
        if not self._end(decision):
            await self._put(frame.data, decision)

    def release(self) -> None:
        """End every wait of a frame: the connection ends."""
        self._is_released = True
        for wake in self._held:
            wake.set()

    async def wait_lost(self) -> None:
        """Return once a half-open connection is lost; at once for any other."""
        if self.is_half_open:
            await self._lost.wait()

    async def _put(self, frame: Frame, decision: FaultDecision) -> None:
        payload, fault = frame.encode() if isinstance(frame, str) else frame, decision.fault
        if fault is None or fault.kind is FaultKind.REORDER:
            await self._send(frame)
        elif fault.kind is FaultKind.DUPLICATE:
            await self._send(frame)
            await self._send(frame)
        elif fault.kind is FaultKind.BANDWIDTH:
            self.is_blocked = True
            await self._hold(len(payload) / fault.bytes_per_second)
            await self._send(frame)
        elif fault.kind is FaultKind.FRAME:
            await self._send(fault.body)
        elif fault.kind is FaultKind.TRUNCATED:
            first = _FINAL_TEXT if isinstance(frame, str) else _FINAL_BINARY
            self._write_and_close(_head(first, len(payload)) + payload[: len(payload) // 2])
        elif fault.kind is FaultKind.GARBAGE:
            self._write_and_close(garbage(decision.random, fault.size))

    async def _send(self, frame: Frame) -> None:
        self.is_blocked = True
        if isinstance(frame, str):
            await self._websocket.send_str(frame)
        else:
            await self._websocket.send_bytes(frame)
        self.is_blocked = False
        self._reorder_buffer.frame_sent(self._user_id)

    async def _reorder(self, fault: Fault) -> None:
        with self._reorder_buffer.hold(self._user_id, fault.behind) as overtaken:
            await self._hold(fault.seconds, overtaken)

    async def _hold(self, seconds: float, wake: asyncio.Event | None = None) -> None:
        """Wait, but not beyond the end of the connection."""
        if seconds <= 0 or self._is_released:
            return
        wake = wake or asyncio.Event()
        self._held.add(wake)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await wake.wait()
        finally:
            self._held.discard(wake)

    def _decide(self, point: Point, member: Callable[[], str]) -> FaultDecision:
        if not len(self._faults):
            return NO_FAULT
        return self._faults.decide(point, member(), self._user_id)

    def _decide_outgoing(self, frame: OutgoingFrame) -> FaultDecision:
        if self.is_half_open:
            return NO_FAULT
        return self._decide(Point.OUT, lambda: frame.member)

    def _end(self, decision: FaultDecision) -> bool:
        """End the connection if that is what the fault does; return whether it did."""
        fault = decision.fault
        if fault is None or fault.kind not in (
            FaultKind.CLOSE,
            FaultKind.RESET,
            FaultKind.BLACK_HOLE,
        ):
            return False
        if fault.kind is FaultKind.CLOSE:
            self._close(fault.code, fault.reason)
        elif fault.kind is FaultKind.RESET:
            reset(self._request.transport)
        else:
            self.is_half_open = True
            self._lost = black_hole(self._request.transport)
        return True

    def _write_and_close(self, data: bytes) -> None:
        if self._request.transport is not None:
            self._request.transport.write(data)
            self._request.transport.close()


@define(eq=False)
class _HeldFrame:
    user_id: str
    left: int
    overtaken: asyncio.Event = field(factory=asyncio.Event)


class ReorderBuffer:
    """The frames of all sockets that wait until others have overtaken them."""

    def __init__(self) -> None:
        self._held: set[_HeldFrame] = set()

    def frame_sent(self, user_id: str) -> None:
        """Note a frame that went out to a user."""
        for frame in self._held:
            if frame.user_id != user_id:
                frame.left -= 1
                if frame.left <= 0:
                    frame.overtaken.set()

    @contextlib.contextmanager
    def hold(self, user_id: str, count: int) -> Iterator[asyncio.Event]:
        """In the block, an event that is set once `count` frames went out to other users."""
        frame = _HeldFrame(user_id, count)
        self._held.add(frame)
        try:
            yield frame.overtaken
        finally:
            self._held.discard(frame)


def _head(first: int, size: int) -> bytes:
    """The head of a server's frame with this first byte, as RFC 6455 has it."""
    if size < 126:
        return struct.pack("!BB", first, size)
    if size < 1 << 16:
        return struct.pack("!BBH", first, 126, size)
    return struct.pack("!BBQ", first, 127, size)

"""The line of one socket: frames go through it, and so do the faults that strike them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import struct
from collections.abc import Awaitable, Callable, Iterator

from aiohttp import web
from attrs import define, field

from server_kit.faults import UNHARMED, Fault, Faults, Kind, Point, Strike, garbage, reset, swallow

_FINAL_TEXT = 0x81  # the first byte of a text frame that is a whole message


class Line:
    """Sends and receives the frames of one socket, or does to them what a fault says.

    Args:
        request: The handshake.
        websocket: The socket.
        user_id: Whose socket it is.
        faults: What can strike.
        traffic: The frames of all sockets, among which one can be overtaken.
        close: Closes the session at once, with a code and a reason.

    Attributes:
        is_dead: The connection is half-open: it takes bytes, and nothing comes of them.
        is_stuck: A frame waits for a client who reads slowly, or not at all.
        drops_reply: The request that is worked now gets no answer.
    """

    def __init__(
        self,
        request: web.Request,
        websocket: web.WebSocketResponse,
        user_id: str,
        *,
        faults: Faults,
        traffic: Traffic,
        close: Callable[[int, str], None],
    ) -> None:
        self.is_dead = False
        self.is_stuck = False
        self.drops_reply = False
        self._request = request
        self._websocket = websocket
        self._user_id = user_id
        self._faults = faults
        self._traffic = traffic
        self._close = close
        self._gone = asyncio.Event()
        self._held: set[asyncio.Event] = set()
        self._is_released = False

    def opened(self) -> None:
        """Let faults strike a socket that has just opened."""
        self._end(self._faults.strike(Point.OPEN, "", self._user_id))

    async def receive(self, text: str, handle: Callable[[], Awaitable[None]]) -> None:
        """Handle a frame that came in, unless a fault takes it."""
        strike = self._strike(Point.IN, text)
        await self._hold(strike.delay)
        if self._end(strike):
            return
        self.drops_reply = strike.kind is Kind.DROP_REPLY
        try:
            await handle()
            if strike.kind is Kind.DUPLICATE:
                await handle()
        finally:
            self.drops_reply = False

    async def send(self, text: str, *, waited: float) -> None:
        """Send a frame, or what a fault makes of it.

        Args:
            text: The frame.
            waited: How many seconds it has waited already; latency counts them.
        """
        if self.is_dead:
            return
        strike = self._strike(Point.OUT, text)
        if strike is UNHARMED:
            await self._send(text)
            return
        await self._hold(strike.delay - waited)
        if strike.fault is not None and strike.kind is Kind.REORDER:
            await self._fall_behind(strike.fault)
        if not self._end(strike):
            await self._put(text, strike)

    def release(self) -> None:
        """Hold no frame any longer: the connection ends."""
        self._is_released = True
        for wake in self._held:
            wake.set()

    async def until_gone(self) -> None:
        """Return once a dead connection is gone; at once for any other."""
        if self.is_dead:
            await self._gone.wait()

    async def _put(self, text: str, strike: Strike) -> None:
        payload, fault = text.encode(), strike.fault
        if fault is None or fault.kind is Kind.REORDER:
            await self._send(text)
        elif fault.kind is Kind.DUPLICATE:
            await self._send(text)
            await self._send(text)
        elif fault.kind is Kind.BANDWIDTH:
            self.is_stuck = True
            await self._hold(len(payload) / fault.bytes_per_second)
            await self._send(text)
        elif fault.kind is Kind.FRAME:
            await self._send(fault.body)
        elif fault.kind is Kind.TRUNCATED:
            self._hang_up(_head(len(payload)) + payload[: len(payload) // 2])
        elif fault.kind is Kind.GARBAGE:
            self._hang_up(garbage(strike.random, fault.size))

    async def _send(self, text: str) -> None:
        self.is_stuck = True
        await self._websocket.send_str(text)
        self.is_stuck = False
        self._traffic.passed(self._user_id)

    async def _fall_behind(self, fault: Fault) -> None:
        with self._traffic.behind(self._user_id, fault.behind) as overtaken:
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

    def _strike(self, point: Point, text: str) -> Strike:
        if not len(self._faults):
            return UNHARMED
        return self._faults.strike(point, _member(text), self._user_id)

    def _end(self, strike: Strike) -> bool:
        """End the connection, if that is what the fault does; tells whether it did."""
        fault = strike.fault
        if fault is None or fault.kind not in (Kind.CLOSE, Kind.RESET, Kind.BLACK_HOLE):
            return False
        if fault.kind is Kind.CLOSE:
            self._close(fault.code, fault.reason)
        elif fault.kind is Kind.RESET:
            reset(self._request.transport)
        else:
            self.is_dead = True
            self._gone = swallow(self._request.transport)
        return True

    def _hang_up(self, last_words: bytes) -> None:
        if self._request.transport is not None:
            self._request.transport.write(last_words)
            self._request.transport.close()


@define(eq=False)
class _Straggler:
    user_id: str
    left: int
    overtaken: asyncio.Event = field(factory=asyncio.Event)


class Traffic:
    """The frames that leave a server, as far as their order across users matters."""

    def __init__(self) -> None:
        self._stragglers: set[_Straggler] = set()

    def passed(self, user_id: str) -> None:
        """Note a frame that went out to a user."""
        for straggler in self._stragglers:
            if straggler.user_id != user_id:
                straggler.left -= 1
                if straggler.left <= 0:
                    straggler.overtaken.set()

    @contextlib.contextmanager
    def behind(self, user_id: str, count: int) -> Iterator[asyncio.Event]:
        """In the block, an event that is set once `count` frames went out to other users."""
        straggler = _Straggler(user_id, count)
        self._stragglers.add(straggler)
        try:
            yield straggler.overtaken
        finally:
            self._stragglers.discard(straggler)


def _member(text: str) -> str:
    """What kind of envelope a frame holds, as `rpc`; "" for a bare reply or no envelope."""
    try:
        envelope = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(envelope, dict):
        return ""
    return next((name for name in envelope if name != "cid"), "")


def _head(size: int) -> bytes:
    """The head of a server's text frame, as RFC 6455 has it."""
    if size < 126:
        return struct.pack("!BB", _FINAL_TEXT, size)
    if size < 1 << 16:
        return struct.pack("!BBH", _FINAL_TEXT, 126, size)
    return struct.pack("!BBQ", _FINAL_TEXT, 127, size)

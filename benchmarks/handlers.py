"""CPU time of the SDK from a frame to a handler: match data and chat beside notifications.

The last rows are why the SDK's sockets speak JSON: how long a frame takes to decode by msgspec, and
by a protobuf codec in Python.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

from benchmarks.measure import Row
from benchmarks.server import BURST, ENVELOPES
from benchmarks.tokens import TOKEN
from mock_server.wire import protobuf
from mock_server.wire.messages import envelope
from nakama_client import ChannelMessage, Client, MatchData, Notification, Session, Socket
from nakama_client.protocol import codec, envelopes

ROUNDS = 10


async def measure(url: str) -> list[Row]:
    async with (
        Client(url) as client,
        client.socket(Session(TOKEN), queue_limit=2 * BURST) as socket,
    ):
        counter = _Counter(socket)
        costs: dict[str, list[float]] = {name: [] for name in ENVELOPES}
        for _ in range(ROUNDS):
            for name, taken in costs.items():
                taken.append(await counter.burst(name))
    best = {name: min(taken) for name, taken in costs.items()}
    return [
        *(
            _row(f"SDK: {name} / notification", best["burst"], best[name], "<= 1.2")
            for name in ("match data", "chat")
        ),
        *(_decoding(name) for name in ("burst", "match data")),
    ]


class _Counter:
    """Counts what its handlers get."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._count = 0
        self._complete = asyncio.Event()
        socket.on_notification(self._take_notification)
        socket.on_match_data(self._take_data)
        socket.on_channel_message(self._take_message)

    async def burst(self, name: str) -> float:
        """CPU microseconds for each event of a burst."""
        self._count = 0
        self._complete.clear()
        started = time.process_time()
        await self._socket.rpc(name)
        await self._complete.wait()
        return (time.process_time() - started) / BURST * 1e6

    def _take_notification(self, notification: Notification) -> None:
        self._take()

    def _take_data(self, data: MatchData) -> None:
        self._take()

    def _take_message(self, message: ChannelMessage) -> None:
        self._take()

    def _take(self) -> None:
        self._count += 1
        if self._count == BURST:
            self._complete.set()


def _decoding(name: str) -> Row:
    text = json.dumps(ENVELOPES[name]).encode()
    message = envelope()
    data = protobuf.encode(message, ENVELOPES[name])
    model = dict if name == "burst" else MatchData
    as_json = _cost(lambda: _read_json(text, model))
    binary = _cost(lambda: protobuf.decode(message, data))
    title = "notification" if name == "burst" else name
    return _row(f"decode {title}: protobuf / JSON", as_json, binary, "")


def _read_json(text: bytes, model: type) -> object:
    _, members = envelopes.read(text)
    return [codec.decode(raw, model) for raw in members.values()]


def _cost(decode: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(BURST):
            decode()
        best = min(best, time.process_time() - started)
    return best / BURST * 1e6


def _row(name: str, bare: float, ours: float, target: str) -> Row:
    return Row(name, f"{bare:.1f} µs", f"{ours:.1f} µs", f"{ours / bare:.2f}", target)

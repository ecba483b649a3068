"""What a frame of a game costs: `poll()` with nothing to do, and with one notification."""

from __future__ import annotations

import asyncio
import statistics
import time

from benchmarks.measure import ROUNDS, Row
from benchmarks.tokens import TOKEN
from nakama_client import Notification, Session
from nakama_client.game import GameClient

POLLS = 20_000
IDLE_TARGET = 3.0  # microseconds
NOTIFICATION_TARGET = 30.0


async def measure(url: str) -> list[Row]:
    return await asyncio.to_thread(_measure, url)


def _measure(url: str) -> list[Row]:
    with GameClient(url) as client:
        idle = min(_idle(client) for _ in range(ROUNDS))
        busy = _with_notifications(client)
    return [
        _row("poll() with nothing to do", idle, IDLE_TARGET),
        _row("poll() with a notification, p50", busy, NOTIFICATION_TARGET),
    ]


def _idle(client: GameClient) -> float:
    """Microseconds of CPU time a poll."""
    poll = client.poll
    started = time.thread_time()
    for _ in range(POLLS):
        poll()
    return (time.thread_time() - started) / POLLS * 1e6


def _with_notifications(client: GameClient) -> float:
    """The median of the microseconds of CPU time of a poll that runs one handler."""
    socket = client.socket(Session(TOKEN))
    seen: list[Notification] = []
    socket.on_notification(seen.append)
    socket.connect().result()
    polls: list[float] = []
    for _ in range(ROUNDS):
        burst = socket.rpc("burst")  # a thousand notifications
        while not burst.done or client.poll(0):
            started = time.thread_time()
            before = len(seen)
            client.poll(0)  # runs one callback, if there is one
            if len(seen) == before + 1:
                polls.append((time.thread_time() - started) * 1e6)
    socket.close().result()
    return statistics.median(polls)


def _row(name: str, microseconds: float, target: float) -> Row:
    return Row(name, "", f"{microseconds:.2f} us", "", f"<= {target:g} us")

"""What a game pays: `poll()` with nothing to do and with one notification, calls in flight."""

from __future__ import annotations

import asyncio
import socket
import statistics
import threading
import time
import tracemalloc

from benchmarks.measure import ROUNDS, Row
from benchmarks.tokens import TOKEN
from nakama_client import Notification, Session, TooManyCalls
from nakama_client.game import GameClient

POLLS = 20_000
IDLE_TARGET = 3.0  # microseconds
NOTIFICATION_TARGET = 30.0
CALLS = 10_000  # as many as may be in flight
CALL_TARGET = 64.0  # kilobytes


async def measure(url: str) -> list[Row]:
    return await asyncio.to_thread(_measure, url)


def _measure(url: str) -> list[Row]:
    with GameClient(url) as client:
        idle = min(_idle(client) for _ in range(ROUNDS))
        busy = _with_notifications(client)
    threads, kilobytes = _calls_in_flight()
    return [
        _row("poll() with nothing to do", idle, IDLE_TARGET),
        _row("poll() with a notification, p50", busy, NOTIFICATION_TARGET),
        Row("threads for 10,000 calls", "", f"{threads}", "", "<= 0"),
        Row("memory of a call in flight", "", f"{kilobytes:.1f} KB", "", f"<= {CALL_TARGET:g} KB"),
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
    line = client.socket(Session(TOKEN))
    seen: list[Notification] = []
    line.on_notification(seen.append)
    line.connect().result()
    polls: list[float] = []
    for _ in range(ROUNDS):
        burst = line.rpc("burst")  # a thousand notifications
        while not burst.done or client.poll(0):
            started = time.thread_time()
            before = len(seen)
            client.poll(0)  # runs one callback, if there is one
            if len(seen) == before + 1:
                polls.append((time.thread_time() - started) * 1e6)
    line.close().result()
    return statistics.median(polls)


def _calls_in_flight() -> tuple[int, float]:
    """How many threads and kilobytes (each) the most calls take; one more is refused."""
    with (
        socket.create_server(("127.0.0.1", 0), backlog=4096) as deaf,
        GameClient(f"http://127.0.0.1:{deaf.getsockname()[1]}") as client,
    ):
        session = Session(TOKEN)
        threads = threading.active_count()
        tracemalloc.start()
        handles = [client.get_account(session) for _ in range(CALLS)]
        added = threading.active_count() - threads
        taken, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        try:
            client.get_account(session)
        except TooManyCalls:
            pass
        else:
            raise AssertionError("more calls are in flight than allowed")
        for handle in handles:
            handle.cancel()
    return added, taken / CALLS / 1024


def _row(name: str, microseconds: float, target: float) -> Row:
    return Row(name, "", f"{microseconds:.2f} us", "", f"<= {target:g} us")

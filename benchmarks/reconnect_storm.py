"""Thousands of sockets on one server, and how they reconnect after it was killed.

`python -m benchmarks.reconnect_storm` prints how they spread.
It needs two open files for each player.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections import Counter
from pathlib import Path

from benchmarks.soak.server import MockProcess
from nakama_client import (
    Client,
    Connected,
    NotificationFeed,
    Reconnecting,
    RetryPolicy,
    Session,
    Timeouts,
)

RETRY = RetryPolicy(deadline=60.0)
TIMEOUTS = Timeouts(connect=30.0, request=60.0, reply=60.0)


class ReconnectStorm:
    """One run.

    Args:
        server: The server.
        players: How many there are.
        notifications: How many each gets before the restart; a tenth comes after it.
    """

    def __init__(self, server: MockProcess, players: int, notifications: int) -> None:
        self._server = server
        self._players = players
        self._notifications = notifications
        self._attempts: list[float] = []
        self._connected: list[float] = []
        self._listened = 0.0
        self._barrier = asyncio.Barrier(players + 1)
        self._sessions: list[Session] = []

    async def run(self) -> None:
        """Connect all, send, kill, send, and print."""
        async with Client(self._server.client_url, timeouts=TIMEOUTS, retry=RETRY) as client:
            started = time.perf_counter()
            async with asyncio.TaskGroup() as tasks:
                for player in range(self._players):
                    tasks.create_task(self._play(client, player))
                started = await self._step("open", started)
                await self._send(self._notifications)
                started = await self._step("notified", started)
                self._attempts.clear()
                self._connected.clear()
                await self._server.kill()
                killed = time.perf_counter()
                await self._server.start()
                self._listened = time.perf_counter()
                await self._send(self._notifications // 10)
                await self._step("back and up to date", killed)
        self._print_spread(killed)

    async def _play(self, client: Client, player: int) -> None:
        session = await client.authenticate_device(f"reconnect_storm-device-{player:05}")
        self._sessions.append(session)
        socket = client.socket(session)
        socket.on_reconnecting(self._attempted)
        socket.on_connected(self._has_connected)
        async with socket, client.notifications(session, socket=socket) as feed:
            await self._take(feed, 0)
            await self._take(feed, self._notifications)
            await self._take(feed, self._notifications // 10)

    async def _take(self, feed: NotificationFeed, count: int) -> None:
        """Take so many, each once, and wait for the others."""
        ids = {(await anext(feed)).id for _ in range(count)}
        assert len(ids) == count
        await self._barrier.wait()

    async def _send(self, count: int) -> None:
        users = [session.user_id for session in self._sessions]
        for number in range(count):
            await self._server.send(users, users[0], number)

    async def _step(self, what: str, since: float) -> float:
        await self._barrier.wait()
        now = time.perf_counter()
        print(f"{self._players:,} sockets {what} after {now - since:.1f} s", flush=True)
        return now

    def _attempted(self, event: Reconnecting) -> None:
        self._attempts.append(time.perf_counter() + event.delay)

    def _has_connected(self, event: Connected) -> None:
        self._connected.append(time.perf_counter())

    def _print_spread(self, killed: float) -> None:
        times = sorted(moment - killed for moment in self._connected)
        most, last = times[len(times) * 9 // 10], times[-1]
        in_each_tenth = Counter(int((moment - killed) * 10) for moment in self._attempts)
        each = len(self._attempts) / self._players
        print(f"{len(self._attempts):,} attempts, at most {max(in_each_tenth.values())} in 0.1 s")
        print(f"{each:.2f} attempts a socket (<= 2.5 when the server is away for up to 2 s)")
        print(f"the server listened after {self._listened - killed:.1f} s")
        print(f"90 % were open after {most:.1f} s, the last after {last:.1f} s")
        print(f"last / 90 %: {last / most:.2f} (<= 1.5)")


async def main() -> None:
    """Run it as the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.reconnect_storm", description=__doc__
    )
    parser.add_argument("--players", type=int, default=2_000)
    parser.add_argument("--notifications", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = MockProcess(Path(folder) / "nakama.db")
        await server.start()
        try:
            await ReconnectStorm(server, options.players, options.notifications).run()
        finally:
            await server.close()


if __name__ == "__main__":
    asyncio.run(main())

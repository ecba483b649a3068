"""A process with a feed for each player, which writes down what they handled.

`python -m benchmarks.soak.players URL JOURNAL PLAYERS [DIRECTORY]` runs until its standard
input is closed; with a directory, positions are kept there, without one in memory.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections import Counter
from pathlib import Path

from nakama_client import (
    Client,
    FileCursorStore,
    MemoryCursorStore,
    NakamaError,
    Notification,
    ReconnectPolicy,
    RetryPolicy,
    Session,
    Timeouts,
)

TIMEOUTS = Timeouts(
    connect=1.0, request=1.0, reply=1.0, ping_interval=1.0, ping_timeout=0.5, close=1.0
)
RETRY = RetryPolicy(first_delay=0.02, max_delay=0.5, deadline=10.0)
RECONNECT = ReconnectPolicy(first_delay=0.05, max_delay=0.5)


def device_id(player: int) -> str:
    """The device with which a player logs in."""
    return f"soak-device-{player:04}"


class Players:
    """The players of one process."""

    def __init__(self, client: Client, journal: int, store: MemoryCursorStore | FileCursorStore):
        self.counts: Counter[str] = Counter()
        self._client = client
        self._journal = journal
        self._store = store
        client.on_retry(lambda _: self.counts.update(["retries"]))
        client.on_session_refresh(lambda _: self.counts.update(["refreshes"]))

    async def play(self, player: int) -> None:
        """Follow the notifications of one player for ever."""
        while True:
            try:
                session = await self._client.authenticate_device(device_id(player))
                await self._follow(player, session)
            except NakamaError as error:
                self.counts[f"began again after {type(error).__name__}"] += 1
                await asyncio.sleep(0.1)

    async def _follow(self, player: int, session: Session) -> None:
        def handle(notification: Notification) -> None:
            number = notification.content["number"]
            line = json.dumps([player, notification.id, notification.sender_id, number])
            os.write(self._journal, line.encode() + b"\n")

        socket = self._client.socket(session, reconnect=RECONNECT)
        socket.on_connected(lambda _: self.counts.update(["connections"]))
        socket.on_error(lambda _: self.counts.update(["errors told"]))
        feed = self._client.notifications(
            session, socket=socket, store=self._store, check_interval=5.0
        )
        async with socket, feed:
            await feed.run(handle)


async def main(url: str, journal_path: str, players: int, directory: str | None) -> None:
    """Play until standard input is closed, then write what was counted to standard output."""
    logging.disable()  # thousands of warnings, all meant
    journal = os.open(Path(journal_path), os.O_CREAT | os.O_APPEND | os.O_WRONLY)
    store = MemoryCursorStore() if directory is None else FileCursorStore(directory)
    async with Client(url, timeouts=TIMEOUTS, retry=RETRY) as client:
        all_players = Players(client, journal, store)
        tasks = [asyncio.create_task(all_players.play(player)) for player in range(players)]
        await asyncio.to_thread(sys.stdin.read)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    os.close(journal)
    print(json.dumps(all_players.counts))


if __name__ == "__main__":
    asyncio.run(
        main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] if sys.argv[4:] else None)
    )

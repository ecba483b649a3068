"""Many sockets on one server come back after a restart, spread out, and miss nothing."""

import asyncio
from random import Random

import pytest

from mock_server import MockServer
from nakama_client import Client, NotificationFeed, Reconnecting, ReconnectPolicy

PLAYERS = 100


@pytest.mark.slow
@pytest.mark.asyncio
async def test_all_sockets_reconnect_and_catch_up() -> None:
    policy = ReconnectPolicy(first_delay=0.3, max_delay=2.0)
    delays: list[float] = []
    seen: dict[int, list[str]] = {player: [] for player in range(PLAYERS)}
    at_barrier = asyncio.Barrier(PLAYERS + 1)

    async def take(feed: NotificationFeed, player: int, count: int) -> None:
        for _ in range(count):
            seen[player].append((await anext(feed)).subject)
        async with at_barrier:
            """Everybody has as many."""

    async def play(player: int) -> None:
        session = await client.authenticate_device(f"device-{player:04}")
        socket = client.socket(session, reconnect=policy)

        @socket.on_reconnecting
        def note(event: Reconnecting) -> None:
            if event.attempt == 1:
                delays.append(event.delay)

        async with socket, client.notifications(session, socket=socket) as feed:
            await take(feed, player, 0)
            await take(feed, player, 10)
            await take(feed, player, 5)

    async with (
        MockServer() as server,
        Client(server.http_url, random=Random(1).random) as client,
        asyncio.TaskGroup() as tasks,
    ):
        for player in range(PLAYERS):
            tasks.create_task(play(player))
        async with at_barrier:
            users = [user["id"] for user in await server.users()]
        for number in range(10):
            for user in users:
                await server.notifications.send(user, f"before {number}")
        async with at_barrier:
            assert len(server.sockets()) == PLAYERS
        await server.restart()
        for number in range(5):
            for user in users:
                await server.notifications.send(user, f"after {number}")
        async with at_barrier:
            assert len(server.sockets()) == PLAYERS
    expected = [f"before {number}" for number in range(10)]
    expected += [f"after {number}" for number in range(5)]
    assert all(each == expected for each in seen.values())
    assert len(delays) == PLAYERS
    assert len(set(delays)) == PLAYERS
    thirds = [sum(third * 0.1 <= each < (third + 1) * 0.1 for each in delays) for third in range(3)]
    assert min(thirds) > PLAYERS / 6

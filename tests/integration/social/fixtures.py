"""Three users with open sockets, and what each of them was told while something happened."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from attrs import define, field

from mock_server import Config, MockServer
from nakama_client import Client, Notification, Session, Socket


@define
class Player:
    """A user, the user's socket, what came through it, and whether it ended."""

    session: Session
    socket: Socket
    received: asyncio.Queue[Notification] = field(factory=asyncio.Queue)
    ended: asyncio.Event = field(factory=asyncio.Event)

    @property
    def id(self) -> str:
        return self.session.user_id


@define
class Fixtures:
    """Alice, Bob and Carol."""

    client: Client
    server: MockServer
    alice: Player
    bob: Player
    carol: Player
    group_id: str = ""

    async def during(
        self, cause: Callable[[Fixtures], Awaitable[object]]
    ) -> dict[str, list[Notification]]:
        """What each of those who stayed connected was told, by name, while something happened."""
        for player in self._connected():
            await self._mark(player, "it begins")
        await cause(self)
        told = {}
        for player in self._connected():
            await self._mark(player, "it ended")
            received = await _until(player, "it ended")
            subjects = [each.subject for each in received]
            told[player.session.username] = received[subjects.index("it begins") + 1 :]
        return told

    async def stored(self, player: Player) -> list[Notification]:
        """What the player finds in the list."""
        return [each async for each in self.client.iter_notifications(player.session)]

    def _connected(self) -> list[Player]:
        return [
            player for player in (self.alice, self.bob, self.carol) if player.socket.is_connected
        ]

    async def _mark(self, player: Player, subject: str) -> None:
        await self.server.notifications.send(player.id, subject, persistent=False)


async def _until(player: Player, subject: str) -> list[Notification]:
    received = []
    while (notification := await player.received.get()).subject != subject:
        received.append(notification)
    return received


@asynccontextmanager
async def three_players(config: Config | None = None) -> AsyncIterator[Fixtures]:
    """A server, a client, and three players that are logged in and connected."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(MockServer(config))
        client = await stack.enter_async_context(Client(server.http_url))
        players = []
        for name in ("alice", "bob", "carol"):
            session = await client.authenticate_device(f"device-of-{name}", username=name)
            player = Player(session, client.socket(session))
            player.socket.on_notification(player.received.put_nowait)
            player.socket.on_disconnect(lambda _, ended=player.ended: ended.set())
            await stack.enter_async_context(player.socket)
            players.append(player)
        yield Fixtures(client, server, *players)

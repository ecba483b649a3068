"""Players at open sockets, and all that each of them is sent."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import aiohttp

from mock_server import Config, MockServer
from server_kit import Clock
from tests.mock_server.runtime.game import Game, Socket, playing

STOPPED = 1_800_000_000


def lonely_server(**settings: Any) -> MockServer:
    """A server whose clock stands still, so that nothing ticks by itself."""
    named = {name.replace("__", "."): value for name, value in settings.items()}
    config = Config.from_settings({"session.token_expiry_sec": 7200, **named})
    return MockServer(config, clock=Clock(stopped_at=STOPPED))


class Lobby:
    """A server, and one socket for each of some players.

    Args:
        names: The players.
        settings: The server's; `party__idle_check_interval_ms` is one.
    """

    def __init__(self, *names: str, **settings: Any) -> None:
        self._names = names
        self._settings = settings
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._connections: dict[str, aiohttp.ClientWebSocketResponse] = {}
        self._session_ids: dict[str, str] = {}
        self.game: Game
        self.user_ids: dict[str, str] = {}

    def open(self) -> None:
        """Start the server and connect everybody."""
        self._runner.run(self._open())

    def close(self) -> None:
        """Stop the server."""
        self._runner.run(self._stack.aclose())
        self._runner.close()

    def session_id(self, name: str) -> str:
        """The session of a player."""
        return self._session_ids[name]

    def presence(self, name: str) -> dict[str, str]:
        """The presence of a player."""
        return {
            "user_id": self.user_ids[name],
            "session_id": self._session_ids[name],
            "username": name,
        }

    def ask(self, name: str, **envelope: Any) -> dict[str, Any]:
        """Send a request, and return the reply without its cid; other frames are kept."""
        return self._runner.run(self._ask(name, envelope))

    def received(self) -> dict[str, list[dict[str, Any]]]:
        """What everybody has been sent since the last time, but for replies."""
        return self._runner.run(self._received())

    def reconnect(self, name: str) -> None:
        """Close a player's socket and open another one."""
        self._runner.run(self._reconnect(name))

    def process(self) -> None:
        """Let the matchmaker tick."""
        self._runner.run(self.game.server.matchmaker.process())

    def get(self, path: str) -> Any:
        """Answer of a request of the client API."""
        return self._runner.run(self._get(path))

    def advance(self, seconds: float) -> None:
        """Move the server's clock, and wait until what is due has been done."""
        self._runner.run(self._advance(seconds))

    async def _open(self) -> None:
        self.game = await self._stack.enter_async_context(playing(lonely_server(**self._settings)))
        self._kept: dict[str, list[dict[str, Any]]] = {name: [] for name in self._names}
        self._tokens = {name: await self.game.login(name) for name in self._names}
        self.user_ids = {each["username"]: each["id"] for each in await self.game.server.users()}
        for name in self._names:
            await self._connect(name)

    async def _connect(self, name: str) -> None:
        address = f"{self.game.server.socket_url}?token={self._tokens[name]}"
        http = await self._stack.enter_async_context(aiohttp.ClientSession())
        connection = http.ws_connect(address)
        self._connections[name] = await self._stack.enter_async_context(connection)
        await self._ask(name, {"ping": {}})
        known = set(self._session_ids.values())
        (session,) = (
            each
            for each in self.game.server.sockets()
            if each.username == name and each.id not in known
        )
        self._session_ids[name] = session.id

    async def _reconnect(self, name: str) -> None:
        await self._connections[name].close()
        self._kept[name].clear()
        await self._connect(name)

    async def _ask(self, name: str, envelope: dict[str, Any]) -> dict[str, Any]:
        socket = Socket(self._connections[name])
        await socket.send(**envelope)
        while "cid" not in (frame := await socket.receive()):
            self._kept[name].append(frame)
        del frame["cid"]
        answer: dict[str, Any] = frame
        return answer

    async def _received(self) -> dict[str, list[dict[str, Any]]]:
        for name in self._names:
            await self._ask(name, {"ping": {}})
        received, self._kept = self._kept, {name: [] for name in self._names}
        return received

    async def _get(self, path: str) -> Any:
        return (await self.game.request("GET", path, self._tokens[self._names[0]])).body

    async def _advance(self, seconds: float) -> None:
        self.game.server.clock.advance(seconds)
        await self.game.server.settle()

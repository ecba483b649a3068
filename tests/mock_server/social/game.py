"""A mock server, and players who speak to it in plain HTTP and frames, without the SDK."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import aiohttp
from attrs import define, field

from mock_server import Config, MockServer

SERVER_KEY = {"Authorization": aiohttp.encode_basic_auth("defaultkey", "")}

OK: dict[str, Any] = {}


def refused(code: int, message: str) -> dict[str, Any]:
    """The JSON of a refusal."""
    return {"code": code, "message": message}


@define
class Game:
    """A server, and the connections to it."""

    server: MockServer
    http: aiohttp.ClientSession
    _sockets: list[aiohttp.ClientWebSocketResponse] = field(factory=list)

    async def login(self, name: str) -> Player:
        """Sign up by device."""
        return await self.authenticate(
            "device", {"id": f"device-of-{name}"}, username=name, create="true"
        )

    async def authenticate(self, provider: str, account: Any, **query: str) -> Player:
        """Log in, or sign up, by whatever way."""
        session = await self.ask_for_session(provider, account, **query)
        headers = {"Authorization": f"Bearer {session['token']}"}
        player = Player(self, "", "", headers)
        user = (await player.get("/v2/account"))["user"]
        player.id, player.name = user["id"], user["username"]
        return player

    def stranger(self, user_id: str, name: str) -> Player:
        """Somebody whose token is good, but whose account does not exist."""
        token, _ = self.server.nk.authenticate_token_generate(user_id, name)
        return Player(self, name, user_id, {"Authorization": f"Bearer {token}"})

    async def ask_for_session(self, provider: str, account: Any, **query: str) -> Any:
        """The answer to an authentication."""
        path = f"/v2/account/authenticate/{provider}?{urlencode(query)}"
        return await self.request("POST", path, SERVER_KEY, account)

    async def players(self, *names: str) -> list[Player]:
        """Sign up users, and connect a socket for each."""
        players = [await self.login(name) for name in names]
        for player in players:
            await player.connect()
        return players

    async def open_socket(
        self, headers: Mapping[str, str], **query: str
    ) -> aiohttp.ClientWebSocketResponse:
        """A new socket, which is closed with the game."""
        url = f"{self.server.socket_url}?{urlencode(query)}"
        self._sockets.append(await self.http.ws_connect(url, headers=headers))
        return self._sockets[-1]

    async def aclose(self) -> None:
        """Close the sockets that are open."""
        for socket in self._sockets:
            await socket.close()

    async def request(
        self, method: str, path: str, headers: Mapping[str, str], body: Any = None
    ) -> Any:
        """The JSON that answers a request."""
        url = self.server.http_url + path
        async with self.http.request(method, url, headers=headers, json=body) as answer:
            return await answer.json()


@define
class Player:
    """A user, and the socket if there is one."""

    game: Game
    name: str
    id: str
    headers: Mapping[str, str] = field(repr=False)
    session_id: str = ""
    _socket: aiohttp.ClientWebSocketResponse | None = field(default=None, repr=False)
    _received: list[dict[str, Any]] = field(factory=list, repr=False)

    async def get(self, path: str, **query: object) -> Any:
        """GET, with a query."""
        return await self.game.request("GET", f"{path}?{urlencode(query)}", self.headers)

    async def post(self, path: str, body: Any = None, **query: Sequence[str] | str) -> Any:
        """POST, with a query, in which lists are repeated parameters, and maybe a body."""
        query_text = urlencode(query, doseq=True)
        return await self.game.request("POST", f"{path}?{query_text}", self.headers, body)

    async def put(self, path: str, body: Any) -> Any:
        """PUT a body."""
        return await self.game.request("PUT", path, self.headers, body)

    async def delete(self, path: str, **query: Sequence[str] | str) -> Any:
        """DELETE, with a query."""
        path = f"{path}?{urlencode(query, doseq=True)}"
        return await self.game.request("DELETE", path, self.headers)

    async def pages(self, path: str, items: str, **query: object) -> list[Any]:
        """The items of every page of a list."""
        found: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = await self.get(path, **query, **cursor)
            found += page.get(items, [])
            if "cursor" not in page:
                return found
            cursor = {"cursor": page["cursor"]}

    async def connect(self, **query: str) -> None:
        """Open a socket, which the server knows when this returns."""
        self._socket = await self.game.open_socket(self.headers, **query)
        await self.ask(ping={})
        self.session_id = self.game.server.sockets()[-1].id

    async def disconnect(self) -> None:
        """Close the socket; the server has forgotten it when this returns."""
        assert self._socket is not None
        (session,) = [each for each in self.game.server.sockets() if each.id == self.session_id]
        await self._socket.close()
        await session.wait_closed()

    async def ask(self, **request: Any) -> Any:
        """The answer to a frame; what comes in before it is kept for `received`."""
        assert self._socket is not None
        await self._socket.send_str(json.dumps({"cid": "1", **request}, ensure_ascii=False))
        while (frame := json.loads(await self._socket.receive_str())).pop("cid", "") != "1":
            self._received.append(frame)
        return frame

    async def received(self) -> list[dict[str, Any]]:
        """The frames that came in by themselves since the last call."""
        await self.ask(ping={})
        received, self._received = self._received, []
        return received

    async def until_closed(self) -> list[dict[str, Any]]:
        """The frames until the server closes the socket."""
        assert self._socket is not None
        return [json.loads(message.data) async for message in self._socket]

    async def received_notifications(self) -> list[Any]:
        """The notifications among what was received."""
        return notifications_in(await self.received())

    async def notifications(self) -> list[Any]:
        """The notifications in the list."""
        return list((await self.get("/v2/notification", limit=100)).get("notifications", []))

    async def edge_count(self) -> int:
        """How many friends, invites and blocks the account shows."""
        user = (await self.get("/v2/account"))["user"]
        return int(user.get("edge_count", 0))

    async def friends(self) -> dict[str, int]:
        """What others are to the player, by name, in the order of the list."""
        found = await self.pages("/v2/friend", "friends")
        return {each["user"]["username"]: each["state"] for each in found}


def notifications_in(frames: Sequence[dict[str, Any]]) -> list[Any]:
    """The notifications in frames."""
    return [
        each
        for frame in frames
        if "notifications" in frame
        for each in frame["notifications"]["notifications"]
    ]


@asynccontextmanager
async def open_game(settings: Mapping[str, Any] | None = None) -> AsyncIterator[Game]:
    """A running server and a connection pool."""
    config = Config.from_settings(settings or {})
    async with (
        MockServer(config) as server,
        aiohttp.ClientSession() as http,
        aclosing(Game(server, http)) as game,
    ):
        yield game

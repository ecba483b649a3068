"""Players who talk to the mock with plain aiohttp, so that the SDK proves nothing about itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from typing import Any

import aiohttp
from attrs import field, frozen

from mock_server import MockServer

SERVER_KEY = {"Authorization": aiohttp.encode_basic_auth("defaultkey", "")}


@frozen
class Player:
    """A logged-in user."""

    http: aiohttp.ClientSession = field(repr=False)
    server: MockServer = field(repr=False)
    user_id: str
    token: str
    refresh_token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def call(
        self, method: str, path: str, body: object = None, **options: Any
    ) -> tuple[int, Any]:
        """The status and the JSON of a request to the client API."""
        data = None if body is None else json.dumps(body)
        async with self.http.request(
            method, self.server.http_url + path, data=data, headers=self.headers, **options
        ) as answer:
            return answer.status, await answer.json(content_type=None)

    async def inbox(self) -> list[str]:
        """The subjects of the stored notifications."""
        _, page = await self.call("GET", "/v2/notification?limit=100")
        return [each["subject"] for each in page.get("notifications", [])]

    async def connect(self) -> Socket:
        """An open socket; it has passed a ping, so it misses nothing from now on."""
        connection = await self.http.ws_connect(self.server.socket_url, headers=self.headers)
        socket = Socket(connection)
        assert await socket.ask({"ping": {}}) == {"pong": {}}
        return socket


@frozen
class Socket:
    """An open socket."""

    connection: aiohttp.ClientWebSocketResponse

    async def send(self, envelope: dict[str, Any]) -> None:
        await self.connection.send_str(json.dumps(envelope))

    async def receive(self) -> dict[str, Any]:
        """The next envelope."""
        envelope: dict[str, Any] = json.loads(await self.connection.receive_str())
        return envelope

    async def ask(self, envelope: dict[str, Any]) -> dict[str, Any]:
        """The reply to a request, without its cid; what is pushed before is passed over."""
        await self.send({"cid": "1", **envelope})
        while (reply := await self.receive()).pop("cid", None) != "1":
            pass
        return reply

    async def subject(self) -> str:
        """The subject of the next envelope, which is a notification."""
        (notification,) = (await self.receive())["notifications"]["notifications"]
        subject: str = notification["subject"]
        return subject

    async def end(self) -> tuple[int, str]:
        """The code and reason with which the server closes; 1006 for none."""
        message = await self.connection.receive()
        assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED), message
        return int(self.connection.close_code or 0), str(message.extra or "")

    async def close(self) -> None:
        await self.connection.close()

    async def abort(self) -> None:
        """Drop the connection, without waiting for a server that may be mute."""
        own = self.connection.get_extra_info("socket")
        if own is not None:
            # A copy: uvloop's own sockets can't be shut down.
            with (
                contextlib.suppress(OSError),
                socket.fromfd(own.fileno(), own.family, own.type) as copy,
            ):
                copy.shutdown(socket.SHUT_RDWR)
        await self.connection.close()


async def sign_up(http: aiohttp.ClientSession, server: MockServer, name: str = "ada") -> Player:
    """A player with a fresh account, or the one who has this name."""
    async with http.post(
        f"{server.http_url}/v2/account/authenticate/device?username={name}",
        json={"id": f"device-of-{name}"},
        headers=SERVER_KEY,
    ) as answer:
        session = await answer.json()
    player = Player(http, server, "", session["token"], session["refresh_token"])
    _, account = await player.call("GET", "/v2/account")
    return Player(http, server, account["user"]["id"], session["token"], session["refresh_token"])


async def open_tcp(
    server: MockServer, request: bytes = b""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A TCP connection to the client API, on which these bytes have been sent."""
    host, _, port = server.http_url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    return reader, writer

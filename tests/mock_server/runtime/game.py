"""Servers with modules of a test's own, and a bare client that shows their answers as they are."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from attrs import frozen

from mock_server import Config, MockServer

HTTP_KEY = "defaulthttpkey"

# Runs the Lua code of the payload and returns what it returns, as JSON.
EVAL = """
nk = require("nakama")
nk.register_rpc(function(context, payload)
  return nk.json_encode({ assert(loadstring(payload))(context) })
end, "eval")
"""


@frozen
class Answer:
    """What came over HTTP."""

    status: int
    body: Any


class Socket:
    """A socket that speaks JSON."""

    def __init__(self, connection: aiohttp.ClientWebSocketResponse) -> None:
        self._connection = connection

    async def send(self, **envelope: Any) -> None:
        """Send an envelope."""
        await self._connection.send_str(json.dumps({"cid": "1", **envelope}))

    async def ask(self, **envelope: Any) -> Any:
        """Send an envelope and receive the reply."""
        await self.send(**envelope)
        return await self.reply()

    async def reply(self) -> Any:
        """The next envelope that is a reply."""
        while True:
            received = await self.receive()
            if "cid" in received:
                return received

    async def receive(self) -> Any:
        """The next envelope; the close code and reason, where the server closes."""
        message = await self._connection.receive()
        if message.type is aiohttp.WSMsgType.CLOSE:
            return message.data, message.extra
        return json.loads(message.data)


class Game:
    """A running server and a client of it."""

    def __init__(self, server: MockServer, http: aiohttp.ClientSession) -> None:
        self.server = server
        self._http = http

    async def rpc(self, rpc_id: str, payload: str = "", *, token: str = "") -> Answer:
        """Call an RPC function: as a user with their token, else as a server."""
        query = "unwrap" if token else f"unwrap&http_key={HTTP_KEY}"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        address = f"{self.server.http_url}/v2/rpc/{rpc_id}?{query}"
        async with self._http.post(address, data=payload, headers=headers) as answer:
            return Answer(answer.status, _json_or_text(await answer.text()))

    async def raw_rpc(self, rpc_id: str) -> str:
        """Call an RPC function as a server; its payload, or status and body of a failure."""
        address = f"{self.server.http_url}/v2/rpc/{rpc_id}?http_key={HTTP_KEY}"
        async with self._http.post(address) as answer:
            text = await answer.text()
            payload: str = json.loads(text)["payload"] if answer.status == 200 else ""
            return payload or f"{answer.status} {text}"

    async def failure(self, rpc_id: str, payload: str = "") -> str:
        """What the server says when this RPC function fails."""
        answer = await self.rpc(rpc_id, payload)
        assert answer.status != 200, answer.body
        message: str = answer.body["message"]
        return message

    async def lua(self, code: str) -> Any:
        """Run Lua code and return the list of what it returns; `EVAL` must be loaded."""
        answer = await self.rpc("eval", code)
        assert answer.status == 200, answer.body
        return answer.body

    async def login(self, name: str = "ada") -> str:
        """Log in as a user of this name and return their token."""
        address = f"{self.server.http_url}/v2/account/authenticate/device?username={name}"
        key = aiohttp.encode_basic_auth("defaultkey", "")
        device = {"id": f"device-of-{name}"}
        async with self._http.post(address, json=device, headers={"Authorization": key}) as answer:
            assert answer.status == 200, await answer.text()
            token: str = (await answer.json())["token"]
            return token

    async def user_id(self, name: str) -> str:
        """The id of the user of this name."""
        ids: dict[str, str] = {user["username"]: user["id"] for user in await self.server.users()}
        return ids[name]

    async def request(
        self, method: str, path: str, token: str = "", body: Mapping[str, Any] | None = None
    ) -> Answer:
        """Make a request of the client API; without a token with the server key."""
        key = aiohttp.encode_basic_auth("defaultkey", "")
        async with self._http.request(
            method,
            self.server.http_url + path,
            json=body,
            headers={"Authorization": f"Bearer {token}" if token else key},
        ) as answer:
            return Answer(answer.status, _json_or_text(await answer.text()))

    @asynccontextmanager
    async def socket(self, token: str) -> AsyncIterator[Socket]:
        """Open a socket."""
        address = f"{self.server.socket_url}?token={token}"
        async with self._http.ws_connect(address) as connection:
            yield Socket(connection)


@asynccontextmanager
async def playing(server: MockServer) -> AsyncIterator[Game]:
    """Start a server and call it."""
    async with server, aiohttp.ClientSession() as http:
        yield Game(server, http)


@asynccontextmanager
async def serving(folder: Path, modules: Mapping[str, str], **settings: Any) -> AsyncIterator[Game]:
    """Start a server with modules; `runtime__http_key` is the setting `runtime.http_key`."""
    write(folder, modules)
    named = {name.replace("__", "."): value for name, value in settings.items()}
    config = Config.from_settings({"runtime.path": str(folder), **named})
    async with playing(MockServer(config)) as game:
        yield game


def write(folder: Path, modules: Mapping[str, str]) -> None:
    """Write modules, by their path in the folder."""
    for name, source in modules.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")


def lua_rpcs(bodies: Mapping[str, str]) -> str:
    """A Lua module with an RPC function of each of these bodies, by their ids."""
    functions = (
        f'nk.register_rpc(function(context, payload)\n{body}\nend, "{rpc_id}")'
        for rpc_id, body in bodies.items()
    )
    return "\n".join(('local nk = require("nakama")', *functions))


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text

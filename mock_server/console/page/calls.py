"""Calls that a person makes in the console's explorer, as a player, over the real ports.

They go the way of any client's: hooks, faults and the journal see them.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
from aiohttp import ClientTimeout
from attrs import field, frozen
from yarl import URL

from mock_server.console.page.endpoints import EndpointList, ExplorerEndpoint, Parameter
from mock_server.console.services import ConsoleServices
from mock_server.http.routing import Auth
from mock_server.wire.schema import FieldType, ListOf, Scalar, Wrapper
from server_kit.bodies import refusal

_PATIENCE = ClientTimeout(total=15)
_SHOWN = 100_000  # characters of an answer, and of all frames
_NUMBERS = {"int32": int, "uint32": int, "double": float}


@frozen
class ExplorerCall:
    """A call: what, with which values, as whom.

    Attributes:
        endpoint: An id of `EndpointList`.
        fields: The values by the fields' names.
        player: A player's id or user name; empty for nobody.
    """

    endpoint: str
    fields: dict[str, Any] = field(factory=dict)
    player: str = ""


class Caller:
    """Calls endpoints.

    Args:
        endpoints: What can be called.
        find_services: Returns whose tokens are made; a restart makes new ones.
        find_url: Returns where the client API is.
    """

    def __init__(
        self,
        endpoints: EndpointList,
        find_services: Callable[[], ConsoleServices],
        find_url: Callable[[], str],
    ) -> None:
        self._endpoints = endpoints
        self._find_services = find_services
        self._find_url = find_url

    async def call(self, asked: ExplorerCall) -> dict[str, Any]:
        """Call, and return the request as it went and what came back.

        Raises:
            web.HTTPBadRequest: There is no such endpoint or player, or a field has no such value.
        """
        endpoint = self._endpoints.find(asked.endpoint)
        if endpoint is None:
            raise refusal(f"there is no endpoint {asked.endpoint[:100]!r}")
        known = {each.field.name for each in endpoint.parameters}
        if unknown := set(asked.fields) - known:
            raise refusal(f"{endpoint.name} has no field {min(unknown)[:100]!r}")
        token = self._token(asked.player)
        values = _values(endpoint, asked.fields)
        if endpoint.kind == "frame":
            if not token:
                raise refusal("a frame needs a player: a socket is somebody's")
            return await self._send(endpoint, values, token)
        return await self._request(endpoint, values, token)

    def _token(self, player: str) -> str:
        if not player:
            return ""
        services = self._find_services()
        row = services.accounts.find(player) or services.store.one(
            "SELECT * FROM users WHERE username = ?", player
        )
        if row is None or not row["username"]:
            raise refusal(f"no player has the id or user name {player[:100]!r}")
        return services.sessions.token_for(row["id"], row["username"])

    async def _request(
        self, endpoint: ExplorerEndpoint, values: Mapping[str, dict[str, Any]], token: str
    ) -> dict[str, Any]:
        target = _target(endpoint, values)
        body = _body(endpoint, values["body"])
        headers = self._headers(endpoint, token)
        if body is not None and endpoint.kind == "http":
            headers["Content-Type"] = "application/json"
        shown = {"request": f"{endpoint.method} {target}", "body": body}
        if endpoint.kind == "rpc":
            target += "?unwrap"
        began = time.perf_counter()
        try:
            async with (
                aiohttp.ClientSession(timeout=_PATIENCE) as client,
                client.request(
                    endpoint.method,
                    URL(self._find_url() + target, encoded=True),
                    data=None if body is None else body.encode(),
                    headers=headers,
                    allow_redirects=False,
                    ssl=False,  # it is this server, whose certificate names no loopback
                ) as answer,
            ):
                text = await answer.text(errors="replace")
        except (aiohttp.ClientError, TimeoutError) as error:
            return shown | _ended(began, problem=_words(error))
        return shown | _ended(began, status=answer.status, answer=text[:_SHOWN])

    async def _send(
        self, endpoint: ExplorerEndpoint, values: Mapping[str, dict[str, Any]], token: str
    ) -> dict[str, Any]:
        frame = _json({"cid": "1", endpoint.name: values["body"]})
        url = URL(self._find_url()) / "ws"
        frames: list[str] = []
        shown: dict[str, Any] = {"request": endpoint.name, "body": frame, "frames": frames}
        began = time.perf_counter()
        try:
            async with (
                aiohttp.ClientSession(timeout=_PATIENCE) as client,
                client.ws_connect(
                    url.with_query(token=token, format="json"),
                    ssl=False,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                ) as socket,
            ):
                await socket.send_str(frame)
                await socket.send_str(_json({"cid": "end", "ping": {}}))  # answered in its turn
                async with asyncio.timeout(_PATIENCE.total):
                    problem = await _receive(socket, frames)
                shown |= _ended(began, problem=problem)
        except (aiohttp.ClientError, TimeoutError) as error:
            shown |= _ended(began, problem=_words(error))
        return shown

    def _headers(self, endpoint: ExplorerEndpoint, token: str) -> dict[str, str]:
        if endpoint.auth is Auth.NONE:
            return {}
        config = self._find_services().config
        if endpoint.auth is Auth.SERVER_KEY:
            return {"Authorization": aiohttp.encode_basic_auth(config.socket.server_key, "")}
        if token:
            return {"Authorization": f"Bearer {token}"}
        if endpoint.kind == "rpc":  # as another server calls it
            return {"Authorization": aiohttp.encode_basic_auth(config.runtime.http_key, "")}
        return {}


async def _receive(socket: aiohttp.ClientWebSocketResponse, frames: list[str]) -> str:
    """Collect frames until all are there that a message has caused; return what went wrong."""
    size = 0
    while True:
        message = await socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            return f"the server closed the socket with code {socket.close_code}"
        if json.loads(message.data).get("cid") == "end":
            return ""
        size += len(message.data)
        if size <= _SHOWN:
            frames.append(message.data)


def _values(endpoint: ExplorerEndpoint, given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The given values by where a request has them."""
    values: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "body": {}}
    for parameter in endpoint.parameters:
        name = parameter.field.name
        if name in given:
            values[parameter.place][name] = _typed(parameter, given[name])
    return values


def _typed(parameter: Parameter, value: Any) -> Any:
    """A value of a form, whose numbers are texts, as JSON has it."""
    kind = parameter.field.kind
    if isinstance(kind, ListOf) and isinstance(value, list):
        return [_number(kind.item, each) for each in value]
    return _number(kind, value)


def _number(kind: FieldType, value: Any) -> Any:
    scalar = kind.scalar if isinstance(kind, Wrapper) else kind
    if not isinstance(scalar, Scalar) or not isinstance(value, str):
        return value
    try:
        return _NUMBERS.get(scalar.name, str)(value)
    except ValueError:
        return value  # the server says what it makes of it


def _target(endpoint: ExplorerEndpoint, values: Mapping[str, dict[str, Any]]) -> str:
    path = endpoint.path
    if endpoint.kind == "rpc":
        return "/".join(quote(part, safe="") for part in path.split("/"))
    for parameter in endpoint.parameters:
        name = parameter.field.name
        if parameter.place == "path":
            path = path.replace(f"{{{name}}}", quote(str(values["path"].get(name, "")), safe=""))
    pairs = [
        (name, _text(each))
        for name, value in values["query"].items()
        for each in (value if isinstance(value, list) else [value])
    ]
    return f"{path}?{urlencode(pairs)}" if pairs else path


def _text(value: Any) -> str:
    return value if isinstance(value, str) else _json(value)


def _body(endpoint: ExplorerEndpoint, values: dict[str, Any]) -> str | None:
    if endpoint.kind == "rpc":
        return _text(values.get("payload", ""))
    has_body = any(each.place == "body" for each in endpoint.parameters)
    return _json(values) if has_body else None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {_PATIENCE.total:g} seconds"
    return str(error) or type(error).__name__


def _ended(
    began: float, *, status: int | None = None, answer: str = "", problem: str = ""
) -> dict[str, Any]:
    return {
        "status": status,
        "seconds": round(time.perf_counter() - began, 6),
        "answer": answer,
        "problem": problem,
    }

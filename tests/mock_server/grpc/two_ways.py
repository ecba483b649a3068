"""The same request over gRPC and over HTTP, and what can be compared of the answers."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any, Protocol
from urllib.parse import quote

import aiohttp
import grpc
import jwt
from attrs import frozen

from mock_server import MockServer
from mock_server.http.routing import Auth, Route
from mock_server.wire.errors import GrpcCode
from tests.mock_server.features import ROUTES
from tests.mock_server.grpc.client import SERVER_KEY, GrpcClient, as_parsed

_RPC = "RpcFunc"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FRACTION = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+Z")
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
_RANDOM_NAME = re.compile(r'(usn|username)\\*": ?\\*"[a-zA-Z]{10}\\*"')

Outcome = tuple[int, Any]


class Way(Protocol):
    """A way to send a request."""

    async def outcome(
        self, name: str, request: dict[str, Any], bearer: tuple[str, str] | None
    ) -> Outcome:
        """The code of the answer, and its JSON form or the text of a refusal."""


@frozen
class OverGrpc:
    """Sends requests over gRPC."""

    client: GrpcClient

    async def outcome(
        self, name: str, request: dict[str, Any], bearer: tuple[str, str] | None
    ) -> Outcome:
        try:
            return 0, await self.client.call(name, request, *_metadata(name, bearer))
        except grpc.aio.AioRpcError as error:
            return error.code().value[0], error.details()


@frozen
class OverHttp:
    """Sends requests over HTTP."""

    http: aiohttp.ClientSession
    server: MockServer

    async def outcome(
        self, name: str, request: dict[str, Any], bearer: tuple[str, str] | None
    ) -> Outcome:
        method, path, query, body = _rpc(request) if name == _RPC else _parts(name, request)
        async with self.http.request(
            method,
            self.server.http_url + path,
            params=query,
            data=body,
            headers=dict(_metadata(name, bearer)),
        ) as response:
            answer = await response.json(content_type=None)
        if response.status != 200:
            return GrpcCode(answer["code"]).value, answer["message"]
        return 0, as_parsed(name, answer)


def comparable(outcome: object, known_ids: Collection[str]) -> str:
    """An outcome as text, without what is random in it: new ids, the names and ids of sessions.

    Tokens are replaced by what they claim. Fractions of seconds are left out: the database's time
    moves on by a microsecond with each transaction.
    """
    text = json.dumps(outcome, sort_keys=True, indent=1, ensure_ascii=False)
    text = _TOKEN.sub(lambda found: _claims(found[0]), text)
    text = _UUID.sub(lambda found: found[0] if found[0] in known_ids else "<new>", text)
    return _RANDOM_NAME.sub(r"\1: <random>", _FRACTION.sub(r"\1Z", text))


def _claims(token: str) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return json.dumps(claims, sort_keys=True)


def _metadata(name: str, bearer: tuple[str, str] | None) -> tuple[tuple[str, str], ...]:
    if name != _RPC and _routes(name)[0].auth is Auth.SERVER_KEY:
        return (SERVER_KEY,)
    return (bearer,) if bearer else ()


def _routes(name: str) -> list[Route]:
    return [route for route in ROUTES if route.name == name]


def _parts(
    name: str, request: dict[str, Any]
) -> tuple[str, str, list[tuple[str, str]], str | None]:
    """Method, path, query and body of a request; of several paths the one with the most fields."""
    routes = [each for each in _routes(name) if _in_path(each) <= request.keys()]
    route = max(routes, key=lambda each: len(_in_path(each)))
    path = re.sub(r"{(\w+)}", lambda found: quote(request[found[1]], safe=""), route.path)
    rest = {field: value for field, value in request.items() if field not in _in_path(route)}
    if route.body == "*":
        return route.method, path, [], json.dumps(rest)
    body = None if route.body is None else json.dumps(rest.pop(route.body))
    return route.method, path, list(_query(rest)), body


def _in_path(route: Route) -> set[str]:
    return set(re.findall(r"{(\w+)}", route.path))


def _query(fields: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in fields.items():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                pairs += _query(each, f"{prefix}{name}.")
            else:
                pairs.append((prefix + name, each if isinstance(each, str) else json.dumps(each)))
    return pairs


def _rpc(request: dict[str, Any]) -> tuple[str, str, list[tuple[str, str]], str]:
    key = [("http_key", request["http_key"])] if "http_key" in request else []
    return "POST", f"/v2/rpc/{request['id']}", key, json.dumps(request.get("payload", ""))

"""Each operation answers over gRPC as over HTTP, with the same code and text."""

from __future__ import annotations

import json
import re
from typing import Any

import aiohttp
import grpc
import pytest

from mock_server import MockServer
from mock_server.http.routing import Auth, Route
from mock_server.wire.errors import GrpcCode
from tests.mock_server.features import ROUTES
from tests.mock_server.grpc.client import OPERATIONS, SERVER_KEY, GrpcClient, serving

SERVED = {route.name: route for route in ROUTES if route.name in OPERATIONS}
ID = "4c2ae592-b2a7-445e-98ec-697694478b1c"

# What HTTP cannot ask: it always makes the nested message.
_NESTED = {"AuthenticateEmail", "AuthenticateGameCenter"} | {
    f"Write{board}Record" for board in ("Leaderboard", "Tournament")
}
_RANDOM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z")


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - {"RpcFunc"}))
@pytest.mark.asyncio
async def test_operation_answers_as_over_http(name: str) -> None:
    assert name in SERVED, "Nakama has this operation and the mock does not"
    route = SERVED[name]
    request = dict.fromkeys(re.findall(r"{(\w+)}", route.path), ID)
    if route.body not in (None, "*") and name not in _NESTED:
        request |= {route.body: {}}
    async with serving() as (server, client), aiohttp.ClientSession() as http:
        metadata = await _metadata(route, client)
        over_grpc = await _outcome(client, name, request, metadata)
        await server.reset()
        metadata = await _metadata(route, client)
        over_http = await _http_outcome(http, server, route, request, metadata)
    if name not in _NESTED:
        assert over_grpc == over_http


async def _metadata(route: Route, client: GrpcClient) -> tuple[tuple[str, str], ...]:
    if route.auth is Auth.BEARER:
        return (await client.login("alice"),)
    return (SERVER_KEY,) if route.auth is Auth.SERVER_KEY else ()


async def _outcome(
    client: GrpcClient, name: str, request: dict[str, Any], metadata: tuple[tuple[str, str], ...]
) -> tuple[int, object]:
    try:
        return 0, _comparable(await client.call(name, request, *metadata))
    except grpc.aio.AioRpcError as error:
        return error.code().value[0], error.details()


async def _http_outcome(
    http: aiohttp.ClientSession,
    server: MockServer,
    route: Route,
    request: dict[str, Any],
    metadata: tuple[tuple[str, str], ...],
) -> tuple[int, object]:
    path = re.sub(r"{\w+}", ID, route.path)
    body = "{}" if route.body else None
    headers = dict(metadata)
    async with http.request(route.method, server.http_url + path, data=body, headers=headers) as r:
        answer = json.loads(await r.text())
        if r.status == 200:
            return 0, _comparable(answer)
        return GrpcCode(answer["code"]).value, answer["message"]


def _comparable(answer: object) -> object:
    """An answer without what is random in it, and with integers of both JSON forms as text."""
    text = _RANDOM.sub("?", json.dumps(answer, sort_keys=True))
    return re.sub(r'"(token|refresh_token|username)": "[^"]*"', r'"\1": "?"', text)

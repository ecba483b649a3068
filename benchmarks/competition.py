"""Storage and leaderboards of the mock: CPU time of its thread for a request, by healthchecks."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import aiohttp

from benchmarks.measure import Row
from mock_server import Config, MockServer

ROUNDS = 7
REQUESTS = 100
SMALL, LARGE = 100, 100_000

_Request = Callable[[int], Awaitable[None]]


class _Mock:
    """A mock in a thread of its own, and a player who asks it."""

    def __init__(self, http: aiohttp.ClientSession, server: MockServer, token: str) -> None:
        self._http = http
        self._server = server
        self._headers = {"Authorization": f"Bearer {token}"}

    async def ask(self, method: str, path: str, body: Any = None) -> bytes:
        data = None if body is None else json.dumps(body)
        async with self._http.request(
            method, self._server.http_url + path, data=data, headers=self._headers
        ) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.read()

    async def cost(self, request: _Request) -> float:
        """The least CPU time of a request in microseconds, over some rounds."""
        numbers, best = count(), float("inf")
        for _ in range(ROUNDS):
            before = self._server.run(_thread_time())
            for _ in range(REQUESTS):
                await request(next(numbers))
            best = min(best, self._server.run(_thread_time()) - before)
        return best / REQUESTS * 1e6


async def measure(url: str) -> list[Row]:
    with MockServer(Config.from_settings({"session.token_expiry_sec": 7200})) as server:
        async with aiohttp.ClientSession() as http:
            async with http.post(
                f"{server.http_url}/v2/account/authenticate/device",
                json={"id": "device-of-the-benchmark"},
                headers={"Authorization": aiohttp.encode_basic_auth("defaultkey", "")},
            ) as answer:
                token = (await answer.json())["token"]
            mock = _Mock(http, server, token)

            async def healthcheck(_: int) -> None:
                await mock.ask("GET", "/healthcheck")

            floor = await mock.cost(healthcheck)
            rows = [
                _row(name, floor, await mock.cost(request), target)
                for name, request, target in _storage(mock)
            ]
            for size, targets in ((SMALL, (5, 25)), (LARGE, (6, 25))):
                server.run(_fill(server, size))
                rows += [
                    _row(f"{name} of {size:,}", floor, await mock.cost(request), target)
                    for (name, request), target in zip(_board(mock, size), targets, strict=True)
                ]
            return rows


def _storage(mock: _Mock) -> list[tuple[str, _Request, float]]:
    def objects(size: int, number: int) -> list[dict[str, Any]]:
        value = json.dumps({"level": number, "items": ["sword", "bow"], "name": "Ada"})
        return [{"collection": "saves", "key": f"k{each}", "value": value} for each in range(size)]

    def write(size: int) -> _Request:
        async def request(number: int) -> None:
            await mock.ask("PUT", "/v2/storage", {"objects": objects(size, number)})

        return request

    def read(size: int) -> _Request:
        body = {
            "object_ids": [
                {"collection": "saves", "key": each["key"], "user_id": ""}
                for each in objects(size, 0)
            ]
        }

        async def request(_: int) -> None:
            await mock.ask("POST", "/v2/storage", body)

        return request

    return [
        ("storage write of 1, healthcheck", write(1), 5),
        ("storage write of 100", write(100), 100),
        ("storage read of 1", read(1), 4),
        ("storage read of 100", read(100), 50),
    ]


def _board(mock: _Mock, size: int) -> list[tuple[str, _Request]]:
    async def write(number: int) -> None:
        # Another rank each time, through the whole board.
        score = number * 7919 % size
        await mock.ask("POST", f"/v2/leaderboard/of-{size}", {"score": score})

    async def list_top(_: int) -> None:
        await mock.ask("GET", f"/v2/leaderboard/of-{size}?limit=100")

    return [("leaderboard write", write), ("leaderboard list of 100", list_top)]


async def _fill(server: MockServer, size: int) -> None:
    """Make a board with this many records."""
    nk, board = server.nk, f"of-{size}"
    nk.leaderboard_create(board, False, "desc", "set", "", {}, True)
    for score in range(size):
        nk.leaderboard_record_write(board, str(uuid.UUID(int=score + 1)), "", score)


async def _thread_time() -> float:
    return time.thread_time()


def _row(name: str, floor: float, cost: float, target: float) -> Row:
    return Row(name, f"{floor:,.0f} µs", f"{cost:,.0f} µs", f"{cost / floor:.1f}", f"<= {target}")

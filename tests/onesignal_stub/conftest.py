"""A stub whose clock stands still, and a backend that calls it."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from attrs import frozen

from onesignal_stub import OneSignalStub
from server_kit import Clock

NOW = 1_700_000_000.0
DAY = 86_400.0


@frozen
class Answer:
    status: int
    body: Any
    headers: Mapping[str, str]


class Backend:
    """Calls a stub as a backend does, with the app's key unless told otherwise."""

    def __init__(self, stub: OneSignalStub, http: aiohttp.ClientSession) -> None:
        self.stub = stub
        self.http = http
        self._tokens = itertools.count()

    async def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = "",
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> Answer:
        sent = dict(headers or {})
        if key is not None:
            sent["Authorization"] = f"Key {key or self.stub.rest_key}"
        async with self.http.request(
            method, f"{self.stub.url}{path}", json=body, headers=sent, params=query
        ) as answer:
            raw = await answer.read()
            decoded = json.loads(raw) if raw[:1] in b"{[" and raw else raw
            return Answer(answer.status, decoded, answer.headers)

    async def ok(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The body of an answer that is a success."""
        answer = await self(method, path, body, **options)
        assert answer.status < 300, answer
        return answer.body

    async def player(self, **fields: Any) -> str:
        """Register a device, with a token of its own, and return its id."""
        body = {
            "app_id": self.stub.app_id,
            "device_type": 1,
            "identifier": f"token {next(self._tokens)}",
            **fields,
        }
        created: str = (await self.ok("POST", "/players", body))["id"]
        return created

    async def send(self, **fields: Any) -> Answer:
        """Create a notification that says "hello" unless the fields say otherwise."""
        body = {"app_id": self.stub.app_id, "contents": {"en": "hello"}, **fields}
        return await self("POST", "/notifications", body)

    async def send_large(self, **fields: Any) -> Answer:
        """As `send`, for a body of megabytes, which aiohttp's client wants as a file."""
        raw = json.dumps({"app_id": self.stub.app_id, **fields}).encode()
        headers = {
            "Authorization": f"Key {self.stub.rest_key}",
            "Content-Type": "application/json",
        }
        async with self.http.post(
            f"{self.stub.url}/notifications", data=io.BytesIO(raw), headers=headers
        ) as answer:
            return Answer(answer.status, await answer.json(), answer.headers)

    def reached(self, answer: Answer) -> list[str]:
        """The players that a notification went to."""
        assert answer.status == 200, answer
        if not answer.body["id"]:
            return []
        found = self.stub.find_pushes(notification_id=answer.body["id"])
        return [push.player_id for push in found]

    async def notification(self, answer: Answer) -> Any:
        """How OneSignal shows the notification that an answer is about."""
        return await self.ok("GET", f"/notifications/{answer.body['id']}", app_id=self.stub.app_id)


@pytest.fixture
def clock() -> Clock:
    return Clock(stopped_at=NOW)


@pytest_asyncio.fixture
async def stub(clock: Clock) -> AsyncIterator[OneSignalStub]:
    async with OneSignalStub(clock=clock) as running:
        yield running
        assert [entry.error for entry in running.journal if entry.error] == []


@pytest_asyncio.fixture
async def backend(stub: OneSignalStub) -> AsyncIterator[Backend]:
    async with aiohttp.ClientSession() as http:
        yield Backend(stub, http)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_backend() -> AsyncIterator[Backend]:
    """The backend of one stub for many tests, all of which are refused what they ask for."""
    async with (
        OneSignalStub(clock=Clock(stopped_at=NOW)) as running,
        aiohttp.ClientSession() as http,
    ):
        yield Backend(running, http)
        assert [entry.error for entry in running.journal if entry.error] == []

"""A OneSignal, a server whose clock stands still, and players."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio

from mock_server import Config, MockServer
from nakama_client import Client, Session
from onesignal_stub import OneSignalStub
from server_kit import Clock

Login = Callable[[str], Awaitable[Session]]
Start = Callable[..., AbstractAsyncContextManager[MockServer]]

START = 1_800_000_000.0
GIFT = {"event": 7, "contents": {"en": "$subject", "de": "Ein Geschenk"}}


class WatchedClock(Clock):
    """A clock that stands still, and tells when somebody begins to wait for it."""

    def __init__(self) -> None:
        super().__init__(stopped_at=START)
        self._sleeps: asyncio.Queue[float] = asyncio.Queue()

    async def sleep(self, seconds: float) -> None:
        self._sleeps.put_nowait(seconds)
        await super().sleep(seconds)

    async def advance_past_sleep(self) -> None:
        """Wait until somebody waits, and let their time pass."""
        self.advance(await self._sleeps.get() + 0.001)  # floats of today are a bit too coarse


@pytest.fixture
def clock() -> WatchedClock:
    return WatchedClock()


@pytest_asyncio.fixture
async def onesignal() -> AsyncIterator[OneSignalStub]:
    async with OneSignalStub() as stub:
        yield stub


@pytest.fixture
def start(onesignal: OneSignalStub, clock: WatchedClock) -> Start:
    """Start a server with these settings; it pushes to the stub unless told otherwise."""

    @asynccontextmanager
    async def start(**settings: Any) -> AsyncIterator[MockServer]:
        named = {name.replace("__", "."): value for name, value in settings.items()}
        config = Config.from_settings(
            {
                "onesignal.url": onesignal.url,
                "session.token_expiry_sec": 10_000_000,
                "push.on_event": [GIFT],
                **named,
            }
        )
        async with MockServer(config, clock=clock) as server:
            yield server

    return start


@pytest_asyncio.fixture
async def server(start: Start) -> AsyncIterator[MockServer]:
    async with start() as server:
        yield server


@asynccontextmanager
async def client_of(server: MockServer) -> AsyncIterator[Client]:
    async with Client(
        server.http_url, http_key="defaulthttpkey", clock=server.clock.time
    ) as client:
        yield client


@pytest_asyncio.fixture
async def client(server: MockServer) -> AsyncIterator[Client]:
    async with client_of(server) as client:
        yield client


async def login(client: Client, name: str) -> Session:
    return await client.authenticate_device(f"device-of-{name}", username=name)


@pytest_asyncio.fixture
async def ada(client: Client) -> Session:
    return await login(client, "ada")

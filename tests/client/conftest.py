"""A mock server and a client for each test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest_asyncio

from mock_server import Config, MockServer, RuntimeConfig
from nakama_client import Client, Session

MODULES = Path(__file__).parent / "modules"

Login = Callable[[str], Awaitable[Session]]


@pytest_asyncio.fixture
async def server() -> AsyncIterator[MockServer]:
    async with MockServer(Config(runtime=RuntimeConfig(path=str(MODULES)))) as server:
        yield server


@pytest_asyncio.fixture
async def client(server: MockServer) -> AsyncIterator[Client]:
    async with Client(
        server.http_url, http_key="defaulthttpkey", clock=server.clock.time
    ) as client:
        yield client


@pytest_asyncio.fixture
async def login(client: Client) -> Login:
    async def login(name: str) -> Session:
        return await client.authenticate_device(f"device-of-{name}", username=name)

    return login


@pytest_asyncio.fixture
async def alice(login: Login) -> Session:
    return await login("alice")

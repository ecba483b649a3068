"""A client that reconnects without delay."""

from collections.abc import AsyncIterator

import pytest_asyncio

from mock_server import MockServer
from nakama_client import Client


@pytest_asyncio.fixture
async def client(server: MockServer) -> AsyncIterator[Client]:
    async with Client(server.http_url, clock=server.clock.time, random=lambda: 0.0) as client:
        yield client

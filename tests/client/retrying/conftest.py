"""A client that is impatient, and whose delays are 0."""

from collections.abc import AsyncIterator

import pytest_asyncio

from mock_server import MockServer
from nakama_client import (
    Client,
    Timeouts,
)


@pytest_asyncio.fixture
async def client(server: MockServer) -> AsyncIterator[Client]:
    async with Client(
        server.http_url,
        clock=server.clock.time,
        random=lambda: 0.0,
        http_key="defaulthttpkey",
        timeouts=Timeouts(request=1.0),
    ) as client:
        yield client

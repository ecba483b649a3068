"""A mock server with its settings as they are, and players who have signed up there."""

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
import pytest_asyncio

from mock_server import MockServer
from tests.mock_server.players import Player, sign_up
from tests.mock_server.query_plans import QueryPlans


@pytest.fixture(scope="session")
def query_plans() -> Iterator[QueryPlans]:
    plans = QueryPlans()
    with plans.watched():
        yield plans


@pytest.fixture(autouse=True)
def every_query_uses_an_index(query_plans: QueryPlans) -> Iterator[None]:
    """What a test makes the mock ask its store is found by an index, whatever others have."""
    query_plans.scans.clear()
    yield
    assert query_plans.scans == []


@pytest_asyncio.fixture
async def server() -> AsyncIterator[MockServer]:
    async with MockServer() as server:
        yield server


@pytest_asyncio.fixture
async def http(server: MockServer) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as http:
        yield http


@pytest_asyncio.fixture
async def ada(server: MockServer, http: aiohttp.ClientSession) -> Player:
    return await sign_up(http, server, "ada")


@pytest_asyncio.fixture
async def bob(server: MockServer, http: aiohttp.ClientSession) -> Player:
    return await sign_up(http, server, "bob")


@pytest_asyncio.fixture
async def eve(server: MockServer, http: aiohttp.ClientSession) -> Player:
    return await sign_up(http, server, "eve")

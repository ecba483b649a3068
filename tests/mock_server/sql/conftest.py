"""A PostgreSQL for the tests that need one, and a mock server that uses it."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from mock_server import Config, MockServer
from tests.postgres import Postgres, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as running:
        yield running


@pytest_asyncio.fixture
async def server(postgres: Postgres) -> AsyncIterator[MockServer]:
    async with MockServer(Config.from_settings({"database.address": (postgres.address,)})) as mock:
        yield mock

"""A server, a game's client of it, and a player."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mock_server import MockServer
from nakama_client import Session
from nakama_client.game import GameClient

DEVICE = "device-of-ada"


@pytest.fixture
def server() -> Iterator[MockServer]:
    with MockServer() as server:
        yield server


@pytest.fixture
def client(server: MockServer) -> Iterator[GameClient]:
    with GameClient(server.http_url) as client:
        yield client


@pytest.fixture
def ada(client: GameClient) -> Session:
    return client.authenticate_device(DEVICE).result()

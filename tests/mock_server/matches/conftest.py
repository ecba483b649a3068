"""Servers with matches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.mock_server.matches.arena import arena
from tests.mock_server.runtime.game import Game


@pytest_asyncio.fixture
async def game(tmp_path: Path) -> AsyncIterator[Game]:
    """A server with the multiplayer modules."""
    async with arena(tmp_path) as game:
        yield game

"""A mock with the example's RPC."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_server import Config, MockServer

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def server() -> Iterator[MockServer]:
    with MockServer(Config.from_settings({"runtime.path": str(EXAMPLES / "modules")})) as server:
        yield server

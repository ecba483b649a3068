"""The command in a process of its own, beside a mock server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from mock_server import MockServer

DEVICE = "device-of-ada-0001"


@pytest.fixture
def server() -> Iterator[MockServer]:
    with MockServer() as server:
        yield server


@frozen
class Command:
    """Runs `nakama-client` with a configuration folder of its own."""

    server: MockServer
    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: text for name, text in os.environ.items() if not name.startswith("NAKAMA_")}
        return {
            **kept,
            "NAKAMA_CLIENT_CONFIG": str(self.folder),
            "NAKAMA_URL": self.server.http_url,
            "NAKAMA_CONSOLE_URL": self.server.console_url,
            "PYTHONWARNINGS": "error",
        }

    def arguments(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "nakama_client", *arguments]

    def __call__(
        self, *arguments: str, code: int = 0, stdin: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.arguments(*arguments),
            input=stdin,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done


@pytest.fixture
def command(server: MockServer, tmp_path: Path) -> Command:
    return Command(server, tmp_path / "config")


@pytest.fixture
def ada(command: Command) -> str:
    """The id of a user who is logged in."""
    shown = command("login", "--device", DEVICE, "--username", "ada").stdout
    return shown.partition("(")[2].partition(")")[0]

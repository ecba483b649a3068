"""Nothing needs POSIX: what Windows has not is hidden, and the packages work all the same."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # processes that import everything

HIDER = Path(__file__).parent / "without_posix.py"

EVERY_MODULE = """
import importlib
import pkgutil
import sys

for package in ("nakama_client", "mock_server", "onesignal_stub", "server_kit"):
    root = importlib.import_module(package)
    for module in pkgutil.walk_packages(root.__path__, f"{package}."):
        # Locust patches the standard library: in a process of its own.
        if not module.name.endswith("__main__") and ".load." not in module.name:
            importlib.import_module(module.name)
import mock_server.__main__
import onesignal_stub.__main__
if __name__ == "__main__":
    print("all imported")
"""

EVERY_MODULE_OF_LOAD_TESTS = """
import importlib
import pkgutil

import locust  # before what it patches

import nakama_client.load

for module in pkgutil.walk_packages(nakama_client.load.__path__, "nakama_client.load."):
    importlib.import_module(module.name)
if __name__ == "__main__":
    print("all imported")
"""

A_PLAYER = """
from pathlib import Path

import mock_server.server
import picows
from mock_server import MockServer
from nakama_client import Client, FileCursorStore
from server_kit import cli


async def main():
    stop = cli.stop_signal()
    async with (
        MockServer(data=Path("nakama.db")) as server,
        Client(server.http_url) as client,
    ):
        ada = await client.authenticate_device("device-of-ada")
        async with client.notifications(ada, store=FileCursorStore(Path("cursors"))) as feed:
            await server.notifications.send(ada.user_id, "Welcome!", {})
            async for notification in feed:
                print(notification.subject)
                break


if __name__ == "__main__":
    cli.run(main())
"""

NEEDS_POSIX = """
import json
if __name__ == "__main__":
    import resource
"""


def run_without_posix(source: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = folder / "program.py"
    program.write_text(source, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-P", "-W", "error", str(HIDER), str(program)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        pytest.param(EVERY_MODULE, "all imported", id="every module"),
        pytest.param(EVERY_MODULE_OF_LOAD_TESTS, "all imported", id="every module of load tests"),
        pytest.param(A_PLAYER, "Welcome!", id="a server and a player"),
    ],
)
def test_program_runs_without_posix(source: str, shown: str, tmp_path: Path) -> None:
    done = run_without_posix(source, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == shown


def test_program_that_needs_posix_is_found(tmp_path: Path) -> None:
    done = run_without_posix(NEEDS_POSIX, tmp_path)
    assert done.returncode == 1
    assert "ModuleNotFoundError: No module named 'resource'" in done.stderr

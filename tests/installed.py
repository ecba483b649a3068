"""Shows that an installed wheel works: `python -P tests/installed.py EXTRA CHECKOUT`.

CI runs it in an empty environment with one of the extras below, or none.
"""

import asyncio
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import nakama_client

_SERVERS = {"[mock]", "[lua]", "[js]", "[grpc,sql]"}
_ANY = _SERVERS | {"[cli]", "[load]", ""}
_MODULES = {  # what a server with the extra loads
    "[lua]": ("lua", "clientrpc.lua", ""),
    "[js]": ("javascript", "index.js", "index.js"),
}
_PYTEST = """
def test_a_server_is_there(nakama_server):
    assert nakama_server.run(nakama_server.users()) == []
"""


def run(*command: str) -> tuple[int, str]:
    """The status and output of a command."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def check_commands(extra: str) -> None:
    """The entry points run, or say what they need."""
    needs = {"nakama-client": {"[cli]"}, "nakama-mock": _SERVERS, "onesignal-stub": _ANY}
    for command, extras in needs.items():
        status, text = run(command, "--help")
        if extra in extras:
            assert status == 0, text
            assert "usage" in text.lower()
        else:
            assert status == 1, text
            assert "pip install 'nakama-client[" in text


async def check_server(extra: str, checkout: Path, folder: Path) -> None:
    """A client logs in to a server that has loaded the extra's kind of modules."""
    from mock_server import Config, MockServer

    settings: dict[str, object] = {}
    if extra == "[grpc,sql]":
        settings["grpc.port"] = 0
    if extra in _MODULES:
        source, name, entrypoint = _MODULES[extra]
        (folder / name).write_bytes((checkout / "tests" / source / name).read_bytes())
        settings |= {"runtime.path": str(folder), "runtime.js_entrypoint": entrypoint}
    async with (
        MockServer(Config.from_settings(settings)) as server,
        nakama_client.Client(server.http_url) as client,
    ):
        await client.authenticate_device("device-of-ada")
        assert bool(server.rpc_ids()) >= (extra in _MODULES), "its modules have RPC functions"
        if extra == "[grpc,sql]":
            await check_grpc(server.grpc_address)


async def check_grpc(address: str) -> None:
    """The health check is answered over gRPC, and the driver for SQL is there."""
    import asyncpg  # noqa: F401
    import grpc

    async with grpc.aio.insecure_channel(address) as channel:
        healthcheck = channel.unary_unary("/nakama.api.Nakama/Healthcheck")
        assert await healthcheck(b"", timeout=10) == b""


def check_pytest_plugin() -> None:
    """pytest finds the fixtures."""
    test = Path("test_installed.py")
    test.write_text(_PYTEST, encoding="utf-8")
    status, text = run(sys.executable, "-m", "pytest", "-q", str(test))
    assert status == 0, text


def check_load_test(checkout: Path) -> None:
    """Locust finds the players of a load test."""
    file = checkout / "examples" / "locustfile.py"
    status, text = run("locust", "-f", str(file), "--list")
    assert status == 0, text
    assert "Player" in text, text


def main() -> None:
    """Check the environment that this runs in."""
    extra, checkout = sys.argv[1], Path(sys.argv[2])
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert nakama_client.__version__ == version("nakama-client") == project["version"]
    assert checkout not in Path(nakama_client.__file__).parents, "this is the checkout's"
    check_commands(extra)
    if extra in _SERVERS:
        modules = Path("modules" + extra)
        modules.mkdir()
        asyncio.run(check_server(extra, checkout, modules))
    if extra == "[mock]":
        check_pytest_plugin()
    if extra == "[load]":
        check_load_test(checkout)
    print(f"nakama-client{extra} {nakama_client.__version__} works")


if __name__ == "__main__":
    main()

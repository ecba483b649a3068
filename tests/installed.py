"""Shows that an installed wheel works: `python -P tests/installed.py EXTRA CHECKOUT`.

CI runs it in an empty environment with the extra `[cli]`, `[mock]`, `[lua]` or `[js]`, or none.
"""

import asyncio
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import nakama_client

_SERVERS = {"[mock]", "[lua]", "[js]"}
_ANY = _SERVERS | {"[cli]", ""}
_MODULES = {  # what a server with the extra loads
    "[lua]": ("lua", "clientrpc.lua", ""),
    "[js]": ("javascript", "index.js", "index.js"),
}


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

    settings = {}
    if extra in _MODULES:
        source, name, entrypoint = _MODULES[extra]
        (folder / name).write_bytes((checkout / "tests" / source / name).read_bytes())
        settings = {"runtime.path": str(folder), "runtime.js_entrypoint": entrypoint}
    async with (
        MockServer(Config.from_settings(settings)) as server,
        nakama_client.Client(server.http_url) as client,
    ):
        await client.authenticate_device("device-of-ada")
        assert bool(server.rpc_ids()) >= (extra in _MODULES), "its modules have RPC functions"


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
    print(f"nakama-client{extra} {nakama_client.__version__} works")


if __name__ == "__main__":
    main()

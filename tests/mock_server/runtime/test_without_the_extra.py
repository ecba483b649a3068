"""Without the extra `lua` the server runs, and says what it lacks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import asyncio
import sys

for name in ("lupa", "cryptography"):
    sys.modules[name] = None

from mock_server import Config, MockServer, ModuleError, ModuleLoadError

async def main():
    async with MockServer() as server:
        assert server.nk.sha256_hash("x")
        assert server.nk.cron_next("* * * * *", 1) == 60
        try:
            server.nk.aes128_encrypt("x", "k" * 16)
        except ModuleError as error:
            print(error)
    try:
        await MockServer(Config.from_settings({"runtime.path": sys.argv[1]})).start()
    except ModuleLoadError as error:
        print(error)

asyncio.run(main())
"""


@pytest.mark.slow
def test_each_refusal_names_the_extra(tmp_path: Path) -> None:
    module = tmp_path / "main.lua"
    module.write_text("return 1")
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "this runtime function needs cryptography: pip install 'nakama-client[lua]'",
        f"{module}: Lua modules need lupa: pip install 'nakama-client[lua]'",
    ]

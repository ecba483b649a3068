"""Two signals end a server whatever a module does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.mock_server.runtime.game import HTTP_KEY, lua_rpcs, write

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals as on POSIX"),
    pytest.mark.slow,  # a server of its own for each test
]

_BUSY = {
    "a pattern that backtracks": 'string.find(string.rep("a", 4000), string.rep("a*", 20) .. "b")',
    "a loop": "while true do end",
    "a loop that catches all": "while true do pcall(error, 'x') end",
    "a sort": "table.sort({ 1, 2, 3 }, function() while true do end end)",
}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("body", _BUSY.values(), ids=list(_BUSY))
def test_a_second_signal_ends_the_server(tmp_path: Path, body: str, number: signal.Signals) -> None:
    write(tmp_path, {"main.lua": lua_rpcs({"busy": f"nk.logger_warn('it began') {body}"})})
    ports = ("--socket.port=0", "--console.port=0", "--onesignal.port=0")
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "mock_server",
            *ports,
            f"--runtime.path={tmp_path}",
            "--runtime.lua_time_limit_sec=1000",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with ThreadPoolExecutor() as threads:
        try:
            url = process.stdout.readline().strip().partition(": ")[2]
            query = urllib.parse.urlencode({"http_key": HTTP_KEY})
            request = urllib.request.Request(f"{url}/v2/rpc/busy?{query}", method="POST")
            threads.submit(urllib.request.urlopen, request)
            while "it began" not in process.stderr.readline():
                assert process.poll() is None
            process.send_signal(number)
            try:
                process.wait(2)  # it may already have ended: Lua's own loops are cut
            except subprocess.TimeoutExpired:
                process.send_signal(number)
            assert process.wait(60) in (0, 128 + number, -number)
        finally:
            process.kill()
            process.communicate()


def test_the_first_signal_alone_stops_cleanly(tmp_path: Path) -> None:
    program = (
        "import asyncio, os, signal\n"
        "from server_kit import cli\n"
        "async def main():\n"
        "    stop = cli.stop_signal()\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    await stop.wait()\n"
        "    print('stopped', flush=True)\n"
        "cli.run(main())\n"
    )
    run = [sys.executable, "-X", "dev", "-c", program]
    done = subprocess.run(run, capture_output=True, text=True, timeout=60, env={**os.environ})
    assert (done.returncode, done.stdout, done.stderr) == (0, "stopped\n", "")

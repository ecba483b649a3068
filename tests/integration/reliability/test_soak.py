"""The soak of benchmarks/, small."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


def soak(**size: int) -> subprocess.CompletedProcess[str]:
    options = [f"--{name.replace('_', '-')}={value}" for name, value in size.items()]
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.soak", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def test_soak_loses_nothing_and_repeats_nothing() -> None:
    done = soak(players=3, notifications=150, faults=50, server_kills=1, client_kills=1)
    assert done.returncode == 0, done.stdout + done.stderr
    reports = re.findall(
        r"store in (\w+): (\d+) stored, (\d+) handled, (\d+) lost, (\d+) repeated, (\d+) out",
        done.stdout,
    )
    (memory, files) = reports
    assert int(memory[1]) >= 150
    assert memory == ("memory", memory[1], memory[1], "0", "0", "0")
    assert files[:2] == ("files", memory[1])
    assert files[3] == files[5] == "0"
    assert int(files[2]) == int(files[1]) + int(files[4])  # written behind: some come again

"""The example runs, and prints what happens."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).parents[3] / "examples" / "social_bot.py"


def test_social_bot_prints_what_it_was_sent() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLE)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    missed, listed = done.stdout.split("Rook is back and catches up")[1].split("All that Wren")
    for line in ("(Wren wants to chat)", 'reads "The dragon woke up."', 'reads "Rook? Run!"'):
        assert line in missed
    assert "I bring the rope" not in missed
    rows = [line.split()[:2] for line in listed.splitlines() if line.startswith("  -")]
    assert rows == [
        ["-3", "FRIEND_ACCEPT"],
        ["-5", "GROUP_JOIN_REQUEST"],
        ["-2", "FRIEND_REQUEST"],
        ["-4", "GROUP_ADD"],
        ["-1", "DM_REQUEST"],
    ]

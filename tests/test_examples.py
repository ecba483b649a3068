"""Every example runs, and prints what it promises."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # a process for each program

EXAMPLES = Path(__file__).parent.parent / "examples"


def output_of(name: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / name)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_quickstart_prints_each_step() -> None:
    shown = output_of("quickstart.py")
    for line in (
        "You earned a sword! {'item': 'sword'}",
        "Gift no. 3",
        "3 deleted, 1 left",
        "OneSignal would have shown: 'Your castle is under attack!'",
    ):
        assert line in shown


def test_quickstart_prints_what_the_readme_shows() -> None:
    readme = (EXAMPLES.parent / "README.md").read_text(encoding="utf-8")
    assert f"```text\n{output_of('quickstart.py').rstrip()}\n```" in readme


def test_push_walkthrough_prints_who_got_what() -> None:
    shown = output_of("push_walkthrough.py")
    for line in (
        "iPhone (de): bob möchte befreundet sein",
        "iPhone (de): bob sagt: tea?",
        "Pixel 8 (en): bob wants to be your friend",
        "Pixel 8 (en): bob says: tea?",
        "ada's socket: bob says 'or coffee?'",
        "iPhone (de): Angekommen: sword",
        "Pixel 8 (en): Your sword is here",
        "iPhone (de): Deine Burg vermisst dich",
        "Pixel 8 (en): Your castle misses you",
        "direct_message: skipped the user is online",
        "rpc:order_delivered: sent 2",
        "schedule:come_back: sent 2",
    ):
        assert line in shown


def test_weekly_tournament_rewards_the_players_and_pushes_to_the_winner() -> None:
    shown = output_of("weekly_tournament.py")
    for line in (
        "the board on Sunday: 1. ada 470, 2. bob 290",
        "ada's phone: You won the weekly cup: 100 coins are waiting for you",
        "ada: You won the weekly cup, 100 coins",
        "bob: You came in at number 2, 50 coins",
        "the board on Monday: nobody yet",
        "the week before: 1. ada 470, 2. bob 290",
    ):
        assert line in shown


def test_tic_tac_toe_is_played_to_the_end() -> None:
    shown = output_of("tic_tac_toe.py")
    assert "plays X: You won\nX O X\nO X O\nX . ." in shown
    assert "plays O: You lost" in shown

"""What mypy sees of a game client."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
from nakama_client import Account, Notification, RpcReply
from nakama_client.game import GameClient, GameMatch

def play(client: GameClient) -> None:
    session = client.authenticate_device("my-device-id").result()
    account: Account = client.get_account(session).result()
    socket = client.socket(session)
    socket.on_notification(lambda notification: print(notification.subject))
    reply: RpcReply = socket.rpc("rewards").result()
    match: GameMatch = socket.create_match().result()
    gift: Notification = socket.wait_for(socket.notifications, lambda each: each.code == 7).result()
"""


@pytest.mark.slow
def test_mypy_knows_arguments_and_results(tmp_path: Path) -> None:
    program = tmp_path / "play.py"
    program.write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", str(program)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

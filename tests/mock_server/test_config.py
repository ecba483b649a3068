"""Settings that the server does not start with, in Python and on the command line."""

from pathlib import Path

import pytest

from mock_server import Config
from mock_server.__main__ import main

pytestmark = pytest.mark.usefixtures("frozen_again")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("session.token_expiry_sec", 0),
        ("session.refresh_token_expiry_sec", -1),
        ("session.encryption_key", ""),
        ("socket.port", -1),
        ("socket.port", 65_536),
        ("socket.server_key", ""),
        ("socket.max_message_size_bytes", 0),
        ("socket.outgoing_queue_size", 0),
        ("socket.ping_period_ms", 0),
        ("console.password", ""),
        ("runtime.http_key", ""),
    ],
)
def test_a_setting_out_of_range_is_refused(
    capsys: pytest.CaptureFixture[str], name: str, value: object
) -> None:
    with pytest.raises(ValueError, match=name.rpartition(".")[2]):
        Config.from_settings({name: value})
    assert main([f"--{name}={value}"]) == 2
    assert name.rpartition(".")[2] in capsys.readouterr().err


def test_a_file_that_cannot_be_opened_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    missing = tmp_path / "missing" / "state.db"
    assert main(["--data", str(missing), "--socket.port=0", "--onesignal.port=0"]) == 1
    assert capsys.readouterr().err == (
        f"nakama-mock: {missing}: cannot be opened: No such file or directory\n"
    )


def test_a_file_that_is_no_database_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ada, " * 20)
    assert main(["--data", str(letter), "--socket.port=0", "--onesignal.port=0"]) == 1
    assert capsys.readouterr().err == (
        f"nakama-mock: {letter}: is no data file of this server, or its beginning is damaged; "
        "name another file\n"
    )

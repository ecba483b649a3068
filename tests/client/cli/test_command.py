"""`nakama-client`, as a shell calls it."""

from __future__ import annotations

import json
import os
import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mock_server import MockServer
from tests.client.cli.conftest import DEVICE, Command
from tests.client.test_transport_options import AUTHORITY, tls_server

pytestmark = pytest.mark.slow  # a process for each command

DOCUMENT = Path(__file__).parents[3] / "docs" / "cli.md"


def secrets_of(command: Command) -> list[str]:
    saved = json.loads((command.folder / "session.json").read_text())
    return [saved["session"]["token"], saved["session"]["refresh_token"], DEVICE]


def test_login_keeps_the_session_where_only_the_user_reads_it(command: Command) -> None:
    shown = command("login", "--device", DEVICE, "--username", "ada")
    assert "as ada" in shown.stdout
    assert "a new account" in shown.stdout
    path = command.folder / "session.json"
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    account = command("account", "--json")
    assert json.loads(account.stdout)["user"]["username"] == "ada"
    assert json.loads(account.stdout)["devices"] == 1
    for each in (shown, account, command("account")):
        assert not [secret for secret in secrets_of(command) if secret in each.stdout]


def test_login_by_email_takes_the_password_from_the_environment(command: Command) -> None:
    password = "correct horse battery"
    email = ("login", "--email", "ada@example.com")
    shown = command(*email, NAKAMA_PASSWORD=password)
    assert "a new account" in shown.stdout
    refused = command(*email, NAKAMA_PASSWORD="a wrong password", code=1)
    assert "Invalid credentials" in refused.stderr
    for each in (shown, refused):
        assert not re.search(f"{password}|a wrong password", each.stdout + each.stderr)
    assert password not in (command.folder / "session.json").read_text()


def test_new_tokens_of_a_refresh_are_kept(command: Command, server: MockServer, ada: str) -> None:
    before = secrets_of(command)[0]
    server.clock.advance(120)  # the token has expired, the refresh token has not
    command("account")
    after = secrets_of(command)[0]
    assert after != before


def test_a_session_that_is_over_says_to_log_in_again(
    command: Command, server: MockServer, ada: str
) -> None:
    server.clock.advance(365 * 24 * 3600)
    assert "log in again" in command("account", code=3).stderr


def test_logout_ends_the_session_here_and_on_the_server(
    command: Command, server: MockServer, ada: str
) -> None:
    kept = (command.folder / "session.json").read_text()
    assert "logged out: ada" in command("logout").stdout
    assert not (command.folder / "session.json").exists()
    command("account", code=3)
    command("logout", code=3)
    (command.folder / "session.json").write_text(kept)
    assert "log in again" in command("account", code=3).stderr
    assert "was over" in command("logout").stdout
    assert not (command.folder / "session.json").exists()


def test_logout_removes_the_session_when_the_server_is_not_reached(
    command: Command, ada: str
) -> None:
    command("--url", "http://127.0.0.1:1", "logout", code=4)
    assert not (command.folder / "session.json").exists()


def test_logout_keeps_no_tokens_of_a_refresh_on_its_way(
    command: Command, server: MockServer, ada: str
) -> None:
    server.clock.advance(120)  # the token has expired: it is refreshed before it is logged out
    command("logout")
    assert not (command.folder / "session.json").exists()


def test_without_a_login_the_exit_code_is_3(command: Command) -> None:
    assert "nakama-client login" in command("account", code=3).stderr
    command.folder.mkdir()
    (command.folder / "session.json").write_text("{")
    assert "holds no login" in command("notifications", "list", code=3).stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("login",),
        ("login", "--device", DEVICE, "--custom", "x"),
        ("login", "--device", "short"),
        ("notifications", "delete"),
        ("storage", "put", "saves", "one", "[]"),
        ("--url", "nonsense", "login", "--device", DEVICE),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(command: Command, arguments: tuple[str, ...]) -> None:
    assert command(*arguments, code=2).stderr


def test_deleting_all_deletes_nothing_when_nobody_answers(
    command: Command, server: MockServer, ada: str
) -> None:
    server.run(server.notifications.send(ada, "A gift", {"coins": 5}))
    assert (
        "nobody answers; give --yes" in command("notifications", "delete", "--all", code=2).stderr
    )
    assert "A gift" in command("notifications", "list").stdout


def test_a_stranger_cannot_steer_the_terminal(
    command: Command, server: MockServer, ada: str
) -> None:
    server.run(server.notifications.send(ada, "\x1b[2J\nred", {"a": 1}))
    shown = command("notifications", "list").stdout
    assert "\\x1b[2J\\nred" in shown
    assert "\x1b" not in shown
    (row,) = shown.splitlines()
    assert row.split("\t")[3] == '{"a":1}'


def test_tail_prints_each_once_and_goes_through_a_restart(
    command: Command, server: MockServer, ada: str
) -> None:
    server.run(server.notifications.send(ada, "stored"))
    with subprocess.Popen(
        command.arguments("notifications", "tail", "--json", "--count=2"),
        env=command.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["subject"] == "stored"
        server.run(server.restart())
        server.run(server.notifications.send(ada, "after the restart"))
        rest, notes = process.communicate(timeout=60)
    assert process.returncode == 0, notes
    assert [json.loads(row)["subject"] for row in rest.splitlines()] == ["after the restart"]
    assert "connecting again" in notes
    server.run(server.notifications.send(ada, "later"))
    again = command("notifications", "tail", "--json", "--count=1").stdout
    assert json.loads(again)["subject"] == "later"
    first = command("notifications", "tail", "--json", "--count=1", "--all").stdout
    assert json.loads(first)["subject"] == "stored"


@pytest.mark.skipif(os.name == "nt", reason="Windows interrupts consoles, not processes")
def test_tail_ends_with_130_when_it_is_interrupted(command: Command, ada: str) -> None:
    import signal

    with subprocess.Popen(
        command.arguments("notifications", "tail"),
        env=command.environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert "interrupt to end" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 130


def test_a_payload_comes_from_stdin(command: Command, server: MockServer, ada: str) -> None:
    @server.rpc("echo")
    def echo(context: object, payload: str) -> str:
        return payload

    assert command("rpc", "echo", "-", stdin='{"a": 1}').stdout == '{"a": 1}\n'


def test_send_reaches_another_user_by_name(
    command: Command, server: MockServer, ada: str, tmp_path: Path
) -> None:
    command("login", "--device", "device-of-bob-0001", "--username", "bob")
    command("send", "hello", "--to", "ada", "--code", "7")
    assert command("notifications", "list").stdout == ""
    command("login", "--device", DEVICE)
    assert "\t7\thello\t" in command("notifications", "list").stdout
    wrong = command("send", "x", NAKAMA_CONSOLE_PASSWORD="not-this-one", code=1)
    assert "Invalid credentials" in wrong.stderr
    assert "not-this-one" not in wrong.stderr


def test_send_names_the_options_of_a_console_that_it_does_not_reach(
    command: Command, ada: str
) -> None:
    for code, settings in (
        (4, {"NAKAMA_CONSOLE_URL": "http://127.0.0.1:1"}),
        (1, {"NAKAMA_CONSOLE_PASSWORD": "not-this-one"}),
    ):
        assert "--console-url" in command("send", "Hello", code=code, **settings).stderr


def test_ping_finds_what_is_wrong(command: Command) -> None:
    shown = command("ping").stdout
    assert "counts" in shown
    assert "Nakama 3.40" in shown
    key = command("--server-key", "another", "ping", code=1)
    assert "socket.server_key" in key.stderr
    tls = command("--url", command.server.http_url.replace("http", "https"), "ping", code=4)
    assert "try http://" in tls.stderr
    port = command("--url", "http://127.0.0.1:1", "ping", code=4)
    assert "no connection to port 1" in port.stderr
    wrong_port = command("--url", command.server.console_url, "ping", code=1)
    assert "7350" in wrong_port.stderr
    name = command("--url", "http://nowhere.invalid", "ping", code=4)
    assert "no address for nowhere.invalid" in name.stderr
    console = command("ping", NAKAMA_CONSOLE_PASSWORD="not-this-one", code=1)
    assert "Invalid credentials" in console.stderr
    unnamed = command("ping", NAKAMA_CONSOLE_URL="", NAKAMA_CONSOLE_PASSWORD="not-this-one")
    assert "not known" in unnamed.stdout
    away = command("--url", "http://127.0.0.1:1", "login", "--device", DEVICE, code=4)
    assert "nakama-client ping" in away.stderr


def test_ping_looks_at_the_certificate(command: Command, tmp_path: Path) -> None:
    AUTHORITY.cert_pem.write_to_path(tmp_path / "authority.pem")
    with tls_server(tmp_path) as server:
        trusted = {
            "NAKAMA_URL": server.http_url,
            "NAKAMA_CONSOLE_URL": server.console_url,
            "SSL_CERT_FILE": str(tmp_path / "authority.pem"),
        }
        shown = command("ping", **trusted).stdout
        assert "the certificate counts" in shown
        assert "Nakama 3.40" in shown
        unknown = command("ping", **{**trusted, "SSL_CERT_FILE": ""}, code=4)
        assert "the certificate does not count" in unknown.stderr
        plain = server.http_url.replace("https", "http")
        assert "https" in command("ping", **{**trusted, "NAKAMA_URL": plain}, code=1).stderr


def test_the_document_shows_commands_that_work(command: Command) -> None:
    server = command.server
    server.rpc("rewards")(lambda context, payload: '{"coins": 5}')
    server.rpc("register_push")(lambda context, payload: "")
    blocks = re.findall(r"```bash\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    shown = {line: command(*_arguments(line)).stdout for line in lines}
    assert "A gift!" in shown["nakama-client notifications list"]
    assert shown["nakama-client storage get saves slot1"] == '{"level":7}\n'


def _arguments(line: str) -> list[str]:
    name, *arguments = shlex.split(line)
    assert name == "nakama-client"
    if arguments[0] == "--url":  # the server of the test is elsewhere
        del arguments[:2]
    return arguments


@pytest.mark.parametrize("shell", ["zsh", "fish"])  # for bash, click asks bash for its version
def test_completion_prints_a_script(command: Command, shell: str) -> None:
    assert "_NAKAMA_CLIENT_COMPLETE" in command("completion", shell).stdout
    answers = command(
        _NAKAMA_CLIENT_COMPLETE=f"{shell}_complete",
        COMP_WORDS="nakama-client no",
        COMP_CWORD="1" if shell == "zsh" else "no",
    )
    assert "notifications" in answers.stdout


def test_help_fits_a_terminal_and_names_the_exit_codes(command: Command) -> None:
    shown = command("--help", COLUMNS="80").stdout
    assert "Exit codes:" in shown
    assert "...\n" not in shown.partition("Commands:")[2]
    assert max(map(len, shown.splitlines())) <= 80


def test_without_the_extra_the_command_says_what_to_install() -> None:
    program = "import sys; sys.modules['rich'] = None\n"
    program += "from nakama_client.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=False, text=True
    )
    assert ended.returncode == 1
    assert "pip install 'nakama-client[cli]'" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_terminal_shows_how_far_long_work_is(
    command: Command, server: MockServer, ada: str
) -> None:
    for number in range(120):
        server.run(server.notifications.send(ada, f"number {number}"))
    quiet = command("notifications", "list")
    assert len(quiet.stdout.splitlines()) == 120
    assert quiet.stderr == ""
    shown = command("notifications", "delete", "--all", "--yes", FORCE_COLOR="1", COLUMNS="80")
    assert "120 deleted" in shown.stdout
    assert "listing" in shown.stderr
    assert "120/120" in shown.stderr

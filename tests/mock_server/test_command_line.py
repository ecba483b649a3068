"""Nakama's command line and configuration file, as the mock takes them."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mock_server.__main__ import main
from mock_server.command_line import BadCommandLine, flag_kinds, read_arguments
from mock_server.nakama_flags import nakama_flags

pytestmark = pytest.mark.usefixtures("frozen_again")


def test_every_flag_of_nakama_is_taken_with_one_warning_for_all_that_mean_nothing() -> None:
    values = {"bool": "true", "int": "1", "str": "x", "list": "x"}
    flags = nakama_flags()
    assert {"limit", "iap.samsung.package_name", "mfa.admin_account_enabled"} < flags.keys()
    options = read_arguments(f"--{name}={values[kind]}" for name, kind in flags.items())
    (warning,) = options.warnings
    assert "database.max_idle_conns" in warning
    assert "database.address" not in warning
    assert options.settings["database.address"] == ["x"]
    assert "session.token_expiry_sec" not in warning
    assert options.settings["session.token_expiry_sec"] == 1


def test_flags_are_read_as_go_reads_them() -> None:
    options = read_arguments(
        [
            "-name",
            "one",
            "--session.single_socket",
            "--socket.port=0",
            "--runtime.env",
            "a=1",
            "--runtime.env=b=2",
            "--runtime.js_read_only_globals=false",
        ]
    )
    assert options.settings["name"] == "one"
    assert options.settings["session.single_socket"] is True
    assert options.settings["socket.port"] == 0
    assert options.settings["runtime.env"] == ["a=1", "b=2"]
    assert options.settings["runtime.js_read_only_globals"] is False
    assert options.warnings == []


def test_a_value_behind_a_boolean_flag_ends_the_flags_with_a_warning() -> None:
    options = read_arguments(["--session.single_socket", "true", "--name", "two"])
    assert options.settings["session.single_socket"] is True
    assert options.settings["name"] == "nakama"
    (warning,) = options.warnings
    assert "true --name two" in warning
    assert "--flag=true" in warning


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--database.address=root@host:port"], "database.address: expected user:password@host"),
        (["--session.token_expiry_secs=7"], "the nearest is --session.token_expiry_sec"),
        (["--socket.port=x"], "--socket.port: expected a number, got 'x'"),
        (["--session.single_socket=maybe"], "expected true or false, got 'maybe'"),
        (["--name"], "--name needs a value"),
    ],
)
def test_a_bad_flag_is_refused(
    capsys: pytest.CaptureFixture[str], arguments: list[str], text: str
) -> None:
    assert main(arguments) == 2
    assert text in capsys.readouterr().err


def test_settings_come_from_files_and_flags_win(tmp_path: Path) -> None:
    first, second = tmp_path / "first.yml", tmp_path / "second.yml"
    first.write_text(
        """
name: from-file
session:
  token_expiry_sec: 7200
  single_socket: true
runtime:
  env: ["KEY=value", "OTHER=1"]
database:
  address: ["root@postgres:5432/nakama"]
  max_idle_conns: 5
sessions:
  token_expiry_sec: 1
"""
    )
    second.write_text("session: {token_expiry_sec: 9}")
    options = read_arguments([f"--config={first}", "--config", str(second), "--name", "from-flag"])
    assert options.settings["name"] == "from-flag"
    assert options.settings["session.token_expiry_sec"] == 9
    assert options.settings["session.single_socket"] is True
    assert options.settings["runtime.env"] == ["KEY=value", "OTHER=1"]
    assert options.settings["database.address"] == ["root@postgres:5432/nakama"]
    unknown, ignored = options.warnings
    assert "sessions.token_expiry_sec; the nearest is session.token_expiry_sec" in unknown
    assert ignored.endswith(": database.max_idle_conns")


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "- a list",
        "socket: {port: x}",
        f"a: {'9' * 5000}",
        pytest.param(f"a: {'[' * 1000}{']' * 1000}", marks=pytest.mark.slow),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.yml"
    path.write_text(text)
    with pytest.raises(BadCommandLine, match=r"config\.yml"):
        read_arguments([f"--config={path}"])


def test_a_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config=missing.yml"]) == 2
    assert "missing.yml" in capsys.readouterr().err


def test_the_level_of_the_log_is_taken_in_both_cases(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--logger.level=INFO", "--socket.port=-1"]) == 2
    assert "'port' must be >= 0" in capsys.readouterr().err
    assert main(["--logger.level=LOUD"]) == 2
    assert "expected one of debug, info, warn, error" in capsys.readouterr().err


def test_the_version_is_nakamas(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "3.40.0\n"


def test_the_help_names_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert "--session.token_expiry_sec 60" in out
    assert "--socket.port 7350" in out
    assert "--config FILE" in out


PORTS = ("socket.port", "console.port", "onesignal.port", "grpc.port")


@pytest.mark.parametrize("name", PORTS)
def test_a_port_in_use_names_the_flag(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    ports = dict.fromkeys(PORTS, 0)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports[name] = taken.getsockname()[1]
        assert main([f"--{each}={port}" for each, port in ports.items()]) == 1
    assert capsys.readouterr().err.endswith(
        f"nakama-mock: port {ports[name]} is in use; --{name} takes another one\n"
    )


def test_without_the_extra_the_command_says_what_to_install() -> None:
    program = "import sys; sys.modules['jwt'] = None\n"
    program += "from mock_server.__main__ import main; sys.exit(main())"
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=False, text=True
    )
    assert ended.returncode == 1
    assert "pip install 'nakama-client[mock]'" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_for_grpc_without_the_extra_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "grpc" else found(name)
    )
    assert main([f"--{each}=0" for each in PORTS]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("nakama-mock: gRPC needs grpcio")
    assert line.endswith("pip install 'nakama-client[grpc]'")


@pytest.mark.slow
def test_a_start_imports_nothing_that_waits_for_its_first_caller() -> None:
    program = (
        "import sys, mock_server.__main__, mock_server.server, mock_server.command_line\n"
        "print(*sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    late = ("onesignal_stub", "mock_server.console.api", "mock_server.console.page", "yaml", "grpc")
    assert not {*late, "lupa", "quickjs", "mock_server.control"} & set(done.stdout.split())


def test_no_flag_of_the_mock_hides_one_of_nakama() -> None:
    kinds = flag_kinds()
    for name, kind in nakama_flags().items():
        assert kinds[name] == kind, name

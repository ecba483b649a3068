"""A PostgreSQL of the tests' own: a data folder and a port for each, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from attrs import field, frozen

NONE_HERE = "there is no PostgreSQL here (Debian: apt-get install postgresql)"
PASSWORD = "s3cr%t/pass:word@"  # every character that has a meaning in addresses
ESCAPED_PASSWORD = "s3cr%25t%2Fpass%3Aword%40"
_READY = "database system is ready to accept connections"


@frozen
class Postgres:
    """A server that runs; its database is `game`, its superuser `nakama`."""

    port: int
    _process: subprocess.Popen[str] = field(repr=False)

    @property
    def address(self) -> str:
        """Where it is, as `database.address` says it."""
        return f"nakama:{ESCAPED_PASSWORD}@127.0.0.1:{self.port}/game"


@contextlib.contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Run one, or skip the test where there is none."""
    programs = _programs()
    if programs is None:
        pytest.skip(NONE_HERE)
    # Not in pytest's folder, which only root may enter: the server does not run as root.
    folder = Path(tempfile.mkdtemp(prefix="nakama-postgres-"))
    try:
        user = _user()
        if user:
            shutil.chown(folder, **user)
        data = folder / "data"
        _initialize(programs, folder, user)
        process, port = _start(programs, data, user)
        try:
            yield Postgres(port, process)
        finally:
            process.send_signal(signal.SIGINT)  # ends its sessions
            process.communicate()
    finally:
        shutil.rmtree(folder)


def _programs() -> Path | None:
    """The folder of `postgres` and `initdb`; Debian keeps them out of PATH."""
    if sys.platform == "win32":
        return None
    found = shutil.which("postgres")
    candidates = [Path(found).resolve().parent] if found else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((each for each in candidates if (each / "initdb").exists()), None)


def _user() -> dict[str, Any]:
    """Who runs it: PostgreSQL refuses to be run by root."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return {}
    import pwd

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid}
    return {}


def _initialize(programs: Path, folder: Path, user: dict[str, Any]) -> None:
    password = folder / "password"
    password.write_text(PASSWORD)
    if user:
        shutil.chown(password, **user)
    subprocess.run(
        [
            *(programs / "initdb", "--pgdata", folder / "data", "--username", "nakama"),
            *("--pwfile", password, "--auth", "scram-sha-256", "--no-sync"),
            *("--encoding", "UTF8", "--locale", "C"),
        ],
        check=True,
        capture_output=True,
        cwd=folder,
        **user,
    )
    subprocess.run(
        [programs / "postgres", "--single", "-D", folder / "data", "postgres"],
        input="CREATE DATABASE game\n",
        text=True,
        check=True,
        capture_output=True,
        cwd=folder,
        **user,
    )


def _start(programs: Path, data: Path, user: dict[str, Any]) -> tuple[subprocess.Popen[str], int]:
    for _ in range(5):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        process = subprocess.Popen(
            [
                *(programs / "postgres", "-D", data, "-p", str(port)),
                *("-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="),
                *("-c", "fsync=off", "-c", "max_connections=50", "-c", "log_min_messages=log"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=data,
            **user,
        )
        assert process.stderr is not None
        if _is_ready(process.stderr):
            return process, port
        process.communicate()  # another program took the port
    raise AssertionError("PostgreSQL does not start")


def _is_ready(log: IO[str]) -> bool:
    return any(_READY in line for line in log)

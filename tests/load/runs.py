"""Runs Locust in a process of its own: importing it patches the standard library."""

from __future__ import annotations

import csv
import json
import socket
import subprocess
import sys
from pathlib import Path

from attrs import frozen

LOCUST = [sys.executable, "-m", "locust", "--headless", "--only-summary", "--stop-timeout", "5"]


@frozen
class Run:
    """What a run of Locust left.

    Attributes:
        code: Its exit code.
        output: What it printed.
        stats: Request and failure counts by type and name.
        deliveries: The counts of each kind.
    """

    code: int
    output: str
    stats: dict[tuple[str, str], tuple[int, int]]
    deliveries: dict[str, dict[str, int]]


def run(locustfile: Path, url: str, folder: Path, *arguments: str) -> Run:
    """Run it to its end."""
    prefix, stats = folder / "run", folder / "stats.json"
    files = ["--csv", str(prefix), "--json-file", str(folder / "stats")]
    done = subprocess.run(
        [*LOCUST, "-f", str(locustfile), "--host", url, *files, *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd=folder,
    )
    entries = json.loads(stats.read_text(encoding="utf-8")) if stats.exists() else []
    return Run(
        done.returncode,
        done.stdout + done.stderr,
        {
            (each["method"], each["name"]): (each["num_requests"], each["num_failures"])
            for each in entries
        },
        deliveries(Path(f"{prefix}_deliveries.csv")),
    )


def deliveries(path: Path) -> dict[str, dict[str, int]]:
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row.pop("kind"): {name: int(value) for name, value in row.items()}
            for row in csv.DictReader(file)
        }


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port

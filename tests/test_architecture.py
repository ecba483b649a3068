"""ARCHITECTURE.md names what is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("nakama_client", "mock_server", "onesignal_stub", "server_kit", "tests")
EXAMPLES = ("gifts", "NAME/", "mock_server.py")  # what a reader makes
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def named(pattern: str) -> list[str]:
    found = sorted(set(re.findall(pattern, TEXT)))
    return [each for each in found if not any(example in each for example in EXAMPLES)]


FILES = named(r"`([\w./-]+\.(?:py|js|lua|toml))`")
FOLDERS = named(r"`([\w./-]+/)`")
PATHS = [
    path.relative_to(ROOT).as_posix()
    for package in PACKAGES
    for path in (ROOT / package).rglob("*")
    if "__pycache__" not in str(path)
] + [path.name for path in ROOT.iterdir()]


def test_architecture_names_what_is_there() -> None:
    missing = [
        name
        for name in FILES + FOLDERS
        if not any(f"/{path}".endswith(f"/{name.rstrip('/')}") for path in PATHS)
    ]
    assert missing == []

"""The official Python SDKs of the old and the current API, every operation of theirs.

Two versions of the SDK cannot be imported into one process: the calls of each run in their own. A
version that is not installed here is fetched once, into pytest's cache; without a network its tests
skip.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from onesignal_stub import OneSignalStub

SCRIPTS = Path(__file__).parent / "sdk"
PACKAGE = "onesignal-python-api"
PREFIXES = {"2.2.1": "/api/v1", "5.18.0": ""}


def script_of(version: str) -> Path:
    return SCRIPTS / f"calls_{version.replace('.', '_')}.py"


def steps() -> Iterator[Any]:
    for version in PREFIXES:
        text = script_of(version).read_text(encoding="utf-8")
        for name in re.findall(r"^@step\ndef (\w+)", text, re.MULTILINE):
            yield pytest.param(version, name, id=f"{version}-{name}")


def installed(version: str) -> bool:
    try:
        return importlib.metadata.version(PACKAGE) == version
    except importlib.metadata.PackageNotFoundError:
        return False


def fetch(version: str, cache: Path) -> Path | None:
    """The folder that holds this version of the SDK; None if it cannot be had."""
    folder = cache / version
    if folder.exists():
        return folder
    fresh = cache / f"{version}-{os.getpid()}"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--retries", "1", "--timeout", "10", "--target", str(fresh)]
    done = subprocess.run([*command, f"{PACKAGE}=={version}"], check=False, capture_output=True)
    if done.returncode:
        shutil.rmtree(fresh, ignore_errors=True)
        return None
    try:
        fresh.rename(folder)
    except OSError:  # another worker was faster
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


@pytest.fixture(scope="module")
def results() -> dict[str, dict[str, str] | None]:
    """What became of each step, by version; filled by the first test of a version."""
    return {}


def run_calls(version: str, config: pytest.Config) -> dict[str, str] | None:
    """What became of each step; None if this version of the SDK cannot be had."""
    environment = dict(os.environ)
    if not installed(version):
        cache = getattr(config, "cache", None)  # it can be switched off
        folder = fetch(version, cache.mkdir("onesignal-sdk") if cache else Path(mkdtemp()))
        if folder is None:
            return None
        environment["PYTHONPATH"] = str(folder)
    with OneSignalStub() as stub:
        arguments = [stub.url + PREFIXES[version], stub.user_key]
        done = subprocess.run(
            [sys.executable, str(script_of(version)), *arguments],
            env=environment,
            check=False,
            capture_output=True,
            text=True,
        )
        problems = stub.journal.problems()
    assert done.returncode == 0, done.stderr
    assert problems == []
    return json.loads(done.stdout)


@pytest.mark.parametrize(("version", "step"), list(steps()))
def test_an_operation_of_the_official_sdk_works(
    version: str,
    step: str,
    results: dict[str, dict[str, str] | None],
    pytestconfig: pytest.Config,
) -> None:
    if version not in results:
        results[version] = run_calls(version, pytestconfig)
    steps_run = results[version]
    if steps_run is None:
        pytest.skip(f"{PACKAGE} {version} is not installed and cannot be fetched")
    assert steps_run[step] == ""

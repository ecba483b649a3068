"""Chromium, and a stub in a thread for its pages.

Playwright's synchronous calls keep a loop running in this thread, so the browser lives as long as
the tests of this package run, and none of them is a coroutine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

from onesignal_stub import OneSignalStub

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
AXE = "axe-core@4.10.3"
PATIENCE_MS = 20_000  # of each step, on a machine that does much else
LOOPBACK = "http://127.0.0.1:"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("browser")
            item.add_marker("slow")  # a browser takes more than all the code that it shows


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        reason = "there is no chromium here (Debian: apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=list(FLAGS)
        )
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def stub() -> Iterator[OneSignalStub]:
    with OneSignalStub() as running:
        yield running
        assert [entry.name for entry in running.journal.problems()] == []


@contextmanager
def opened(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page that asks nobody but this machine and reports no error.

    Args:
        browser: The browser.
        options: Those of Playwright's `new_context`, as `base_url`.
    """
    problems: list[str] = []

    def note_request(request: Request) -> None:
        if not request.url.startswith(LOOPBACK):
            problems.append(f"asked for {request.url}")

    def note_console(message: ConsoleMessage) -> None:
        gone = message.text.startswith("Failed to load resource")  # of a server that was stopped
        if message.type == "error" and not gone:
            problems.append(message.text)

    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: problems.append(f"a script ran: {dialog.message}"))
    page.on("console", note_console)
    page.on("request", note_request)
    yield page
    context.close()
    assert problems == []


@pytest.fixture
def page(browser: Browser, stub: OneSignalStub) -> Iterator[Page]:
    """A page of the stub."""
    with opened(browser, base_url=stub.url) as ready:
        yield ready


@pytest.fixture(scope="package")
def axe(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The source of axe-core, which npm brings into pytest's cache."""
    fetched = tmp_path_factory.mktemp("axe-core")
    cache = pytestconfig.cache
    kept = (fetched if cache is None else cache.mkdir("axe-core")) / f"{AXE}.js"
    if not kept.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("there is no npm here, which brings axe-core")
        done = subprocess.run(
            [npm, "install", "--prefix", str(fetched), "--no-audit", "--no-fund", AXE],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"npm cannot bring {AXE}: {done.stderr.strip()[-200:]}")
        # Renamed into place, for several workers may do this at the same time.
        whole = kept.with_suffix(f".{os.getpid()}")
        shutil.copy(fetched / "node_modules" / "axe-core" / "axe.min.js", whole)
        whole.replace(kept)
    return kept.read_text(encoding="utf-8")

"""Chromium, and a stub in a thread for its pages.

Playwright's synchronous calls keep a loop running in this thread, so a browser lives for one module
and no test of these modules is a coroutine.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from onesignal_stub import OneSignalStub

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        reason = "there is no chromium here (Debian: apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
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


@pytest.fixture
def page(browser: Browser, stub: OneSignalStub) -> Iterator[Page]:
    """A page that asks nobody but the stub, and reports no error."""
    context = browser.new_context(base_url=stub.url, viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    troubles: list[str] = []
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("dialog", lambda dialog: troubles.append(f"a script ran: {dialog.message}"))
    opened.on("console", lambda line: troubles.append(line.text) if line.type == "error" else None)
    opened.on(
        "request",
        lambda asked: None if asked.url.startswith(LOOPBACK) else troubles.append(asked.url),
    )
    yield opened
    context.close()
    gone = "Failed to load resource"  # a server that was stopped, or what it had
    unexpected = [trouble for trouble in troubles if not trouble.startswith(gone)]
    assert unexpected == []

"""Elements of the pages, as tests look for them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from playwright.sync_api import Page, expect

from mock_server import MockServer
from tests.pages.game import call

ATTACK = "<img src=x onerror=alert(1)><script>alert(2)</script>\"'><svg onload=alert(3)>"


def get(server: MockServer, path: str) -> Any:
    """What the console shows, as JSON."""
    return call(f"{server.console_url}/_control/console/{path}")


def row(page: Page, title: str) -> Any:
    """The row of a list with a text."""
    return page.locator("a.row", has_text=title)


def open_row(page: Page, title: str) -> None:
    """Open a row of a list, and wait until its detail is there."""
    row(page, title).first.click()
    expect(page.locator("#detail h2")).to_be_focused()


_MOVE = """address => {
    history.pushState(null, "", address);
    dispatchEvent(new PopStateEvent("popstate"));
}"""


def move(page: Page, address: str) -> None:
    """Move within an open page to a view, with what is open there; the first view has no name."""
    page.evaluate(_MOVE, f"/{address}")
    view = parse_qs(address.removeprefix("?")).get("view", [""])[0]
    tab = page.locator("#views [aria-current]")
    expect(tab).to_have_attribute("href", f"?view={view}" if view else "/")
    if "id=" in address:
        expect(page.locator("#detail h2")).to_be_visible()


def card(page: Page, heading: str) -> Any:
    """The card of a detail with a heading."""
    return page.locator(".card", has=page.get_by_role("heading", name=heading, exact=True))

"""The demo at `/demo`: a website in an app that has OneSignal's SDK and GoNative's bridge.

`website.js` is what a website of one's own has; `app.js` plays the app around it.
"""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

from server_kit.web import Files, HtmlPage

_FOLDER = Path(__file__).parent / "static"


def add_to(app: web.Application) -> None:
    """Serve the page and its files."""
    Files("demo", _FOLDER).add_to(app)
    HtmlPage("/demo", _FOLDER / "demo.html").add_to(app)

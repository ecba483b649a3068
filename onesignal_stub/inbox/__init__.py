"""The page that shows what was sent: open the stub's address in a browser."""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

_PAGE = Path(__file__).with_name("page.html")


def add_to(app: web.Application) -> None:
    """Serve the page at `/`."""
    app.router.add_get("/", _show)


async def _show(_request: web.Request) -> web.Response:
    return web.Response(text=_PAGE.read_text(encoding="utf-8"), content_type="text/html")

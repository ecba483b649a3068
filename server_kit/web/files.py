"""Serves the pages' own files: a fixed set, under a strict content security policy."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from string import Template

from aiohttp import web
from attrs import frozen

PREFIX = "/_web"
_STATIC = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}
# Nothing inline, nothing from elsewhere, no text that becomes markup.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'none';"
    " require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",  # ask each time; the answer is a 304 for what has not changed
}


@frozen
class _StaticFile:
    body: bytes
    content_type: str
    tag: str

    @classmethod
    def of(cls, body: bytes, suffix: str) -> _StaticFile:
        return cls(body, _TYPES[suffix], hashlib.sha256(body).hexdigest()[:20])

    def answer(self, request: web.Request) -> web.Response:
        response = web.Response(headers=_HEADERS)
        response.etag = self.tag
        if any(tag.value == self.tag for tag in request.if_none_match or ()):
            response.set_status(304)
            return response
        response.body = self.body
        response.content_type = self.content_type
        if self.content_type.startswith("text/"):
            response.charset = "utf-8"
        return response


class Files:
    """The files of one folder, served as `/_web/AREA/NAME`; only those that are there at the start.

    Args:
        area: The name under which pages find them.
        folder: Where they are.
    """

    def __init__(self, area: str, folder: Path) -> None:
        self._prefix = f"{PREFIX}/{area}"
        self._files = {
            path.name: _StaticFile.of(path.read_bytes(), path.suffix)
            for path in sorted(folder.iterdir())
            if path.suffix in _TYPES and path.suffix != ".html"
        }

    def add_to(self, app: web.Application) -> None:
        """Serve them from an application."""
        app.router.add_get(f"{self._prefix}/{{name}}", self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        found = self._files.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        return found.answer(request)


class HtmlPage:
    """A page's HTML at an address.

    Args:
        address: The path, as `/`.
        file: The HTML; it names its scripts and styles under `/_web`.
        values: What the places `$name` of the HTML are filled with, markup included.
    """

    def __init__(self, address: str, file: Path, **values: str) -> None:
        self._address = address
        text = file.read_text(encoding="utf-8")
        self._file = _StaticFile.of(Template(text).substitute(values).encode(), file.suffix)

    def add_to(self, app: web.Application) -> None:
        """Serve it from an application."""
        app.router.add_get(self._address, self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        return self._file.answer(request)


def list_page(title: str, area: str, filters: Mapping[str, str]) -> HtmlPage:
    """A page of lists at `/`, whose script is `AREA.js` and whose styles are `AREA.css`.

    Args:
        title: What it is called.
        area: The area of its files.
        filters: The filters beside the search, which its views have choices for: the parameter's
            name, and the text of the choice that is none.
    """
    selects = (
        f'  <select name="{name}" aria-label="{name.capitalize()}">'
        f'<option value="">{text}</option></select>'
        for name, text in filters.items()
    )
    file = _STATIC / "list_page.html"
    return HtmlPage("/", file, title=title, area=area, selects="\n".join(selects))


def is_ours(path: str) -> bool:
    """Whether a path is a control route, the page or one of its files."""
    return path == "/" or path.startswith((f"{PREFIX}/", "/_control/"))


KIT = Files("kit", _STATIC)
"""What the pages of both servers use, as `/_web/kit/base.css`."""

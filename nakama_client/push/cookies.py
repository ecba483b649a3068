"""The cookies of the website that an app shows, kept as a browser keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import Message
from http.client import HTTPResponse
from typing import cast
from urllib.request import Request

_MOST = 180  # cookies, as in Chromium for one domain
_LONGEST = 4096  # characters of one


class WebsiteCookies:
    """A cookie jar, and the cookies of one address in it as a dict.

    Domain, path, age and `Secure` count; ports do not, as in a browser. At most 180 cookies of
    4,096 characters are kept.

    Args:
        url: The address.
        values: The dict; the cookies that come for the address are written into it, and those that
            end are removed. What else is in it stays.
    """

    def __init__(self, url: str, values: dict[str, str]) -> None:
        from http.cookiejar import CookieJar  # which takes 2 ms, and most programs play no device

        self._url = url
        self._jar = CookieJar()
        self._kept: dict[str, str] = {}  # of the jar, in `values`
        self.values = values

    def keep(self, url: str, set_cookies: Sequence[str]) -> None:
        """Keep what an answer from `url` set in its `Set-Cookie` headers."""
        headers = Message()
        for each in set_cookies:
            if len(each) <= _LONGEST:
                headers["Set-Cookie"] = each
        self._jar.extract_cookies(_answer(headers), Request(url))
        for cookie in list(self._jar)[: max(0, len(self._jar) - _MOST)]:
            self._jar.clear(cookie.domain, cookie.path, cookie.name)
        self._update()

    def header(self, url: str) -> dict[str, str]:
        """The header `Cookie` of a request to `url`, or nothing."""
        self._update()
        own = {name: text for name, text in self.values.items() if self._kept.get(name) != text}
        pairs = "; ".join(f"{name}={text}" for name, text in (self._of(url) | own).items())
        return {"Cookie": pairs} if pairs else {}

    def clear(self) -> None:
        """Forget all cookies."""
        self._jar.clear()
        self._kept.clear()
        self.values.clear()

    def _update(self) -> None:
        """Copy into `values` what has changed in the jar, also because a cookie has expired."""
        now = self._of(self._url)
        for name in self._kept.keys() - now.keys():
            if self.values.get(name) == self._kept[name]:
                del self.values[name]
        self.values.update(
            {name: text for name, text in now.items() if self._kept.get(name) != text}
        )
        self._kept = now

    def _of(self, url: str) -> dict[str, str]:
        request = Request(url)
        self._jar.add_cookie_header(request)
        header = request.get_header("Cookie", "")
        pairs = (pair.partition("=") for pair in header.split("; ") if pair)
        return {name: text for name, _, text in pairs}


class _CookieResponse:
    """The part of an answer that the jar reads."""

    def __init__(self, headers: Message) -> None:
        self._headers = headers

    def info(self) -> Message:
        return self._headers


def _answer(headers: Message) -> HTTPResponse:
    return cast("HTTPResponse", _CookieResponse(headers))

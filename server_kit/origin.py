"""Keeps requests of foreign web pages from a server's control routes and pages.

Any web page can send requests to a loopback port. Its browser tells where the page came from
(`Origin`), and under which name it found this machine (`Host`), which is no loopback name when the
page's own name was made to resolve to this machine (DNS rebinding). Both have to be names of this
machine.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeAlias
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware
from attrs import field, frozen

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]

_READING = ("GET", "HEAD", "OPTIONS")
# Browsers send these to other origins without asking first; no JSON client does.
_FORM_TYPES = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")


@frozen
class Credentials:
    """A name and password, asked for by HTTP basic authentication."""

    username: str
    password: str = field(repr=False)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is of this machine only."""
    name = host.lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class OriginGuard:
    """Refuses what web pages of other origins ask of a server.

    Args:
        allowed_hosts: Names besides loopback's under which the server is reached, without ports,
            as `mock` in a network of containers.
        login: The credentials to ask for; None lets everybody on this machine in.
    """

    def __init__(
        self, allowed_hosts: Iterable[str] = (), *, login: Credentials | None = None
    ) -> None:
        self._allowed = frozenset(host.lower() for host in allowed_hosts)
        self._login = login

    def check_origin(self, request: web.Request) -> None:
        """Check `Host` and `Origin`.

        Raises:
            web.HTTPForbidden: One of them is foreign; the answer names it and the setting.
        """
        for host in request.headers.getall("Host", []):
            if not self._may(f"//{host}"):
                raise _refusal(web.HTTPForbidden, self._foreign("Host", host))
        for origin in request.headers.getall("Origin", []):
            if not self._may(origin):
                raise _refusal(web.HTTPForbidden, self._foreign("Origin", origin))

    def check_type(self, request: web.Request) -> None:
        """Check that what changes something comes as JSON, which no page may send unasked.

        An empty body needs no type, but may not have one that a form has.

        Raises:
            web.HTTPUnsupportedMediaType: It comes as something else.
        """
        if request.method in _READING:
            return
        kind = request.content_type if "Content-Type" in request.headers else ""
        if kind == "application/json":
            return
        if request.body_exists or kind in _FORM_TYPES:
            text = f"the body must come with `Content-Type: application/json`, got {kind!r}"
            raise _refusal(web.HTTPUnsupportedMediaType, text)

    def check_login(self, request: web.Request) -> None:
        """Check the login, where there is one.

        Raises:
            web.HTTPUnauthorized: It is missing or wrong.
        """
        if self._login is None or _is(self._login, request.headers.get("Authorization", "")):
            return
        error = _refusal(
            web.HTTPUnauthorized,
            "the server is reachable from other machines, so this needs its login (HTTP basic)",
        )
        error.headers["WWW-Authenticate"] = 'Basic realm="control", charset="UTF-8"'
        raise error

    def middleware(self, guards: Callable[[str], bool], *, everywhere: bool = False) -> Middleware:
        """A middleware for an application that serves control routes and pages.

        Args:
            guards: Whether a path is a control route or page, which all checks apply to.
            everywhere: `Host` and `Origin` are checked on all other paths, too.
        """

        @web.middleware
        async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
            guarded = guards(request.path)
            if guarded or everywhere:
                self.check_origin(request)
            if guarded:
                self.check_login(request)
                self.check_type(request)
            return await handler(request)

        return guard

    def _may(self, url: str) -> bool:
        """Whether the host of an URL, or of `//host:port`, is one of ours."""
        try:
            split = urlsplit(url)
            host = split.hostname or ""
        except ValueError:
            return False
        if split.scheme not in ("", "http", "https"):
            return False
        return is_loopback(host) or host in self._allowed

    def _foreign(self, header: str, value: str) -> str:
        allowed = ", ".join(("localhost", "127.0.0.1", "[::1]", *sorted(self._allowed)))
        return (
            f"{header} {value!r} is not one that may use this: {allowed}. Another name of this"
            " server is allowed with --control.allow_host NAME"
        )


def _is(login: Credentials, authorization: str) -> bool:
    scheme, _, packed = authorization.partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        given = base64.b64decode(packed.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(given, f"{login.username}:{login.password}".encode())


def _refusal(kind: type[web.HTTPError], message: str) -> web.HTTPError:
    return kind(text=json.dumps({"error": message}), content_type="application/json")

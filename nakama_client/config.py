"""Where the server is, and how long to wait for it."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from attrs import Attribute, field, frozen

from nakama_client.errors import ArgumentError


def _check_url(_: Endpoint, __: Attribute[str], url: str) -> None:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise ArgumentError(f"the server's URL is malformed: {error}") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise ArgumentError("the server's URL must look like http://127.0.0.1:7350")
    if parts.username is not None or parts.password is not None:
        raise ArgumentError("the server's URL may hold no user name or password")
    if parts.query or parts.fragment:
        raise ArgumentError("the server's URL may hold no query and no fragment")


def _without_slash(url: str) -> str:
    return url.rstrip("/")


@frozen
class Endpoint:
    """The address of a Nakama server.

    Args:
        url: Such as `http://127.0.0.1:7350`; `https` for TLS. A path is put before Nakama's own.

    Raises:
        ArgumentError: The URL is of another kind.
    """

    http_url: str = field(alias="url", converter=_without_slash, validator=_check_url)

    def socket_url(self, *, lang: str, appear_online: bool) -> str:
        """The address of the realtime socket."""
        query = urlencode({"lang": lang, "status": str(appear_online).lower()})
        return f"ws{self.http_url.removeprefix('http')}/ws?{query}"


def _check_seconds(_: Timeouts, attribute: Attribute[float], seconds: float) -> None:
    if not seconds > 0:
        raise ArgumentError(f"the timeout {attribute.name} must be more than 0 seconds")


@frozen(kw_only=True)
class Timeouts:
    """How long to wait, in seconds.

    Attributes:
        connect: For a connection, and for the socket's handshake.
        request: For a whole call over HTTP, waiting for a free connection included.
        reply: For the answer to a request over the socket.
        close: For the server's part in closing a socket, and again for the handlers to finish
            what had arrived.
    """

    connect: float = field(default=5.0, validator=_check_seconds)
    request: float = field(default=10.0, validator=_check_seconds)
    reply: float = field(default=10.0, validator=_check_seconds)
    close: float = field(default=5.0, validator=_check_seconds)

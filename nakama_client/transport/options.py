"""How connections are made: TLS, proxy, extra headers, and how much is read."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from ssl import SSLContext
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from attrs import Attribute, field, frozen

from nakama_client.errors import ArgumentError

# The server sends answers and messages of any size; this only bounds what a stranger can make us
# hold.
MAX_RECEIVE_BYTES = 64 * 1024 * 1024

_USER_AGENT = "nakama-client-python"

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_NOT_IN_VALUE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")

# Headers that the client itself needs.
_OWN = {"accept-encoding", "authorization", "connection", "content-encoding", "content-length"}
_OWN |= {"content-type", "host", "transfer-encoding", "upgrade"}


def _copied(headers: Mapping[str, str] | None) -> dict[str, str]:
    try:
        return dict(headers or {})
    except (TypeError, ValueError):
        raise ArgumentError("headers must be a dict of names and values") from None


def _check_headers(_: object, __: Attribute[dict[str, str]], headers: dict[Any, Any]) -> None:
    for name, value in headers.items():
        if not isinstance(name, str) or _NAME.fullmatch(name) is None:
            raise ArgumentError(f"{name!r} is no name of a header")
        if name.lower() in _OWN or name.lower().startswith("sec-websocket-"):
            raise ArgumentError(f"the client sets the header {name} itself")
        if not isinstance(value, str) or _NOT_IN_VALUE.search(value):
            raise ArgumentError(f"the header {name} must be a text in latin-1 without line breaks")


def _check_proxy(_: object, __: Attribute[str | None], proxy: str | None) -> None:
    # The text does not repeat the address: it may hold a password.
    if proxy is None:
        return
    try:
        split = urlsplit(proxy)
        is_good = split.scheme in {"http", "https"} and split.hostname and split.port != 0
    except (ValueError, TypeError, AttributeError):
        is_good = False
    if not is_good:
        raise ArgumentError("the proxy must look like http://127.0.0.1:3128")
    if not unquote(f"{split.username}{split.password}").isascii():
        # One library writes such a password in latin-1, the other in UTF-8.
        raise ArgumentError("the proxy's user and password may hold ASCII characters only")


def _with_password(proxy: Any) -> Any:
    """A proxy's address; a user without a password has an empty one, for both libraries."""
    user, at, host = str(proxy).rpartition("@")
    is_alone = at and ":" not in user.rpartition("/")[2]
    return f"{user}:@{host}" if is_alone else proxy


def _password(proxy: str | None) -> Iterator[str]:
    """The password in a proxy's address, if there is one, as it is written and as it is meant."""
    try:
        written = urlsplit(proxy or "").password
    except ValueError:
        return
    if written:
        yield written
        yield unquote(written)


def _check_ssl(_: object, __: Attribute[SSLContext | None], context: object) -> None:
    if context is not None and not isinstance(context, SSLContext):
        raise ArgumentError(f"ssl must be an ssl.SSLContext, not {type(context).__name__}")


def _check_bytes(_: object, attribute: Attribute[int], count: object) -> None:
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise ArgumentError(f"{attribute.name} must be at least 1, not {count!r}")


@frozen(kw_only=True)
class TransportOptions:
    """How connections are made; `Client` explains the attributes.

    Raises:
        ArgumentError: A value is out of range or of the wrong type.
    """

    ssl: SSLContext | None = field(default=None, validator=_check_ssl)
    proxy: str | None = field(
        default=None, converter=_with_password, validator=_check_proxy, repr=False
    )
    trust_env: bool = False
    headers: dict[str, str] = field(
        factory=dict, converter=_copied, validator=_check_headers, repr=False
    )
    max_receive_bytes: int = field(default=MAX_RECEIVE_BYTES, validator=_check_bytes)

    def proxy_for(self, url: str) -> str | None:
        """The proxy for an address, the same for HTTP and for a socket."""
        if self.proxy is not None or not self.trust_env:
            return self.proxy
        split = urlsplit(url)
        if proxy_bypass(split.hostname or ""):
            return None
        found = getproxies().get("https" if split.scheme in {"https", "wss"} else "http")
        return None if found is None else str(_with_password(found))

    @functools.cached_property
    def user_agent(self) -> str:
        """The User-Agent header."""
        return next(
            (text for name, text in self.headers.items() if name.lower() == "user-agent"),
            _USER_AGENT,
        )

    @functools.cached_property
    def extra_headers(self) -> dict[str, str]:
        """The headers without the User-Agent."""
        return {name: text for name, text in self.headers.items() if name.lower() != "user-agent"}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not show in an error: the proxy's password, and the headers' values."""
        if self.proxy is None and not self.trust_env:
            return tuple(self.headers.values())
        proxies = [self.proxy, *(getproxies().values() if self.trust_env else ())]
        return (*self.headers.values(), *(text for each in proxies for text in _password(each)))


def tls_hint(problem: str) -> str:
    """Advice about a TLS failure, to be added to the library's message."""
    if "WRONG_VERSION_NUMBER" in problem or "RECORD_LAYER_FAILURE" in problem:
        return f"{problem}: the server speaks no TLS there; write http:// in the place of https://"
    if "CERTIFICATE_VERIFY_FAILED" in problem:
        hint = "for an authority of your own, give the client ssl=create_default_context(cafile=…)"
        return f"{problem}: {hint}"
    return problem

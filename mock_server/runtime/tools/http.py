"""`nk.http_request`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import aiohttp
from attrs import evolve, frozen
from yarl import URL

from mock_server.runtime.arguments import Arguments, to_text
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.runtime.outbound import route

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
_TIMEOUT_MS = 5000
_MAX_REDIRECTS = 10
_OWN_HEADERS = ("Host", "User-Agent", "Content-Length", "Transfer-Encoding", "Trailer")


@frozen
class _Request:
    method: str
    url: URL
    headers: dict[str, str]
    body: bytes


class HttpFunctions(RuntimeFunctions):
    """Call other servers."""

    def __init__(self, onesignal_url: str, allow_http: Iterable[str]) -> None:
        self._onesignal_url = onesignal_url
        self._allow_http = tuple(allow_http)

    async def http_request(
        self,
        url: Any = None,
        method: Any = None,
        headers: Any = None,
        body: Any = None,
        timeout: Any = None,
        insecure: Any = None,
    ) -> tuple[int, dict[str, str], str]:
        """Make an HTTP request, as Go's client does.

        Requests to OneSignal's hosts go to `onesignal.url`; other addresses outside of this
        machine are refused, unless `runtime.allow_http` names them.

        Args:
            url: Where to.
            method: `get`, `post`, `put`, `patch`, `delete` or `head`, in any case.
            headers: A table of texts by names.
            body: A text.
            timeout: In milliseconds; 5000 when left out.
            insecure: Whether certificates are not checked.

        Returns:
            The status, the headers, and the body.

        Raises:
            ModuleError: Bad arguments, a refused address, or no answer in time.
        """
        given = Arguments("http_request", url, method, headers, body, timeout, insecure)
        address, verb = given.text(1), given.text(2).upper()
        table, content = given.table(3), given.optional_data(4)
        if not address:
            raise given.error(1, "expects URL string")
        if verb not in _METHODS:
            raise given.error(
                2, "expects method to be one of: 'get', 'post', 'put', 'patch', 'delete', 'head'"
            )
        limit = given.optional_integer(5, _TIMEOUT_MS)
        request = _Request(verb, _url(address, verb), _texts(table), content)
        try:
            return await self._send_request(
                request,
                aiohttp.ClientTimeout((limit if limit > 0 else _TIMEOUT_MS) / 1000),
                is_checked=not given.optional_flag(6),
            )
        except TimeoutError:
            reason = "context deadline exceeded"
        except aiohttp.ClientConnectorError as error:
            reason = f"dial tcp {error.host}:{error.port}: connect: {_reason(error.os_error)}"
        except (aiohttp.ClientError, ValueError, OSError) as error:
            reason = str(error) or type(error).__name__
        raise ModuleError(f'HTTP request error: {verb.title()} "{address}": {reason}')

    async def _send_request(
        self, request: _Request, timeout: aiohttp.ClientTimeout, *, is_checked: bool
    ) -> tuple[int, dict[str, str], str]:
        async with aiohttp.ClientSession(
            timeout=timeout, skip_auto_headers=("Accept", "Content-Type", "User-Agent")
        ) as session:
            for _ in range(_MAX_REDIRECTS + 1):
                async with session.request(
                    request.method,
                    route(request.url, self._onesignal_url, self._allow_http),
                    data=request.body or None,
                    headers=_sent_headers(request),
                    allow_redirects=False,
                    ssl=is_checked,
                ) as answer:
                    following = _redirected(request, answer)
                    if following is None:
                        text = to_text(await answer.read())
                        return answer.status, _received_headers(answer), text
                    request = following
            raise aiohttp.ClientError(f"stopped after {_MAX_REDIRECTS} redirects")


def _url(address: str, verb: str) -> URL:
    try:
        url = URL(address)
    except ValueError as error:
        raise ModuleError(f"HTTP request error: {error}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ModuleError(
            f'HTTP request error: {verb.title()} "{address}": '
            f'unsupported protocol scheme "{url.scheme}"'
        )
    return url


def _texts(table: dict[Any, Any] | list[Any]) -> dict[str, str]:
    headers = table if isinstance(table, dict) else {}
    if not all(isinstance(value, str) for value in headers.values()):
        raise ModuleError("HTTP header values must be strings")
    return {_canonical(str(name)): value for name, value in headers.items()}


def _sent_headers(request: _Request) -> dict[str, str]:
    """The headers in the order in which Go writes them; aiohttp puts Host before them."""
    headers = {"User-Agent": request.headers.get("User-Agent", "Go-http-client/1.1")}
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        headers["Content-Length"] = str(len(request.body))
    given = sorted(request.headers.items())
    headers |= {name: value for name, value in given if name not in _OWN_HEADERS}
    return headers | {"Accept-Encoding": request.headers.get("Accept-Encoding", "gzip")}


def _received_headers(answer: aiohttp.ClientResponse) -> dict[str, str]:
    """The first value of each header; Content-Encoding is left out, the body is decoded."""
    headers: dict[str, str] = {}
    for name, value in answer.headers.items():
        headers.setdefault(_canonical(name), value)
    if headers.pop("Content-Encoding", None):
        headers.pop("Content-Length", None)
    return headers


def _redirected(request: _Request, answer: aiohttp.ClientResponse) -> _Request | None:
    location = answer.headers.get("Location")
    if answer.status not in (301, 302, 303, 307, 308) or not location:
        return None
    url = request.url.join(URL(location))
    headers = request.headers
    if url.host != request.url.host:
        headers = {name: value for name, value in headers.items() if name != "Authorization"}
    if answer.status in (307, 308) or request.method in ("GET", "HEAD"):
        return evolve(request, url=url, headers=headers)
    return evolve(request, method="GET", url=url, headers=headers, body=b"")


def _canonical(name: str) -> str:
    return "-".join(part.capitalize() for part in name.split("-"))


def _reason(error: OSError) -> str:
    is_refused = isinstance(error, ConnectionRefusedError)
    return "connection refused" if is_refused else (error.strerror or str(error)).lower()

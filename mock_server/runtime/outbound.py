"""Which addresses server modules may call: OneSignal's go to the stub, others stay on loopback."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from yarl import URL

from mock_server.runtime.errors import ModuleError

_ONESIGNAL = ("onesignal.com", "www.onesignal.com", "api.onesignal.com")
_PREFIX = "/api/v1"  # of OneSignal's older addresses; `onesignal.url` may end with it


def route(url: URL, onesignal_url: str, allow_http: Iterable[str]) -> URL:
    """Return where a request to `url` is really sent.

    Args:
        url: What the module asks for.
        onesignal_url: The setting `onesignal.url`.
        allow_http: The settings `runtime.allow_http`.

    Raises:
        ModuleError: The address is outside of this machine, and not allowed.
    """
    host = (url.host or "").lower()
    if host in _ONESIGNAL:
        return _to_stub(url, onesignal_url)
    if _is_loopback(host) or host in _allowed(allow_http):
        return url
    raise ModuleError(
        f"HTTP request error: this mock of Nakama does not call {host}; allow it with "
        f"--runtime.allow_http {host}"
    )


def _to_stub(url: URL, onesignal_url: str) -> URL:
    if not onesignal_url:
        raise ModuleError(
            f"HTTP request error: requests to {url.host} go to a OneSignal stub, but there is "
            "none: set --onesignal.url"
        )
    base = URL(onesignal_url)
    prefix = base.raw_path.rstrip("/")
    if url.raw_path.startswith(f"{_PREFIX}/"):
        prefix = prefix.removesuffix(_PREFIX)
    return URL.build(
        scheme=base.scheme,
        host=base.host or "",
        port=base.port,
        path=prefix + url.raw_path,
        query_string=url.raw_query_string,
        encoded=True,
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _allowed(allow_http: Iterable[str]) -> set[str]:
    given = (host for setting in allow_http for host in setting.split(","))
    return {host.strip().lower() for host in given}

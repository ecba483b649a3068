"""The metadata of a gRPC call."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from urllib.parse import unquote

from attrs import frozen

_AUTHORIZATION = ("authorization", "grpcgateway-authorization")
_QUERY = "q_"
_FORWARDED = "x-forwarded-for"


@frozen
class Metadata:
    """The metadata of a call, and where it came from.

    Attributes:
        pairs: Names in lower case and values, in their order; those of `-bin` names are bytes.
        peer: As gRPC names it: `ipv4:127.0.0.1:50123`, `ipv6:%5B::1%5D:50123`.
        authority: The server's address; grpcio does not tell which name the client used.
        has_expired_token: A fault made the token an expired one.
    """

    pairs: Sequence[tuple[str, str | bytes]]
    peer: str
    authority: str = ""
    has_expired_token: bool = False

    def authorization(self) -> list[str]:
        """Every value that authorizes: of `authorization`, and only without it of the gateway's."""
        if self.has_expired_token:
            return ["Bearer "]
        for name in _AUTHORIZATION:
            if given := [_text(value) for key, value in self.pairs if key == name]:
                return given
        return []

    def headers(self) -> dict[str, list[str]]:
        """What an RPC function sees as headers: all but query parameters."""
        headers = {":authority": [self.authority], "content-type": ["application/grpc"]}
        for name, value in self.pairs:
            if not name.startswith(_QUERY):
                headers.setdefault(name, []).append(_text(value))
        return headers

    def query_params(self) -> dict[str, list[str]]:
        """What an RPC function sees as query parameters: `q_a` is the parameter `a`."""
        query: dict[str, list[str]] = {}
        for name, value in self.pairs:
            if name.startswith(_QUERY):
                query.setdefault(name.removeprefix(_QUERY), []).append(_text(value))
        return query

    def client_address(self) -> tuple[str, str]:
        """IP and port of the client; without a port where a proxy has forwarded the call."""
        host, port = _host_and_port(self.peer)
        forwarded = next((_text(v) for k, v in self.pairs if k == _FORWARDED), "")
        candidates = forwarded.split(",") if forwarded else []
        if len(candidates) > 1 and _is_loopback(host):
            del candidates[-1]
        for number, candidate in reversed(list(enumerate(map(str.strip, candidates)))):
            if candidate and not (number and _is_loopback(candidate)):
                return candidate, ""
        return host, port


def _host_and_port(peer: str) -> tuple[str, str]:
    host, _, port = unquote(peer).partition(":")[2].rpartition(":")
    return host.strip("[]"), port


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _text(value: str | bytes) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else value

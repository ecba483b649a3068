"""The context of a request: what its handlers read, and what they add for the journal."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web
from attrs import define, field

from mock_server.http.bodies import body_too_large, unpack
from mock_server.wire.query import readable_pairs

_JOURNAL_BODY = 2000


@define
class RequestContext:
    """One request, as far as it was read, and the values of its journal entry.

    Attributes:
        raw: The request as aiohttp has it.
        limit: How many bytes its body may have, also when it is decompressed.
        path: The raw path, without the query, and without what stands before it in absolute form.
        raw_query: The raw query.
        has_expired_token: A fault made its token an expired one.
        ignored: What it holds that no route reads, for the journal.
        user_id: Who sent it, once that is known.
        text: The beginning of its body, for the journal.
        answer: The beginning of the answer's body, for the journal.
        error: The traceback of a handler that failed.
    """

    raw: web.Request
    limit: int
    path: str = field(init=False)
    raw_query: str = field(init=False)
    has_expired_token: bool = False
    ignored: tuple[str, ...] = ()
    user_id: str = ""
    text: str = ""
    answer: str = ""
    error: str | None = None
    _body: bytes | None = None

    def __attrs_post_init__(self) -> None:
        self.path, _, self.raw_query = _target(self.raw).partition("?")

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.raw.method

    @property
    def has_form(self) -> bool:
        """The body holds query parameters, or more of them."""
        is_read = self.method in ("POST", "PUT")  # Go looks for a form nowhere else
        return is_read and self.raw.content_type == "application/x-www-form-urlencoded"

    @property
    def client_ip(self) -> str:
        """Where the request came from."""
        return self.raw.remote or ""

    @property
    def client_port(self) -> str:
        """The port of that address."""
        peer = self.raw.transport.get_extra_info("peername") if self.raw.transport else None
        return str(peer[1]) if peer else ""

    @property
    def is_abandoned(self) -> bool:
        """The client has left without waiting for the answer."""
        return self.raw.transport is None or self.raw.transport.is_closing()

    def authorization(self) -> list[str]:
        """Every Authorization header; one without a token in place of an expired one."""
        if self.has_expired_token:
            return ["Bearer "]
        return self.raw.headers.getall("Authorization", [])

    def header_lists(self) -> Mapping[str, list[str]]:
        """All headers but `Host`, which Go takes out, as lists."""
        headers = self.raw.headers
        return {name: headers.getall(name) for name in headers if name.lower() != "host"}

    def query_lists(self) -> dict[str, list[str]]:
        """All query parameters that Go can read."""
        lists: dict[str, list[str]] = {}
        for name, value in readable_pairs(self.raw_query):
            lists.setdefault(name, []).append(value)
        return lists

    def query_value(self, name: str) -> str:
        """The first value of a query parameter, as Go reads it; empty where there is none."""
        return self.query_lists().get(name, [""])[0]

    async def body(self) -> bytes:
        """The body, decompressed.

        Raises:
            CorruptBody: It cannot be decompressed.
            GrpcError: It is larger than `socket.max_request_size_bytes`.
        """
        if self._body is None:
            packed = await self._read()
            encoding = self.raw.headers.get("Content-Encoding", "")
            self._body = unpack(packed, encoding, self.limit)
            self.text = self._body[:_JOURNAL_BODY].decode(errors="replace")
        return self._body

    async def _read(self) -> bytes:
        data = bytearray()
        async for chunk in self.raw.content.iter_any():
            data += chunk
            if len(data) > self.limit:
                raise body_too_large()
        return bytes(data)


def _target(request: web.Request) -> str:
    target = request.raw_path
    if target.startswith("/") or "://" not in target:
        return target
    _, slash, rest = target.partition("://")[2].partition("/")
    return slash + rest or "/"

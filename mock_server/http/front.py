"""The door of the client API: limits, CORS, compression and the journal, for every request."""

from __future__ import annotations

import difflib
import gzip
import logging
import posixpath
import re
import traceback
import zlib
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web
from attrs import define

from mock_server.features.sessions.core import bearer_token
from mock_server.http.bodies import body_too_large, unpack
from mock_server.http.cors import answer_options
from mock_server.http.gateway import Gateway, error_response
from mock_server.http.routing import Route, RouteTable
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.query import readable_pairs
from server_kit import Entry, faults
from server_kit.faults import Kind, Point

if TYPE_CHECKING:
    from mock_server.features.rpc.api import RpcApi
    from mock_server.parts import Parts
    from mock_server.realtime.acceptor import Acceptor

_log = logging.getLogger("mock_server.http")

_HEAD_LIMIT = 5120 + 4096  # Nakama's max header bytes, and what Go adds to it
_JOURNAL_BODY = 2000
_DEFAULT_TYPE = "application/octet-stream"  # aiohttp's, where nobody said anything else
_BAD_ESCAPE = re.compile("%(?![0-9a-fA-F]{2})")
_SECRET_PATHS = (  # their bodies hold passwords, tokens and receipts
    "/v2/account/",
    "/v2/session/",
    "/v2/friend/facebook",
    "/v2/friend/steam",
    "/v2/iap/",
)


@define
class Incoming:
    """One request, as far as it was read, and what the journal will say of it."""

    raw: web.Request
    limit: int
    has_expired_token: bool = False
    ignored: tuple[str, ...] = ()
    user_id: str = ""
    text: str = ""
    error: str | None = None
    _body: bytes | None = None

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.raw.method

    @property
    def path(self) -> str:
        """The raw path, without the query."""
        return self.raw.raw_path.partition("?")[0]

    @property
    def raw_query(self) -> str:
        """The raw query."""
        return self.raw.raw_path.partition("?")[2]

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
        """The same, its port."""
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
        """All headers, as lists."""
        return {name: self.raw.headers.getall(name) for name in self.raw.headers}

    def query_lists(self) -> dict[str, list[str]]:
        """All query parameters that Go can read."""
        lists: dict[str, list[str]] = {}
        for name, value in readable_pairs(self.raw_query):
            lists.setdefault(name, []).append(value)
        return lists

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


class Front:
    """Takes every request of the client API's port.

    Args:
        parts: The server.
        routes: The gateway's routes.
        rpc: Answers `/v2/rpc/…`.
        acceptor: Answers `/ws`.
    """

    def __init__(
        self, parts: Parts, routes: tuple[Route, ...], rpc: RpcApi, acceptor: Acceptor
    ) -> None:
        self._parts = parts
        self._table = RouteTable(routes)
        self._gateway = Gateway(parts, self._table)
        self._rpc = rpc
        self._acceptor = acceptor

    def app(self) -> web.Application:
        """The aiohttp application of the client API's port."""
        app = web.Application(client_max_size=0)
        app.router.add_route("*", "/{anything:.*}", self._handle)
        app.on_response_prepare.append(_strip_headers)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        incoming = Incoming(request, self._parts.config.socket.max_request_size_bytes)
        decision = self._decide_fault(incoming)
        incoming.has_expired_token = decision.kind is Kind.EXPIRED_TOKEN
        return await faults.answer(request, decision, partial(self._work, incoming))

    async def _work(self, incoming: Incoming) -> web.StreamResponse:
        try:
            response = await self._answer(incoming)
        except Exception as error:
            if isinstance(error, ConnectionError) and incoming.is_abandoned:
                self._write_journal(incoming, None)
                return web.Response()
            incoming.error = traceback.format_exc()
            _log.exception("a handler failed: %s %s", incoming.method, incoming.path)
            response = error_response(GrpcError(GrpcCode.INTERNAL, "Internal error"))
        self._write_journal(incoming, response.status)
        return response

    def _decide_fault(self, incoming: Incoming) -> faults.FaultDecision:
        if not len(self._parts.faults):
            return faults.NO_FAULT
        name = f"{incoming.method} {incoming.path}"
        point = Point.HANDSHAKE if name == "GET /ws" else Point.HTTP
        return self._parts.faults.decide(point, name, self._caller(incoming))

    def _caller(self, incoming: Incoming) -> str | None:
        """The user whose session token came with a request."""
        given = incoming.authorization()
        token = bearer_token(given[0]) if given else incoming.raw.query.get("token")
        identity = self._parts.sessions.check(token) if token else None
        return identity.user_id if identity else None

    async def _answer(self, incoming: Incoming) -> web.StreamResponse:
        request = incoming.raw
        if _head_size(request) > _HEAD_LIMIT:
            return _refuse_connection(431, "431 Request Header Fields Too Large")
        if _BAD_ESCAPE.search(incoming.path):
            return _refuse_connection(400, "400 Bad Request")
        if incoming.method == "OPTIONS":
            return answer_options(request)
        response = await self._route(incoming)
        if "Origin" in request.headers and not response.prepared:
            response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    async def _route(self, incoming: Incoming) -> web.StreamResponse:
        if moved := _cleaned(incoming):
            return web.Response(status=301, headers={"Location": moved})
        if incoming.path == "/ws" and incoming.method == "GET":
            return await self._acceptor.accept(incoming)
        return await self._plain(incoming)

    async def _plain(self, incoming: Incoming) -> web.Response:
        if incoming.path == "/" and incoming.method == "GET":
            return web.Response()
        if incoming.path.startswith("/v2/rpc/") and incoming.method in ("GET", "POST"):
            response = await self._rpc.answer(incoming)
        elif incoming.path.startswith("/v2/rpc/"):
            response = error_response(GrpcError(GrpcCode.UNIMPLEMENTED, "Method Not Allowed"))
        else:
            response = await self._gateway.answer(incoming)
        _compress(response, incoming.raw.headers.getall("Accept-Encoding", []))
        return response

    def _write_journal(self, incoming: Incoming, status: int | None) -> None:
        name = f"{incoming.method} {incoming.path}"
        lists = incoming.query_lists()
        self._parts.journal.write(
            Entry(
                kind="http",
                name=name,
                time=self._parts.clock.time(),
                status=status,
                user_id=incoming.user_id or None,
                query=tuple(
                    (key, value)
                    for key, values in lists.items()
                    if key not in ("token", "http_key")
                    for value in values
                ),
                body="" if incoming.path.startswith(_SECRET_PATHS) else incoming.text,
                ignored=incoming.ignored,
                unmatched=self._nearest(name) if status in (404, 501) else None,
                error=incoming.error,
            )
        )

    def _nearest(self, name: str) -> str | None:
        """The nearest route of a request that has none; None where a route did answer."""
        method, _, path = name.partition(" ")
        if path.startswith("/v2/rpc/"):
            return self._rpc.nearest(path)
        try:
            self._table.find(method, path)
        except GrpcError:
            known = [*self._table.names(), "POST /v2/rpc/{id}", "GET /v2/rpc/{id}", "GET /ws"]
            return difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]
        return None


def _head_size(request: web.Request) -> int:
    line = len(request.method) + len(request.raw_path) + len(" HTTP/1.1\r\n") + 1
    return line + sum(len(name) + len(value) + 4 for name, value in request.raw_headers) + 2


def _refuse_connection(status: int, text: str) -> web.Response:
    """Answer as Go's HTTP server does before it asks any handler."""
    response = web.Response(status=status, text=text, content_type="text/plain")
    response.force_close()
    return response


def _cleaned(incoming: Incoming) -> str | None:
    """Where Go's router sends a path with `//` or dots in it; None for a clean one."""
    path = incoming.path
    if "//" not in path and "/." not in path:
        return None
    clean = "/" + posixpath.normpath(path).lstrip("/")
    if path.endswith("/") and clean != "/":
        clean += "/"
    if clean == path:
        return None
    return f"{clean}?{incoming.raw_query}" if incoming.raw_query else clean


def _compress(response: web.Response, accepted: list[str]) -> None:
    """Compress with the first coding that Nakama knows; `;q=` and `*` it does not understand."""
    response.headers["Vary"] = "Accept-Encoding"
    body = response.body
    assert isinstance(body, bytes)
    for name in (part.strip() for header in accepted for part in header.split(",")):
        if name == "gzip":
            response.body = gzip.compress(body, mtime=0)
        elif name == "deflate":
            packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
            response.body = packer.compress(body) + packer.flush()
        else:
            continue
        response.headers["Content-Encoding"] = name
        return


async def _strip_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.popall("Server", None)
    is_empty = isinstance(response, web.Response) and response.content_length == 0
    if is_empty and response.content_type == _DEFAULT_TYPE:
        response.headers.popall("Content-Type", None)

"""The application of the client API: limits, CORS, compression, journal, for every request."""

from __future__ import annotations

import gzip
import logging
import posixpath
import re
import traceback
import zlib
from functools import partial
from urllib.parse import quote, unquote_to_bytes

from aiohttp import web

from mock_server.config import SocketConfig
from mock_server.features.sessions.core import Sessions
from mock_server.http.authorization import bearer_token
from mock_server.http.context import RequestContext
from mock_server.http.cors import answer_options
from mock_server.http.gateway import Gateway, error_response
from mock_server.http.routing import RouteTable
from mock_server.http.rpc import RpcHandler
from mock_server.realtime.websocket_handler import WebsocketHandler
from mock_server.wire.errors import GrpcCode, GrpcError
from server_kit import Clock, Entry, Faults, Journal, faults
from server_kit.faults import FaultKind, Point
from server_kit.nearest import nearest

_log = logging.getLogger("mock_server.http")

_HEAD_LIMIT = 5120 + 4096  # Nakama's max header bytes, and what Go adds to it
_DEFAULT_TYPE = "application/octet-stream"  # aiohttp's, where nobody said anything else
_COMPRESSION = 1  # the quickest: over loopback a smaller body gains nothing
_ANSWER_SIZE = 2000  # bytes of an answer that the journal keeps
_BAD_ESCAPE = re.compile("%(?![0-9a-fA-F]{2})")
_SECRET_PATHS = (  # their bodies and answers hold passwords, tokens and receipts
    "/v2/account/",
    "/v2/session/",
    "/v2/friend/facebook",
    "/v2/friend/steam",
    "/v2/iap/",
)


class HttpApp:
    """Takes every request of the client API's port.

    Args:
        config: How large a request may be.
        table: The gateway's routes.
        gateway: Answers them.
        rpc: Answers `/v2/rpc/…`.
        websocket: Answers `/ws`.
        sessions: Finds the user of a request, for the faults of one user.
        faults: What goes wrong on purpose.
        journal: Where requests are written down.
        clock: The server's time.
    """

    def __init__(
        self,
        config: SocketConfig,
        *,
        table: RouteTable,
        gateway: Gateway,
        rpc: RpcHandler,
        websocket: WebsocketHandler,
        sessions: Sessions,
        faults: Faults,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._limit = config.max_request_size_bytes
        self._table = table
        self._gateway = gateway
        self._rpc = rpc
        self._websocket = websocket
        self._sessions = sessions
        self._faults = faults
        self._journal = journal
        self._clock = clock

    def app(self) -> web.Application:
        """The aiohttp application of the client API's port."""
        app = web.Application(client_max_size=0)
        app.router.add_route("*", "/{anything:.*}", self._handle)
        app.on_response_prepare.append(_strip_headers)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        context = RequestContext(request, self._limit)
        decision = self._decide_fault(context)
        context.has_expired_token = decision.kind is FaultKind.EXPIRED_TOKEN
        return await faults.answer(request, decision, partial(self._work, context))

    async def _work(self, context: RequestContext) -> web.StreamResponse:
        try:
            response = await self._answer(context)
        except Exception as error:
            if isinstance(error, ConnectionError) and context.is_abandoned:
                self._write_journal(context, None)
                return web.Response()
            context.error = traceback.format_exc()
            _log.exception("a handler failed: %s %s", context.method, context.path)
            response = error_response(GrpcError(GrpcCode.INTERNAL, "Internal error"))
        self._write_journal(context, response.status)
        return response

    def _decide_fault(self, context: RequestContext) -> faults.FaultDecision:
        if not len(self._faults):
            return faults.NO_FAULT
        name = f"{context.method} {context.path}"
        point = Point.HANDSHAKE if name == "GET /ws" else Point.HTTP
        return self._faults.decide(point, name, self._caller(context))

    def _caller(self, context: RequestContext) -> str | None:
        """The user whose session token came with a request."""
        given = context.authorization()
        token = bearer_token(given[0]) if given else context.query_value("token")
        identity = self._sessions.check(token) if token else None
        return identity.user_id if identity else None

    async def _answer(self, context: RequestContext) -> web.StreamResponse:
        request = context.raw
        if _head_size(request) > _HEAD_LIMIT:
            return _refuse_connection(431, "431 Request Header Fields Too Large")
        if _BAD_ESCAPE.search(context.path):
            return _refuse_connection(400, "400 Bad Request")
        if context.method == "OPTIONS":
            return answer_options(request)
        response = await self._route(context)
        if "Origin" in request.headers and not response.prepared:
            response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    async def _route(self, context: RequestContext) -> web.StreamResponse:
        if moved := _cleaned(context):
            return web.Response(status=301, headers={"Location": moved})
        if context.path == "/ws" and context.method == "GET":
            return await self._websocket.accept(context)
        return await self._plain(context)

    async def _plain(self, context: RequestContext) -> web.Response:
        if context.path == "/" and context.method == "GET":
            return web.Response()
        if context.path.startswith("/v2/rpc/") and context.method in ("GET", "POST"):
            response = await self._rpc.answer(context)
        elif context.path.startswith("/v2/rpc/"):
            response = error_response(GrpcError(GrpcCode.UNIMPLEMENTED, "Method Not Allowed"))
        else:
            response = await self._gateway.answer(context)
        context.answer = _beginning(response)
        _compress(response, context.raw.headers.get("Accept-Encoding", ""))
        return response

    def _write_journal(self, context: RequestContext, status: int | None) -> None:
        name = f"{context.method} {context.path}"
        lists = context.query_lists()
        is_secret = context.path.startswith(_SECRET_PATHS)
        unmatched = self._nearest(name) if status in (404, 501) else None
        user_id = context.user_id or (self._caller(context) if unmatched else None)
        self._journal.write(
            Entry(
                kind="http",
                name=name,
                time=self._clock.time(),
                status=status,
                user_id=user_id or None,
                query=tuple(
                    (key, value)
                    for key, values in lists.items()
                    if key not in ("token", "http_key")
                    for value in values
                ),
                body="" if is_secret else context.text,
                answer="" if is_secret and status == 200 else context.answer,
                ignored=context.ignored,
                unmatched=unmatched,
                error=context.error,
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
            return nearest(name, known)
        return None


def _beginning(response: web.Response) -> str:
    body = response.body
    return body[:_ANSWER_SIZE].decode(errors="replace") if isinstance(body, bytes) else ""


def _head_size(request: web.Request) -> int:
    line = len(request.method) + len(request.raw_path) + len(" HTTP/1.1\r\n") + 1
    return line + sum(len(name) + len(value) + 4 for name, value in request.raw_headers) + 2


def _refuse_connection(status: int, text: str) -> web.Response:
    """Answer as Go's HTTP server does before it asks any handler."""
    response = web.Response(status=status, text=text, content_type="text/plain")
    response.force_close()
    return response


def _cleaned(context: RequestContext) -> str | None:
    """Where Go's router sends a path with `//` or dots in it; None for a clean one."""
    path = unquote_to_bytes(context.path)  # an escaped slash or dot counts, too
    if b"//" not in path and b"/." not in path:
        return None
    clean = b"/" + posixpath.normpath(path).lstrip(b"/")
    if path.endswith(b"/") and clean != b"/":
        clean += b"/"
    if clean == path:
        return None
    where = quote(clean, safe="/$&+,:;=@~")
    return f"{where}?{context.raw_query}" if context.raw_query else where


def _compress(response: web.Response, accepted: str) -> None:
    """Compress with the first coding that Nakama knows; `;q=` and `*` it does not understand.

    Args:
        response: The answer.
        accepted: The first Accept-Encoding header; Nakama looks at no other.
    """
    response.headers["Vary"] = "Accept-Encoding"
    body = response.body
    assert isinstance(body, bytes)
    for name in (part.strip() for part in accepted.split(",")):
        if name == "gzip":
            response.body = gzip.compress(body, _COMPRESSION, mtime=0)
        elif name == "deflate":
            packer = zlib.compressobj(_COMPRESSION, wbits=-zlib.MAX_WBITS)
            response.body = packer.compress(body) + packer.flush()
        else:
            continue
        response.headers["Content-Encoding"] = name
        return


async def _strip_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.popall("Server", None)
    if response.status == 101:
        response.headers.popall("Date", None)  # Go's library takes over the connection before
        response.headers["Connection"] = "Upgrade"  # some clients compare it with its case
    is_empty = isinstance(response, web.Response) and response.content_length == 0
    if is_empty and response.content_type == _DEFAULT_TYPE:
        response.headers.popall("Content-Type", None)

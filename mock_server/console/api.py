"""The console API, as far as test harnesses use it. It writes out default values."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from mock_server.config import ConsoleConfig
from mock_server.console import (
    accounts,
    channels,
    explorer,
    exports,
    groups,
    leaderboards,
    matches,
    notes,
    notifications,
    operators,
    purchases,
    status,
    storage,
    unlinking,
)
from mock_server.console.operators import OperatorLogins
from mock_server.console.services import Answer, ConsoleServices
from mock_server.wire.errors import GrpcCode, GrpcError, http_status
from mock_server.wire.query import check_utf8
from server_kit import Clock

ConsoleHandler = Callable[[web.Request], dict[str, Any] | Awaitable[dict[str, Any]]]
WebHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LAST_VARIABLE = re.compile(r"\{(\w+)\}$")
_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_MODULES = (
    accounts,
    channels,
    explorer,
    exports,
    groups,
    leaderboards,
    matches,
    notes,
    notifications,
    operators,
    purchases,
    status,
    storage,
    unlinking,
)


class Console:
    """Answers the operators' requests.

    Args:
        config: The console's user, password and signing key.
        clock: The server's time.
        find_services: Returns what the requests are about; a restart makes new ones.
    """

    def __init__(
        self, config: ConsoleConfig, clock: Clock, find_services: Callable[[], ConsoleServices]
    ) -> None:
        self._find_services = find_services
        self._logins = OperatorLogins(config, clock, lambda: self._services.login_attempts)

    @property
    def _services(self) -> ConsoleServices:
        return self._find_services()

    def add_routes(self, app: web.Application) -> None:
        """Put the console's routes into the application of its port."""
        app.router.add_post("/v2/console/authenticate", _answers(self._logins.log_in))
        app.router.add_post("/v2/console/authenticate/logout", _answers(self._logins.log_out))
        for method, handler in (
            ("POST", self._logins.add_operator),
            ("DELETE", self._logins.delete_operator),
        ):
            app.router.add_route(method, "/v2/console/user", _answers(self._with_token(handler)))
        for module in _MODULES:
            for method, path, make in module.ROUTES:
                answer = _answers(self._with_token(partial(self._make, make)))
                pattern = _LAST_VARIABLE.sub(r"{\1:[^/]*}", path)  # the gateway takes an empty one
                app.router.add_route(method, f"/v2/console{pattern}", answer)
        app.middlewares.append(_answer_without_route)

    def _make(
        self, make: Callable[[ConsoleServices, web.Request], Answer], request: web.Request
    ) -> Answer:
        return make(self._services, request)

    def _with_token(self, handler: ConsoleHandler) -> ConsoleHandler:
        def checked(request: web.Request) -> dict[str, Any] | Awaitable[dict[str, Any]]:
            self._logins.check(request)
            return handler(request)

        return checked


def _answers(handler: ConsoleHandler) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        try:
            path = request.raw_path.partition("?")[0]
            check_utf8({"path": unquote(path, errors="surrogateescape")})
            result = handler(request)
            document = await result if inspect.isawaitable(result) else result
        except GrpcError as error:
            return _refusal(error)
        return _json(document, headers={"Grpc-Metadata-Content-Type": "application/grpc"})

    return answer


@web.middleware
async def _answer_without_route(request: web.Request, handler: WebHandler) -> web.StreamResponse:
    """Answer what the console API does not have as its gateway does."""
    if not request.path.startswith("/v2/"):
        return await handler(request)
    if _BAD_ESCAPE.search(request.raw_path.partition("?")[0]):
        return web.Response(text="400 Bad Request", status=400, content_type="text/plain")
    try:
        return await handler(request)
    except web.HTTPMethodNotAllowed:
        error = GrpcError(GrpcCode.UNIMPLEMENTED, "Method Not Allowed")
    except web.HTTPNotFound:
        error = GrpcError(GrpcCode.NOT_FOUND, "Not Found")
    return _refusal(error)


def _refusal(error: GrpcError) -> web.Response:
    refused = error.code is GrpcCode.UNAUTHENTICATED
    return _json(
        {"code": int(error.code), "message": error.message, "details": []},
        status=http_status(error.code),
        headers={"WWW-Authenticate": error.message} if refused else {},
    )


def _json(
    document: dict[str, Any], *, status: int = 200, headers: Mapping[str, str]
) -> web.Response:
    """An answer with JSON, labelled without a charset as Nakama does."""
    kind = {"Content-Type": "application/json"}
    body = json.dumps(document).encode()
    return web.Response(body=body, status=status, headers={**kind, **headers})

"""The operations of the client API, for HTTP and gRPC: who may call one, its hooks, its handler."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from mock_server.features.sessions.core import Sessions
from mock_server.http.authorization import basic_auth, bearer_token, same_secret
from mock_server.http.routing import ANONYMOUS, Auth, Call, Route
from mock_server.identity import Identity
from mock_server.runtime.hooks import NOT_FOUND, Disabled, Hooks
from mock_server.wire.errors import GrpcCode, GrpcError

_MANY = 500  # ids or objects in one request


class Operations:
    """Authenticates the callers of operations, and calls them.

    Args:
        server_key: What callers without a session must know.
        sessions: Finds the user of a token.
        hooks: What server modules do before and after.
    """

    def __init__(self, *, server_key: str, sessions: Sessions, hooks: Hooks) -> None:
        self._server_key = server_key
        self._sessions = sessions
        self._hooks = hooks

    def authenticate(self, auth: Auth, given: Sequence[str]) -> Identity:
        """Return who calls; `ANONYMOUS` where the operation needs no session.

        Args:
            auth: What the operation asks for.
            given: Every `authorization` that came with the request.

        Raises:
            GrpcError: UNAUTHENTICATED, in Nakama's words.
        """
        if auth is Auth.NONE:
            return ANONYMOUS
        if auth is Auth.SERVER_KEY:
            self._check_server_key(given)
            return ANONYMOUS
        if not given:
            raise GrpcError(GrpcCode.UNAUTHENTICATED, "Auth token required")
        return self.bearer(given)

    def bearer(self, given: Sequence[str]) -> Identity:
        """Return the user of the one session token that was given.

        Raises:
            GrpcError: UNAUTHENTICATED: there are several, or it is no good token.
        """
        token = bearer_token(given[0]) if len(given) == 1 else None
        identity = self._sessions.check(token) if token else None
        if identity is None:
            raise GrpcError(GrpcCode.UNAUTHENTICATED, "Auth token invalid")
        return identity

    async def call(self, route: Route, call: Call) -> dict[str, Any]:
        """Call an operation between its hooks, and return the answer.

        Raises:
            GrpcError: It refuses, or a before hook has switched it off.
            ModuleError: A hook refuses.
        """
        try:
            await self._hooks.before_request(route, call)
        except Disabled:
            raise GrpcError(GrpcCode.NOT_FOUND, NOT_FOUND) from None
        is_large = _is_large(call.request)
        if is_large:  # to read it took long, and so will the handler, and to write the answer
            await asyncio.sleep(0)
        result = route.handler(call)
        document = await result if inspect.isawaitable(result) else result
        if is_large:
            await asyncio.sleep(0)
        await self._hooks.after_request(route, call, document)
        return document

    def _check_server_key(self, given: Sequence[str]) -> None:
        if len(given) != 1:
            raise GrpcError(GrpcCode.UNAUTHENTICATED, "Server key required")
        login = basic_auth(given[0])
        if login is None or not same_secret(login[0], self._server_key):
            raise GrpcError(GrpcCode.UNAUTHENTICATED, "Server key invalid")


def _is_large(request: Mapping[str, Any]) -> bool:
    """Whether a request names so much that others should have a turn before and after it."""
    return any(len(each) > _MANY for each in request.values() if type(each) is list)

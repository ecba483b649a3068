"""How a feature calls the server over HTTP: who asks, what is asked, what comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from nakama_client.errors import ArgumentError
from nakama_client.protocol.codec import encode
from nakama_client.protocol.replies import read
from nakama_client.protocol.requests import Request, basic, bearer
from nakama_client.protocol.tokens import SessionReply
from nakama_client.session import Session, SessionKeeper
from nakama_client.transport.http import Transport

T = TypeVar("T")


class Calls:
    """Sends a request with the right key or token, and reads the answer into a model.

    Each method raises `ApiError` when Nakama refuses, `UnexpectedReply`, `ConnectionFailed`,
    `TimeoutExceeded` and `ClientClosed`.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        server_key: str,
        http_key: str | None,
        clock: Callable[[], float],
        close_timeout: float,
    ) -> None:
        self.sessions = SessionKeeper(self._refresh, clock=clock, close_timeout=close_timeout)
        self._transport = transport
        self._server_key = server_key
        self._http_key = http_key

    async def as_user(self, session: Session, request: Request, model: type[T]) -> T:
        """Call for a player; the session is refreshed first when little of its life is left."""
        token = await self.sessions.token(session)
        return await self._call(request, model, bearer(token))

    async def with_server_key(self, request: Request, model: type[T]) -> T:
        """Call as the game, before there is a session."""
        return await self._call(request, model, basic(self._server_key))

    async def with_http_key(self, request: Request, model: type[T]) -> T:
        """Call from server to server."""
        if self._http_key is None:
            raise ArgumentError("this call needs the client's http_key (runtime.http_key)")
        return await self._call(request, model, basic(self._http_key))

    async def _call(self, request: Request, model: type[T], authorization: str) -> T:
        return read(await self._transport.request(request, authorization=authorization), model)

    async def _refresh(self, token: str, variables: Mapping[str, str] | None) -> SessionReply:
        body: dict[str, object] = {"token": token}
        if variables:
            body["vars"] = dict(variables)
        request = Request("POST", "/v2/account/session/refresh", body=encode(body))
        return await self.with_server_key(request, SessionReply)

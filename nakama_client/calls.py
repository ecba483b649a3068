"""How a feature calls the server over HTTP: who asks, what is asked, what comes back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import TypeVar

from nakama_client.config import RetryPolicy
from nakama_client.dispatch import Dispatcher
from nakama_client.errors import ArgumentError, NakamaError, TimeoutExceeded, Unauthenticated
from nakama_client.protocol.codec import encode
from nakama_client.protocol.replies import read
from nakama_client.protocol.requests import Request, basic, bearer
from nakama_client.protocol.retry import concerns_token
from nakama_client.protocol.tokens import SessionReply
from nakama_client.retrying import Retrying
from nakama_client.session import Session, SessionKeeper
from nakama_client.transport.http import Transport

T = TypeVar("T")

_log = logging.getLogger("nakama_client.http")

# So many repetitions may wait for a slow `on_retry` handler; of more it does not hear.
_QUEUE_LIMIT = 1024


class Calls:
    """Sends a request with the right key or token, and reads the answer into a model.

    Each method raises `ApiError` when Nakama refuses, `UnexpectedReply`, `ConnectionFailed`,
    `TimeoutExceeded` and `ClientClosed`; what may pass was attempted several times before.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        server_key: str,
        http_key: str | None,
        retry: RetryPolicy | None,
        clock: Callable[[], float],
        random: Callable[[], float],
        close_timeout: float,
    ) -> None:
        self._dispatcher = Dispatcher(_QUEUE_LIMIT, _log)
        self.sessions = SessionKeeper(self._refresh, dispatcher=self._dispatcher, clock=clock)
        self.retrying = Retrying(retry, random=random, dispatcher=self._dispatcher)
        self._transport = transport
        self._server_key = server_key
        self._http_key = http_key
        self._close_timeout = close_timeout

    async def as_user(self, session: Session, request: Request, model: type[T]) -> T:
        """Call for a player; the session is refreshed first when little of its life is left.

        When the server does not accept the token all the same, the session is refreshed, unless
        somebody else did that meanwhile, and the call is repeated once.
        """
        try:
            async with asyncio.timeout(request.timeout):
                return await self._as_user(session, request, model)
        except TimeoutError as error:
            if isinstance(error, NakamaError):
                raise
            what = f"{request.method} {request.path}"
            raise TimeoutExceeded(f"no answer within {request.timeout:g} s: {what}") from error

    async def _as_user(self, session: Session, request: Request, model: type[T]) -> T:
        token = await self.sessions.token(session)
        try:
            return await self._call(request, model, bearer(token))
        except Unauthenticated as error:
            if not concerns_token(error, request):
                raise
            await self.sessions.renew(session, refused=token)
        return await self._call(request, model, bearer(session.token))

    async def with_server_key(self, request: Request, model: type[T]) -> T:
        """Call as the game, before there is a session."""
        return await self._call(request, model, basic(self._server_key))

    async def with_http_key(self, request: Request, model: type[T]) -> T:
        """Call from server to server."""
        if self._http_key is None:
            raise ArgumentError("this call needs the client's http_key (runtime.http_key)")
        return await self._call(request, model, basic(self._http_key))

    async def close(self) -> None:
        """Stop refreshing, close all connections, and let the handlers finish."""
        await self.sessions.close()
        await self._transport.close()
        try:
            await self._dispatcher.finish(self._close_timeout)
        except BaseException:
            await self._dispatcher.cancel()
            raise

    async def _call(self, request: Request, model: type[T], authorization: str) -> T:
        async def attempt(time_left: float) -> T:
            reply = await self._transport.request(
                request, authorization=authorization, time_left=time_left
            )
            return read(reply, model)

        return await self.retrying.call(request, attempt)

    async def _refresh(self, token: str, variables: Mapping[str, str] | None) -> SessionReply:
        body: dict[str, object] = {"token": token}
        if variables:
            body["vars"] = dict(variables)
        request = Request(
            "POST", "/v2/account/session/refresh", body=encode(body), is_idempotent=True
        )
        return await self.with_server_key(request, SessionReply)

"""How a feature calls the server over HTTP: authorization, request and answer."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Mapping
from typing import Literal, TypeVar

from nakama_client.background import Background
from nakama_client.config import Endpoint, RetryPolicy, Timeouts
from nakama_client.errors import ArgumentError, NakamaError, TimeoutExceeded, UnexpectedReply
from nakama_client.events.dispatcher import EventDispatcher
from nakama_client.events.exchanges import Exchanges
from nakama_client.events.unreadable import UnreadableItems
from nakama_client.protocol.codec import Salvaged, encode
from nakama_client.protocol.replies import read
from nakama_client.protocol.requests import Request, basic, bearer
from nakama_client.protocol.retry import concerns_token, may_concern_token
from nakama_client.protocol.tokens import SessionReply
from nakama_client.redaction import excerpt
from nakama_client.retrying import Retrying
from nakama_client.session import Session, check_session
from nakama_client.token_refresher import REFRESH_PATH, TokenRefresher
from nakama_client.transport.http import HttpClient
from nakama_client.transport.options import TransportOptions

T = TypeVar("T")

# Who asks: a player, the game before there is a session, or another server.
Auth = Session | Literal["server_key", "http_key"]

_KEYS = ("server_key", "http_key")

_log = logging.getLogger("nakama_client.http")

# So many repetitions may wait for a slow `on_retry` handler; it does not get more.
_QUEUE_LIMIT = 1024


class ApiClient:
    """Sends a request with the right key or token, and reads the answer into a model.

    Attributes:
        resumable: Makes a call that goes on when its caller stops waiting.
        on_error: The handlers of errors that no call can raise.
        unreadable_items: Reports what can't be read in lists.
        tokens: Refreshes the sessions of the calls.
        retrying: Repeats the calls.
        exchanges: Tells of each request and reply.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        timeouts: Timeouts,
        max_connections: int,
        server_key: str,
        http_key: str | None,
        retry: RetryPolicy | None,
        clock: Callable[[], float],
        random: Callable[[], float],
        options: TransportOptions,
    ) -> None:
        self.exchanges = Exchanges()
        self._dispatcher = EventDispatcher(_QUEUE_LIMIT, _log)
        self.on_error = self._dispatcher.on_error
        self.unreadable_items = UnreadableItems(self._dispatcher)
        self._background = Background()
        self.resumable = self._background.resumable
        self._deadline = timeouts.request if retry is None else retry.deadline
        self.tokens = TokenRefresher(
            self._refresh, dispatcher=self._dispatcher, clock=clock, deadline=self._deadline
        )
        self.retrying = Retrying(retry, random=random, dispatcher=self._dispatcher)
        self._http = HttpClient(
            "client",
            base_url=endpoint.http_url,
            timeout=timeouts.request,
            connect_timeout=timeouts.connect,
            max_connections=max_connections,
            options=options,
        )
        self._server_key = server_key
        self._http_key = http_key
        self._close_timeout = timeouts.close

    async def call(self, auth: Auth, request: Request, model: type[T]) -> T:
        """Make a call.

        For a player, the session is refreshed first when little of its life is left. When the
        server still does not accept the token, the session is refreshed, unless another call did
        that meanwhile, and the call is repeated once.

        Args:
            auth: What authorizes the call: a player's session, or the name of a key.
            request: What is asked.
            model: What the answer is read into.

        Items of its lists that can't be read are left out, and go to the `on_error` handlers.

        Raises:
            ArgumentError: The client was made without the HTTP key.
            ApiError: Nakama refused.
            UnexpectedReply: The answer is not Nakama's.
            ConnectionFailed: There was no answer, after as many attempts as the policy allows.
            TimeoutExceeded: There was no answer in time.
            ClientClosed: `close` was called.
        """
        salvaged = await self.call_for_items(auth, request, model)
        if salvaged.is_nothing_left:
            error = UnexpectedReply(200, excerpt(salvaged.unreadable[0].raw.encode()))
            error._note_call(request.method, request.path, 1)
            raise error
        for item in salvaged.unreadable:
            self.unreadable_items.report(item)
        return salvaged.value

    async def call_for_items(self, auth: Auth, request: Request, model: type[T]) -> Salvaged[T]:
        """Make a call as `call` does; the caller reports what can't be read."""
        if not isinstance(auth, Session):
            if auth not in _KEYS:
                check_session(auth)
            key = self._key(auth)
            return await self._send(request, model, basic(key), (key,))
        if request.timeout is None:
            return await self._call_with_token(auth, request, model)
        try:
            async with asyncio.timeout(request.timeout):
                return await self._call_with_token(auth, request, model)
        except TimeoutError as error:
            if isinstance(error, NakamaError):
                raise
        what = f"{request.method} {request.path}"
        failure = TimeoutExceeded(f"no answer within {request.timeout:g} s: {what}")
        failure._note_call(request.method, request.path, 1)
        raise failure

    async def close(self) -> None:
        """Stop refreshing, close all connections, and let the handlers finish."""
        await self.tokens.close()
        await self._background.close()
        await self._http.close()
        try:
            await self._dispatcher.finish(self._close_timeout)
        except BaseException:
            await self._dispatcher.cancel()
            raise

    async def _call_with_token(
        self, session: Session, request: Request, model: type[T]
    ) -> Salvaged[T]:
        seconds = request.timeout or self._deadline
        ends_at = asyncio.get_running_loop().time() + seconds
        return await self.tokens.call(
            session,
            lambda token: self._send(request, model, bearer(token), (token,), ends_at=ends_at),
            may_concern_token=lambda error: may_concern_token(error, request),
            concerns_token=concerns_token,
            ends_at=ends_at,
        )

    async def _send(
        self,
        request: Request,
        model: type[T],
        authorization: str,
        secrets: tuple[str, ...],
        *,
        ends_at: float = math.inf,
    ) -> Salvaged[T]:
        headers = {"Authorization": authorization}
        secrets += request.secrets

        async def attempt(time_left: float) -> Salvaged[T]:
            started = time.perf_counter()
            try:
                value = await exchange(time_left)
            except NakamaError as error:
                self.exchanges.ended(request.method, request.path, started, status=0, error=error)
                raise
            self.exchanges.ended(request.method, request.path, started, status=200, error=None)
            return value

        async def exchange(time_left: float) -> Salvaged[T]:
            reply = await self._http.request(
                request.method,
                request.target,
                request.body,
                name=request.path,
                headers=headers,
                encoded=True,
                timeout=request.timeout,
                time_left=time_left,
                secrets=secrets,
            )
            return read(reply, model)

        return await self.retrying.call(request, attempt, ends_at=ends_at)

    def _key(self, name: Literal["server_key", "http_key"]) -> str:
        if name == "server_key":
            return self._server_key
        if self._http_key is None:
            raise ArgumentError("this call needs the client's http_key (runtime.http_key)")
        return self._http_key

    async def _refresh(self, token: str, variables: Mapping[str, str] | None) -> SessionReply:
        body: dict[str, object] = {"token": token}
        if variables:
            body["vars"] = dict(variables)
        request = Request(
            "POST",
            REFRESH_PATH,
            body=encode(body),
            is_idempotent=True,
            secrets=(token,),
        )
        return await self.call("server_key", request, SessionReply)

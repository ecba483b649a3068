"""Refreshes sessions in time: one refresh at a time for each, whoever waits for it."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any

from nakama_client import errors
from nakama_client.events.dispatcher import Dispatcher
from nakama_client.events.handlers import Handlers
from nakama_client.protocol.tokens import SessionReply, Tokens, from_login, from_refresh
from nakama_client.session import Session

_log = logging.getLogger("nakama_client.http")

# The refresh that the current task belongs to, if any. Tasks inherit it, so that a call which an
# `on_session_expired` handler makes with the expired session is found out instead of waiting for
# itself for ever.
_current_refresh: ContextVar[asyncio.Task[Any] | None] = ContextVar(
    "_current_refresh", default=None
)

RefreshCall = Callable[[str, Mapping[str, str] | None], Awaitable[SessionReply]]


class TokenRefresher:
    """Gives out tokens that are good, and refreshes them when little of their life is left.

    There is one refresh at a time for each session, however many calls wait for it. When one
    fails while the token still lives, the calls go on with the token they have.

    Attributes:
        on_refresh: The handlers of new tokens.
        on_expired: The handlers that log in again when a session can't be refreshed.
    """

    def __init__(
        self, refresh: RefreshCall, *, dispatcher: Dispatcher, clock: Callable[[], float]
    ) -> None:
        self.on_refresh: Handlers[Session] = Handlers()
        self.on_expired: Handlers[Session] = Handlers()
        self._dispatcher = dispatcher
        self._refresh = refresh
        self._clock = clock
        self._refreshes_in_flight: dict[Session, asyncio.Task[errors.NakamaError | None]] = {}

    def login(self, reply: SessionReply) -> Session:
        """The session for an authentication that was just answered.

        Raises:
            UnexpectedReply: The answer holds no session tokens.
        """
        try:
            session = Session(reply.token, reply.refresh_token, created=reply.created)
        except errors.ArgumentError as error:
            raise errors.UnexpectedReply(200, "a login without session tokens") from error
        session._replace_tokens(from_login(reply, now=self._clock()))
        return session

    async def token(self, session: Session) -> str:
        """A token that can be used now.

        Raises:
            SessionExpired: The session can't be refreshed any more.
            NakamaError: The token is dead and the refresh failed.
        """
        now = self._clock()
        tokens = session.tokens
        if not tokens.needs_refresh(now):
            return tokens.token
        if tokens.can_refresh(now) or tokens.is_expired(now):
            await self._refresh_in_time(session)
        return session.token

    async def renew(self, session: Session, *, refused: str) -> None:
        """Get a token in the place of one that the server does not accept.

        It does nothing when the session has another one by now.

        Raises:
            SessionExpired: The session can't be refreshed any more.
            NakamaError: The refresh failed.
        """
        if session.token == refused:
            await self._await_refresh(session, None)

    async def refresh(self, session: Session, variables: Mapping[str, str] | None) -> None:
        """Refresh now.

        Raises:
            SessionExpired: The server no longer accepts the refresh token.
            NakamaError: The call failed.
        """
        while variables and session in self._refreshes_in_flight:
            await asyncio.wait([self._refreshes_in_flight[session]])
        await self._await_refresh(session, variables)

    async def close(self) -> None:
        """Stop the refreshes under way."""
        refreshes = list(self._refreshes_in_flight.values())
        for refresh in refreshes:
            refresh.cancel()
        if refreshes:
            await asyncio.wait(refreshes)

    async def _refresh_in_time(self, session: Session) -> None:
        try:
            await self._await_refresh(session, None)
        except errors.NakamaError as error:
            if session.tokens.is_expired(self._clock()):
                raise
            _log.warning("refresh failed, the old token is used while it lives: %s", error)

    async def _await_refresh(self, session: Session, variables: Mapping[str, str] | None) -> None:
        refresh = self._refreshes_in_flight.get(session)
        if refresh is not None and refresh is _current_refresh.get():
            raise errors.SessionExpired("on_session_expired can't use the session that expired")
        if refresh is None:
            refresh = asyncio.create_task(
                self._refresh_now(session, variables), name="nakama_client refresh"
            )
            self._refreshes_in_flight[session] = refresh
            refresh.add_done_callback(lambda _: self._refreshes_in_flight.pop(session, None))
        # A caller that gives up must not take the refresh away from the others.
        await asyncio.wait([refresh])
        if refresh.cancelled():
            raise errors.ClientClosed("the client was closed during the refresh")
        failure = refresh.result()
        if failure is not None:
            raise failure

    async def _refresh_now(
        self, session: Session, variables: Mapping[str, str] | None
    ) -> errors.NakamaError | None:
        previous = session.tokens
        _current_refresh.set(asyncio.current_task())
        try:
            try:
                session._replace_tokens(await self._refreshed(previous, variables))
            except errors.SessionExpired as expired:
                session._replace_tokens(await self._logged_in_again(session, expired))
        except errors.NakamaError as error:
            return error
        if self.on_refresh.all and session.token != previous.token:
            self._dispatcher.post_always(self.on_refresh, session)
        return None

    async def _refreshed(self, previous: Tokens, variables: Mapping[str, str] | None) -> Tokens:
        if not previous.refresh_token:
            raise errors.SessionExpired("the session can't be refreshed: it has no refresh token")
        try:
            # Also when it seems dead: the server knows, and our clock may be wrong.
            reply = await self._refresh(previous.refresh_token, variables)
            return from_refresh(reply, previous, now=self._clock())
        except (errors.Unauthenticated, errors.NotFound) as error:
            raise errors.SessionExpired(f"the session can't be refreshed: {error}") from error
        except errors.ArgumentError as error:
            raise errors.UnexpectedReply(200, "a refresh without session tokens") from error

    async def _logged_in_again(self, session: Session, expired: errors.SessionExpired) -> Tokens:
        """The tokens of the first `on_session_expired` handler that has some."""
        for handler in self.on_expired.all:
            try:
                result = handler(session)
                if inspect.isawaitable(result):
                    result = await result
            except errors.NakamaError:
                raise
            except Exception as error:
                failed = f"{expired}; on_session_expired failed: {error!r}"
                raise errors.SessionExpired(failed) from error
            if isinstance(result, Session):
                return result.tokens
        raise expired

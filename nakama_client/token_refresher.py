"""Refreshes sessions in time: one refresh at a time for each, however many calls wait."""

from __future__ import annotations

import asyncio
import inspect
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any, TypeVar

from nakama_client import errors
from nakama_client.events.dispatcher import EventDispatcher
from nakama_client.events.handlers import Handlers
from nakama_client.events.tasks import drop_withdrawn_cancellation, is_functions_own, start
from nakama_client.protocol.tokens import SessionReply, Tokens, from_login, from_refresh
from nakama_client.redaction import hide_tokens
from nakama_client.session import Session

_log = logging.getLogger("nakama_client.http")

REFRESH_PATH = "/v2/account/session/refresh"

# The refresh that the current task belongs to, if any. Tasks inherit it, so that a call which an
# `on_session_expired` handler makes with the expired session is found out instead of waiting for
# itself for ever.
_current_refresh: ContextVar[asyncio.Task[Any] | None] = ContextVar(
    "_current_refresh", default=None
)

T = TypeVar("T")

_Key = tuple[Session, asyncio.AbstractEventLoop]

RefreshCall = Callable[[str, Mapping[str, str] | None], Awaitable[SessionReply]]


class TokenRefresher:
    """Gives valid tokens to calls, and refreshes them when little of their life is left.

    There is one refresh at a time for each session, however many calls wait for it. When one
    fails while the token still lives, the calls go on with the token they have.

    Args:
        refresh: Asks the server for new tokens.
        dispatcher: Calls the `on_refresh` handlers.
        clock: Returns the seconds since 1970.
        deadline: How many seconds a call without a deadline of its own waits for a token.

    Attributes:
        on_refresh: The handlers of new tokens.
        on_expired: The handlers that log in again when a session can't be refreshed.
    """

    def __init__(
        self,
        refresh: RefreshCall,
        *,
        dispatcher: EventDispatcher,
        clock: Callable[[], float],
        deadline: float,
    ) -> None:
        self.on_refresh: Handlers[Session] = Handlers()
        self.on_expired: Handlers[Session] = Handlers()
        self._dispatcher = dispatcher
        self._refresh = refresh
        self._clock = clock
        self._deadline = deadline
        # By the loop, too: a task of another loop can't be waited for.
        self._refreshes_in_flight: dict[_Key, asyncio.Task[errors.NakamaError | None]] = {}

    def login(self, path: str, reply: SessionReply) -> Session:
        """The session for an authentication that was just answered.

        Args:
            path: What was called, for the error.
            reply: The answer.

        Raises:
            UnexpectedReply: The answer holds no session tokens.
        """
        try:
            session = Session(reply.token, reply.refresh_token, created=reply.created)
        except errors.ArgumentError as error:
            raise _without_tokens(path, "a login") from error
        session._replace_tokens(from_login(reply, now=self._clock()))
        return session

    async def call(
        self,
        session: Session,
        send: Callable[[str], Awaitable[T]],
        *,
        may_concern_token: Callable[[errors.Unauthenticated], bool],
        concerns_token: Callable[[errors.Unauthenticated], bool],
        ends_at: float = math.inf,
    ) -> T:
        """Make a call with a valid token.

        When the server does not accept the token, the session is refreshed, unless another call did
        that meanwhile, and the call is repeated once. When the server refuses the refreshed token,
        too, the login itself has ended: `on_session_expired` is asked.

        Args:
            session: The player's session.
            send: Makes the call with a token.
            may_concern_token: Whether a new token may help after this first refusal.
            concerns_token: Whether a refusal after a refresh is certainly about the token.
            ends_at: Until when to wait for a token, by the loop's clock.

        Raises:
            SessionExpired: The session can't be refreshed, and nobody logged in again.
            TimeoutExceeded: There was no token in time.
            NakamaError: What the refresh or the call raised.
        """
        token = await self._token(session, ends_at)
        login = session.tokens.claims.tid
        try:
            return await send(token)
        except errors.Unauthenticated as error:
            if not may_concern_token(error):
                raise
            await self._replace(session, refused=token, by=self._refresh_or_login, ends_at=ends_at)
        token = session.token
        try:
            return await send(token)
        except errors.Unauthenticated as error:
            # A login has its id in all of its tokens. A new login whose token is refused is not
            # followed by yet another one.
            if session.tokens.claims.tid != login or not concerns_token(error):
                raise
            refusal = errors.SessionExpired(f"the server refuses a refreshed token: {error}")
            refusal.__cause__ = error

        async def log_in(session: Session) -> Tokens:
            return await self._logged_in_again(session, refusal)

        await self._replace(session, refused=token, by=log_in, ends_at=ends_at)
        return await send(session.token)

    async def refresh(self, session: Session, variables: Mapping[str, str] | None) -> None:
        """Refresh now.

        Raises:
            SessionExpired: The server no longer accepts the refresh token.
            TimeoutExceeded: There was no token in time.
            NakamaError: The call failed.
        """
        ends_at = asyncio.get_running_loop().time() + self._deadline

        async def refresh(session: Session) -> Tokens:
            return await self._refresh_or_login(session, variables)

        while variables and (other := self._refreshes_in_flight.get(_key(session))) is not None:
            await _wait(other, ends_at)
        await self._await_refresh(session, refresh, ends_at)

    async def close(self) -> None:
        """Stop the refreshes under way, except one whose own handler calls this."""
        own, here = _current_refresh.get(), asyncio.get_running_loop()
        refreshes = []
        for (_, loop), refresh in list(self._refreshes_in_flight.items()):
            if loop is not here:
                if loop.is_running():
                    loop.call_soon_threadsafe(refresh.cancel)
            elif refresh is not own:
                refreshes.append(refresh)
                refresh.cancel()
        if refreshes:
            await asyncio.wait(refreshes)

    async def _token(self, session: Session, ends_at: float) -> str:
        now = self._clock()
        tokens = session.tokens
        if not tokens.needs_refresh(now):
            return tokens.token
        if tokens.can_refresh(now) or tokens.is_expired(now):
            try:
                await self._await_refresh(session, self._refresh_or_login, ends_at)
            except errors.OtherUser:
                raise
            except errors.NakamaError as error:
                if session.tokens.is_expired(self._clock()):
                    raise
                _log.warning("refresh failed, the old token is used while it lives: %s", error)
        return session.token

    async def _replace(
        self,
        session: Session,
        *,
        refused: str,
        by: Callable[[Session], Awaitable[Tokens]],
        ends_at: float,
    ) -> None:
        """Replace a token that the server refuses, unless another call did that meanwhile."""
        if session.token == refused:
            await self._await_refresh(session, by, ends_at)

    async def _await_refresh(
        self, session: Session, renew: Callable[[Session], Awaitable[Tokens]], ends_at: float
    ) -> None:
        key = _key(session)
        refresh = self._refreshes_in_flight.get(key)
        if refresh is None:
            refresh = start(self._run_refresh(session, renew), name="nakama_client refresh")
            self._refreshes_in_flight[key] = refresh
            refresh.add_done_callback(lambda _: self._refreshes_in_flight.pop(key, None))
        ends_at = min(ends_at, asyncio.get_running_loop().time() + self._deadline)
        await _wait(refresh, ends_at)
        if refresh.cancelled():
            raise errors.ClientClosed("the client was closed during the refresh")
        failure = refresh.result()
        if failure is not None:
            raise failure

    async def _run_refresh(
        self, session: Session, renew: Callable[[Session], Awaitable[Tokens]]
    ) -> errors.NakamaError | None:
        previous = session.token
        _current_refresh.set(asyncio.current_task())
        try:
            tokens = await renew(session)
            _require_same_user(session, tokens)
        except errors.NakamaError as error:
            return error
        session._replace_tokens(tokens)
        if self.on_refresh.all and session.token != previous:
            self._dispatcher.post_always(self.on_refresh, session)
        return None

    async def _refresh_or_login(
        self, session: Session, variables: Mapping[str, str] | None = None
    ) -> Tokens:
        try:
            return await self._refreshed(session.tokens, variables)
        except errors.SessionExpired as expired:
            return await self._logged_in_again(session, expired)

    async def _refreshed(self, previous: Tokens, variables: Mapping[str, str] | None) -> Tokens:
        if not previous.refresh_token:
            raise errors.SessionExpired("the session can't be refreshed: it has no refresh token")
        try:
            # Also when it seems expired: the server knows, and our clock may be wrong.
            reply = await self._refresh(previous.refresh_token, variables)
            return from_refresh(reply, previous, now=self._clock())
        except (errors.Unauthenticated, errors.NotFound) as error:
            raise errors.SessionExpired(f"the session can't be refreshed: {error}") from error
        except errors.ArgumentError as error:
            raise _without_tokens(REFRESH_PATH, "a refresh") from error

    async def _logged_in_again(self, session: Session, expired: errors.SessionExpired) -> Tokens:
        """The tokens of the first `on_session_expired` handler that returns a session."""
        for handler in self.on_expired.all:
            try:
                result = handler(session)
                if inspect.isawaitable(result):
                    result = await result
            except BaseException as error:
                if not is_functions_own(error):
                    raise
                await drop_withdrawn_cancellation()
                if isinstance(error, errors.NakamaError):
                    raise
                failed = f"{expired}; on_session_expired failed: {hide_tokens(repr(error))}"
                raise errors.SessionExpired(failed) from error
            await drop_withdrawn_cancellation()
            if isinstance(result, Session):
                return result.tokens
            if result is not None:
                kind = type(result).__name__
                raise errors.SessionExpired(
                    f"{expired}; on_session_expired returned a {kind} in the place of a Session"
                )
        raise expired


def _without_tokens(path: str, what: str) -> errors.UnexpectedReply:
    """The error for an answer, without its body, which may hold a token."""
    error = errors.UnexpectedReply(200, "", f"{what} without session tokens")
    error._note_call("POST", path, 1)
    return error


def _key(session: Session) -> _Key:
    return session, asyncio.get_running_loop()


async def _wait(refresh: asyncio.Task[Any], ends_at: float) -> None:
    """Wait for a refresh. When one caller gives up, the refresh continues for the others.

    Raises:
        SessionExpired: The refresh waits for the `on_session_expired` handler that waits here.
        TimeoutExceeded: It takes too long.
    """
    if refresh is _current_refresh.get():
        raise errors.SessionExpired("on_session_expired can't use the session that expired")
    seconds = max(0.0, ends_at - asyncio.get_running_loop().time())
    done, _ = await asyncio.wait([refresh], timeout=seconds)
    if not done:
        what = "neither the server nor on_session_expired has given a new token"
        raise errors.TimeoutExceeded(f"{what} in time; {seconds:.3g} s were left for it")


def _require_same_user(session: Session, tokens: Tokens) -> None:
    """Raise `OtherUser` for tokens of somebody else: calls, sockets and cursors are this user's."""
    if tokens.claims.uid != session.user_id:
        raise errors.OtherUser(
            f"the session of {session.user_id!r} was renewed with one of {tokens.claims.uid!r}: "
            "on_session_expired must log in the same user, and a refresh must return them; "
            "the session stays as it was"
        )

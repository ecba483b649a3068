"""A player's login, and keeping it fresh."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Self

import msgspec

from nakama_client import errors
from nakama_client.dispatch import Dispatcher
from nakama_client.handlers import Handlers
from nakama_client.protocol.tokens import SessionReply, Tokens, from_login, from_refresh, restore

_log = logging.getLogger("nakama_client.http")

# The refresh that runs us, if one does; the tasks of an `on_session_expired` handler know it, too.
_inside: ContextVar[asyncio.Task[Any] | None] = ContextVar("_inside", default=None)

RefreshCall = Callable[[str, Mapping[str, str] | None], Awaitable[SessionReply]]


class _Saved(msgspec.Struct):
    token: str
    refresh_token: str | None = ""
    created: bool = False
    issued_at: float | None = None
    clock_offset: float = 0.0


class Session:
    """One login of one player.

    It holds one frozen value, its tokens, which a refresh replaces as a whole: every task, socket
    and client that has this session sees the new ones at once, and nobody can be left with an old
    token. It is passed to each call; the client keeps none.

    Tokens never show in its repr.

    Args:
        token: The session token, as `to_dict` gave it.
        refresh_token: The refresh token, "" when there is none.
        created: Whether this login created the account.

    Raises:
        ArgumentError: These are no tokens.
    """

    __slots__ = ("__weakref__", "_created", "_tokens")

    def __init__(self, token: str, refresh_token: str = "", *, created: bool = False) -> None:
        self._tokens = restore(token, refresh_token)
        self._created = created

    def __repr__(self) -> str:
        return f"<Session {self.username!r} {self.user_id} until {self.expires_at.isoformat()}>"

    @property
    def tokens(self) -> Tokens:
        """What the server gave us last."""
        return self._tokens

    @property
    def token(self) -> str:
        """The session token."""
        return self._tokens.token

    @property
    def refresh_token(self) -> str:
        """The refresh token, "" when there is none."""
        return self._tokens.refresh_token

    @property
    def created(self) -> bool:
        """Whether this login created the account."""
        return self._created

    @property
    def user_id(self) -> str:
        """The user's id."""
        return self._tokens.claims.uid

    @property
    def username(self) -> str:
        """The user's name at the time of the login."""
        return self._tokens.claims.usn

    @property
    def vars(self) -> dict[str, str]:
        """The session's variables."""
        return dict(self._tokens.claims.vrs)

    @property
    def expires_at(self) -> datetime:
        """When the session token dies, by the server's clock."""
        return datetime.fromtimestamp(self._tokens.claims.exp, UTC)

    @property
    def refresh_expires_at(self) -> datetime | None:
        """When the refresh token dies, by the server's clock."""
        if not self._tokens.refresh_token:
            return None
        return datetime.fromtimestamp(self._tokens.refresh_expires_at, UTC)

    def is_expired(self, now: float | None = None) -> bool:
        """Whether the session token is dead.

        Args:
            now: Seconds since 1970; the present when None.
        """
        return self._tokens.is_expired(time.time() if now is None else now)

    def to_dict(self) -> dict[str, Any]:
        """What to save, in order to go on with `from_dict` later. It holds the tokens."""
        return {
            "token": self.token,
            "refresh_token": self.refresh_token,
            "created": self.created,
            "issued_at": self._tokens.issued_at,
            "clock_offset": self._tokens.clock_offset,
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Go on with what `to_dict` gave.

        Raises:
            ArgumentError: It holds no tokens.
        """
        try:
            known = msgspec.convert(saved, _Saved)
        except msgspec.ValidationError as error:
            raise errors.ArgumentError(f"this is no saved session: {error}") from None
        session = cls(known.token, known.refresh_token or "", created=known.created)
        session.replace_tokens(
            restore(
                known.token,
                session.refresh_token,
                issued_at=known.issued_at,
                clock_offset=known.clock_offset,
            )
        )
        return session

    def replace_tokens(self, tokens: Tokens) -> None:
        """Put the tokens of a refresh in the place of the old ones; the client calls this."""
        self._tokens = tokens


class SessionKeeper:
    """Gives out tokens that are good, and refreshes them when little of their life is left.

    There is one refresh at a time for each session, however many calls wait for it. When one
    fails while the token still lives, the calls go on with the token they have.

    Attributes:
        on_refresh: Who wants to know of new tokens.
        on_expired: Who can log in again when a session can't be refreshed.
    """

    def __init__(
        self, refresh: RefreshCall, *, dispatcher: Dispatcher, clock: Callable[[], float]
    ) -> None:
        self.on_refresh: Handlers[Session] = Handlers()
        self.on_expired: Handlers[Session] = Handlers()
        self._dispatcher = dispatcher
        self._refresh = refresh
        self._clock = clock
        self._flights: dict[Session, asyncio.Task[errors.NakamaError | None]] = {}

    def login(self, reply: SessionReply) -> Session:
        """The session for an authentication that was just answered.

        Raises:
            UnexpectedReply: The answer holds no session tokens.
        """
        try:
            session = Session(reply.token, reply.refresh_token, created=reply.created)
        except errors.ArgumentError as error:
            raise errors.UnexpectedReply(200, "a login without session tokens") from error
        session.replace_tokens(from_login(reply, now=self._clock()))
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
            await self._join_flight(session, None)

    async def refresh(self, session: Session, variables: Mapping[str, str] | None) -> None:
        """Refresh now.

        Raises:
            SessionExpired: The server no longer accepts the refresh token.
            NakamaError: The call failed.
        """
        while variables and session in self._flights:
            await asyncio.wait([self._flights[session]])
        await self._join_flight(session, variables)

    async def close(self) -> None:
        """Stop the refreshes under way."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        if flights:
            await asyncio.wait(flights)

    async def _refresh_in_time(self, session: Session) -> None:
        try:
            await self._join_flight(session, None)
        except errors.NakamaError as error:
            if session.tokens.is_expired(self._clock()):
                raise
            _log.warning("refresh failed, the old token is used while it lives: %s", error)

    async def _join_flight(self, session: Session, variables: Mapping[str, str] | None) -> None:
        flight = self._flights.get(session)
        if flight is not None and flight is _inside.get():
            raise errors.SessionExpired("on_session_expired can't use the session that expired")
        if flight is None:
            flight = asyncio.create_task(
                self._fly(session, variables), name="nakama_client refresh"
            )
            self._flights[session] = flight
            flight.add_done_callback(lambda _: self._flights.pop(session, None))
        # A caller that gives up must not take the refresh away from the others.
        await asyncio.wait([flight])
        if flight.cancelled():
            raise errors.ClientClosed("the client was closed during the refresh")
        failure = flight.result()
        if failure is not None:
            raise failure

    async def _fly(
        self, session: Session, variables: Mapping[str, str] | None
    ) -> errors.NakamaError | None:
        previous = session.tokens
        _inside.set(asyncio.current_task())
        try:
            try:
                session.replace_tokens(await self._refreshed(previous, variables))
            except errors.SessionExpired as expired:
                session.replace_tokens(await self._logged_in_again(session, expired))
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

"""Refresh and end sessions: https://heroiclabs.com/docs/nakama/concepts/session/."""
# ruff: noqa: A002 - the arguments have Nakama's own names

from __future__ import annotations

from collections.abc import Mapping

from nakama_client.errors import InvalidArgument
from nakama_client.events.handlers import Function, Handler
from nakama_client.features.base import ClientFeature
from nakama_client.protocol.codec import encode
from nakama_client.protocol.replies import Empty
from nakama_client.protocol.requests import Request, secrets_in
from nakama_client.protocol.rules import check_vars
from nakama_client.session import Session, check_session


class SessionsApi(ClientFeature):
    """Refresh, logout, and handlers for both ends of a session."""

    async def refresh_session(
        self, session: Session, *, vars: Mapping[str, str] | None = None
    ) -> Session:
        """Refresh a session now. Calls refresh their session by themselves when it is time.

        Args:
            session: The session; it gets the new tokens, and the same object is returned.
            vars: New variables, which replace all old ones; None keeps those.

        Raises:
            SessionExpired: The refresh token has expired, was logged out, or is missing, or the
                account was deleted.
            ApiError: The server refused for another reason.
        """
        check_session(session)
        await self._api.tokens.refresh(session, None if vars is None else check_vars(vars))
        return session

    async def logout(self, session: Session) -> None:
        """End a session: all tokens of this login become invalid. Open sockets stay open.

        Raises:
            ApiError: The server refused.
        """
        check_session(session)
        sent = session.token
        try:
            await self._log_out(session)
        except InvalidArgument:
            # The call has refreshed the session first: the token in its body was the old one.
            if session.token == sent:
                raise
            await self._log_out(session)

    async def _log_out(self, session: Session) -> None:
        tokens = {"token": session.token, "refresh_token": session.refresh_token}
        request = Request(
            "POST", "/v2/session/logout", body=encode(tokens), secrets=secrets_in(tokens)
        )
        await self._api.call(session, request, Empty)

    def on_session_refresh(self, function: Function[Session]) -> Handler[Session]:
        """Call a function each time a session gets new tokens, for instance to save them.

        Use it as a decorator or call it; the function may be async. It runs in a task of its own,
        and no call waits for it. When it raises, the error is logged.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        return self._api.tokens.on_refresh.add(function)

    def on_session_expired(self, function: Function[Session]) -> Handler[Session]:
        """Call a function when a session can't be refreshed, so that it may log in again.

        The function gets the session and returns a new one from `authenticate_…`, or None. The old
        session gets the new tokens, and the call that needed them continues. The function is called
        once for all calls that wait for it; when it raises, they raise `SessionExpired`, or its own
        error when that is a `NakamaError`. A session of another account raises `OtherUser`; that is
        also what the same device gets once the server has lost its data.

        Use it as a decorator or call it; the function may be async. With several functions, the
        first one that returns a session counts. It can't use the expired session for calls.

        Returns:
            The handler; its `remove()` stops the calls.
        """
        return self._api.tokens.on_expired.add(function)

"""Refresh and end sessions: https://heroiclabs.com/docs/nakama/concepts/session/."""
# ruff: noqa: A002 - the arguments have Nakama's own names

from __future__ import annotations

from collections.abc import Mapping

from nakama_client.events.handlers import Function, Handler
from nakama_client.features.base import ClientFeature
from nakama_client.protocol.codec import encode
from nakama_client.protocol.replies import Empty
from nakama_client.protocol.requests import Request
from nakama_client.session import Session


class SessionsApi(ClientFeature):
    """Refresh, logout, and word of each refresh."""

    async def refresh_session(
        self, session: Session, *, vars: Mapping[str, str] | None = None
    ) -> Session:
        """Refresh a session now. ApiClient do this by themselves when it is time.

        Args:
            session: Gets the new tokens; it is the same object that is returned.
            vars: New variables in the place of all old ones; None keeps them.

        Raises:
            SessionExpired: The refresh token is dead, was logged out, or is missing, or the
                account is gone.
            ApiError: The server refused for another reason.
        """
        await self._api.tokens.refresh(session, vars)
        return session

    async def logout(self, session: Session) -> None:
        """End a session: all tokens of this login die. Open sockets stay open.

        Raises:
            ApiError: The server refused.
        """
        body = encode({"token": session.token, "refresh_token": session.refresh_token})
        request = Request("POST", "/v2/session/logout", body=body)
        await self._api.call(session, request, Empty)

    def on_session_refresh(self, function: Function[Session]) -> Handler[Session]:
        """Call a function whenever a session got new tokens, for instance to save them.

        Use it as a decorator or call it; the function may be async. It runs in a task of its own
        and no call waits for it. Its failure is logged.

        Returns:
            An object whose `remove()` ends it.
        """
        return self._api.tokens.on_refresh.add(function)

    def on_session_expired(self, function: Function[Session]) -> Handler[Session]:
        """Call a function when a session can't be refreshed, so that it may log in again.

        The function gets the session and returns a new one from `authenticate_…`, or None. Its
        tokens go into the old session, and the call that needed them goes on. It is asked once for
        each such call, and all calls that wait share its answer; what it raises, the calls raise.
        When the new login is of another account, the session is that account's from then on.

        Use it as a decorator or call it; the function may be async. With several, the first that
        returns a session counts. It can't use the expired session for calls of its own.

        Returns:
            An object whose `remove()` ends it.
        """
        return self._api.tokens.on_expired.add(function)

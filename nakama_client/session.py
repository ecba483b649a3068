"""One login of one player: its tokens, and what they claim."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Self

import msgspec

from nakama_client import errors
from nakama_client.protocol.tokens import Tokens, restore


class _SavedSession(msgspec.Struct):
    token: str
    refresh_token: str | None = ""
    created: bool = False
    issued_at: float | None = None
    clock_offset: float = 0.0


class Session:
    """One login of one player.

    A refresh replaces its tokens as a whole, so that every task, socket and client with this
    session has the new ones at once. It is passed to each call; the client keeps none.

    Tokens never show in its repr.

    Args:
        token: The session token, as `to_dict` gave it.
        refresh_token: The refresh token, "" when there is none.
        created: Whether this login created the account.

    Raises:
        ArgumentError: One of them is no JSON web token.
    """

    __slots__ = ("__weakref__", "_created", "_tokens")

    def __init__(self, token: str, refresh_token: str = "", *, created: bool = False) -> None:
        self._tokens = restore(token, refresh_token)
        self._created = created

    def __repr__(self) -> str:
        return f"<Session {self.username!r} {self.user_id} until {self.expires_at.isoformat()}>"

    @property
    def tokens(self) -> Tokens:
        """The tokens of the last login or refresh."""
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
        """When the session token expires, by the server's clock, in the years 1 to 9999."""
        return _moment(self._tokens.claims.exp)

    @property
    def refresh_expires_at(self) -> datetime | None:
        """When the refresh token expires, by the server's clock; None when there is none."""
        if not self._tokens.refresh_token:
            return None
        return _moment(self._tokens.refresh_expires_at)

    def is_expired(self, now: float | None = None) -> bool:
        """Whether the session token has expired.

        Args:
            now: Seconds since 1970; the present when None.

        Raises:
            ArgumentError: `now` is no number.
        """
        if now is not None and (isinstance(now, bool) or not isinstance(now, int | float)):
            raise errors.ArgumentError(
                f"now must be a number of seconds since 1970, not {type(now).__name__}"
            )
        return self._tokens.is_expired(time.time() if now is None else now)

    def to_dict(self) -> dict[str, Any]:
        """The session as a dict for JSON and `from_dict`. It holds the tokens: keep it secret."""
        return {
            "token": self.token,
            "refresh_token": self.refresh_token,
            "created": self.created,
            "issued_at": self._tokens.issued_at,
            "clock_offset": self._tokens.clock_offset,
        }

    @classmethod
    def from_dict(cls, saved: Mapping[str, Any]) -> Self:
        """Restore a session from what `to_dict` returned.

        Raises:
            ArgumentError: The dict holds no tokens, or something else is given.
        """
        try:
            known = msgspec.convert(saved, _SavedSession)
        except (msgspec.ValidationError, UnicodeEncodeError) as error:
            raise errors.ArgumentError(f"this is no saved session: {error}") from None
        session = cls(known.token, known.refresh_token or "", created=known.created)
        session._replace_tokens(
            restore(
                known.token,
                session.refresh_token,
                issued_at=known.issued_at,
                clock_offset=known.clock_offset,
            )
        )
        return session

    def _replace_tokens(self, tokens: Tokens) -> None:
        """Take the tokens of a refresh or of a new login; only the SDK calls this."""
        self._tokens = tokens


def check_session(session: object) -> None:
    """Refuse anything but a session, for instance a token.

    Raises:
        ArgumentError: It is something else; the text does not repeat it.
    """
    if not isinstance(session, Session):
        raise errors.ArgumentError(f"session must be a Session, not {type(session).__name__}")


def _moment(seconds: float) -> datetime:
    """A time that a token claims; outside of the years 1 to 9999, their first or last moment."""
    earliest = datetime.min.replace(tzinfo=UTC).timestamp()
    latest = datetime.max.replace(microsecond=0, tzinfo=UTC).timestamp()
    return datetime.fromtimestamp(min(max(seconds, earliest), latest), UTC)

"""Session tokens: what they claim, and when to refresh them."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from contextlib import suppress

import msgspec
from attrs import field, frozen

from nakama_client.errors import ArgumentError
from nakama_client.protocol.codec import DECODE_ERRORS, decode

# A token is refreshed when less than this share of its life is left. A fixed leeway, as in the
# official clients, is longer than the whole life of Nakama's default tokens (60 seconds).
REFRESH_SHARE = 0.2

# Two right clocks may differ by this many seconds.
_CLOCK_TOLERANCE = 2.0

_JWT = re.compile(r"[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]*")


class SessionReply(msgspec.Struct, frozen=True):
    """The server's answer to an authentication or a refresh."""

    created: bool = False
    token: str = ""
    refresh_token: str = ""

    def __repr__(self) -> str:
        return f"<SessionReply created={self.created}>"


class Claims(msgspec.Struct, frozen=True):
    """What a token says; the signature is the server's business.

    Attributes:
        tid: The id of the login, the same in all tokens that come from it.
        uid: The user's id.
        usn: The user's name.
        vrs: The session's variables.
        exp: When the token expires, in seconds since 1970.
        iat: When the user logged in; a refresh does not change it.
    """

    tid: str = ""
    uid: str = ""
    usn: str = ""
    vrs: dict[str, str] = {}
    exp: int = 0
    iat: int = 0


def read_claims(token: object) -> Claims:
    """Read a token's claims.

    Raises:
        ArgumentError: This is no JSON web token. The text is not repeated.
    """
    match = _JWT.fullmatch(token) if isinstance(token, str) else None
    if match is not None:
        payload = match[1].encode()
        with suppress(*DECODE_ERRORS):  # their errors hold what stands in the token
            return decode(urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)), Claims)
    raise ArgumentError("a session token must be a JSON web token")


@frozen
class Tokens:
    """What the server gave us for one login, or for its latest refresh.

    Attributes:
        token: The session token.
        refresh_token: The refresh token, "" when there is none.
        claims: What the session token says.
        refresh_expires_at: When the refresh token expires, in seconds since 1970.
        issued_at: When the session token was made, by the server's clock.
        clock_offset: How many seconds the server's clock is ahead of ours.
    """

    token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    claims: Claims
    refresh_expires_at: float
    issued_at: float
    clock_offset: float = 0.0

    def is_expired(self, now: float) -> bool:
        """Whether the session token has expired."""
        return now + self.clock_offset >= self.claims.exp

    def can_refresh(self, now: float) -> bool:
        """Whether there is a refresh token that has not expired."""
        return bool(self.refresh_token) and now + self.clock_offset < self.refresh_expires_at

    def needs_refresh(self, now: float) -> bool:
        """Whether less than a share of the session token's own life is left."""
        life = self.claims.exp - self.issued_at
        return self.claims.exp - (now + self.clock_offset) < life * REFRESH_SHARE


def restore(
    token: str, refresh_token: str, *, issued_at: float | None = None, clock_offset: float = 0.0
) -> Tokens:
    """Tokens from an earlier process; without `issued_at` they may be as old as the login."""
    claims = read_claims(token)
    return Tokens(
        token,
        refresh_token,
        claims,
        refresh_expires_at=read_claims(refresh_token).exp if refresh_token else 0,
        issued_at=claims.iat if issued_at is None else issued_at,
        clock_offset=clock_offset,
    )


def from_login(reply: SessionReply, *, now: float) -> Tokens:
    """The tokens of a login that was just answered: `iat` is the server's time."""
    offset = _clock_offset(read_claims(reply.token).iat, now)
    return restore(reply.token, reply.refresh_token, issued_at=now + offset, clock_offset=offset)


def from_refresh(reply: SessionReply, previous: Tokens, *, now: float) -> Tokens:
    """The tokens of a refresh that was just answered: `iat` is still that of the login.

    When the new token seems expired, or to last longer than the one before, one of the clocks was
    set meanwhile, or the session comes from a device with another clock.
    """
    offset, life = previous.clock_offset, previous.claims.exp - previous.issued_at
    expires_at = read_claims(reply.token).exp
    if not 0 < expires_at - (now + offset) <= life + _CLOCK_TOLERANCE:
        offset = expires_at - life - now
    return restore(
        reply.token,
        reply.refresh_token or previous.refresh_token,
        issued_at=now + offset,
        clock_offset=offset,
    )


def _clock_offset(iat: int, now: float) -> float:
    # iat is cut to whole seconds, and the answer was on its way for a while.
    if not iat or 0 <= now - iat < _CLOCK_TOLERANCE:
        return 0.0
    return iat + 1 - now

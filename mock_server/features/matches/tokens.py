"""Match tokens: whoever has one may join its match."""

from __future__ import annotations

from mock_server import jws
from server_kit import Clock


class MatchTokens:
    """Signs and reads match tokens.

    Args:
        key: The `session.encryption_key`.
        clock: The server's time.
    """

    def __init__(self, key: str, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def sign(self, match_id: str, lifetime: int) -> str:
        """Make a token.

        Args:
            match_id: The match.
            lifetime: How many seconds it is good for.
        """
        return jws.sign({"exp": int(self._clock.time()) + lifetime, "mid": match_id}, self._key)

    def read(self, token: str) -> str | None:
        """The match id in a token; None when it is none of ours, has expired or names no match.

        The original crashes on a token without `mid`, as every session token is.
        """
        claims = jws.verify(token, self._key)
        if claims is None:
            return None
        match_id, expiry = claims.get("mid"), claims.get("exp")
        if isinstance(expiry, int | float) and self._clock.time() >= expiry:
            return None
        return match_id if isinstance(match_id, str) else None

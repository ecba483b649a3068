"""Match tokens: whoever has one may join its match."""

from __future__ import annotations

from typing import Any

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
        match_id, now = claims.get("mid"), self._clock.time()
        if not isinstance(match_id, str) or not _are_dates(claims) or not _is_current(claims, now):
            return None
        return match_id


def _are_dates(claims: dict[str, Any]) -> bool:
    """Whether each bound that is there is a number; 0 is no bound."""
    bounds = [claims[name] for name in ("exp", "nbf") if name in claims]
    return all(isinstance(each, int | float) and not isinstance(each, bool) for each in bounds)


def _is_current(claims: dict[str, Any], now: float) -> bool:
    return not claims.get("nbf", 0) > now and (not claims.get("exp") or now < claims["exp"])

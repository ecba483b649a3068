"""Signed JSON: HS256 and nothing else, with keys of any length, as Nakama takes them."""

from __future__ import annotations

import json
from typing import Any

from jwt import PyJWS, PyJWTError
from jwt.algorithms import HMACAlgorithm


class _AnyKey(HMACAlgorithm):
    """HMAC without a minimum key length: Nakama's own default keys are below PyJWT's."""

    def check_key_length(self, key: bytes) -> None:
        return None


_jws = PyJWS(algorithms=[])
_jws.register_algorithm("HS256", _AnyKey(HMACAlgorithm.SHA256))


def sign(claims: dict[str, Any], key: str | bytes) -> str:
    """Return the token of these claims, in their order."""
    return _jws.encode(json.dumps(claims, separators=(",", ":")).encode(), key, algorithm="HS256")


def verify(token: str, key: str) -> dict[str, Any] | None:
    """Return the claims of a token; None for another key or algorithm, or no token at all."""
    try:
        claims = json.loads(_jws.decode(token, key, algorithms=["HS256"]))
    except (PyJWTError, ValueError, RecursionError):  # the last one for deep nesting
        return None
    return claims if isinstance(claims, dict) else None

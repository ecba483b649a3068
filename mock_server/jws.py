"""Signed JSON: HS256 and nothing else, with keys of any length, as Nakama takes them."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jwt import PyJWS

_COMPACT = re.compile(r"[\w-]+\.[\w-]*\.[\w-]*", re.ASCII)  # PyJWT takes padding, and skips more


@cache
def _jws() -> PyJWS:
    """PyJWT's signatures. It brings all of cryptography: no start of a server waits for that."""
    from jwt import PyJWS
    from jwt.algorithms import HMACAlgorithm

    class AnyKey(HMACAlgorithm):
        """HMAC without a minimum key length: Nakama's own default keys are below PyJWT's."""

        def check_key_length(self, key: bytes) -> None:
            return None

    made = PyJWS(algorithms=[])
    made.register_algorithm("HS256", AnyKey(HMACAlgorithm.SHA256))
    return made


def sign(claims: dict[str, Any], key: str | bytes) -> str:
    """Return the token of these claims, in their order."""
    return _jws().encode(json.dumps(claims, separators=(",", ":")).encode(), key, algorithm="HS256")


def verify(token: str, key: str) -> dict[str, Any] | None:
    """Return the claims of a token; None for another key or algorithm, or no token at all."""
    from jwt import PyJWTError

    if not _COMPACT.fullmatch(token):
        return None
    try:
        claims = json.loads(_jws().decode(token, key, algorithms=["HS256"]))
    except (PyJWTError, ValueError, RecursionError):  # the last one for deep nesting
        return None
    return claims if isinstance(claims, dict) else None

"""The JWTs that a session is made of (WIRE: HS256, claims in Nakama's order)."""

from __future__ import annotations

import uuid
from functools import lru_cache
from typing import Any

from mock_server.identity import SYSTEM_USER, Identity
from mock_server.jws import sign, verify
from mock_server.wire.output import omit_empty
from mock_server.wire.uuids import parse_uuid


def encode_token(identity: Identity, key: str) -> str:
    """Sign the claims of a session or refresh token."""
    claims = omit_empty(
        {
            "tid": identity.token_id,
            "uid": identity.user_id,
            "usn": identity.username,
            "vrs": dict(sorted(identity.vars.items())),
            "exp": identity.expiry,
            "iat": identity.issued_at,
        }
    )
    return sign(claims, key)


def decode_token(token: str, key: str, now: float) -> Identity | None:
    """Return who a token stands for, or None for a bad signature, claim or expiry.

    As in Nakama, a signed token whose `uid` is missing or malformed is the system user.
    """
    try:
        identity, expiry = _verified(token, key)
    except _BadToken:
        return None
    return identity if now < expiry else None


# A client sends the same token with each request. Only signed ones are kept, which no stranger can
# make, and their expiry is looked at each time.
@lru_cache(maxsize=16_384)
def _verified(token: str, key: str) -> tuple[Identity, int]:
    claims = verify(token, key)
    if claims is None or not _are_well_formed(claims):
        raise _BadToken
    expiry = claims.get("exp") or 0
    user_id = parse_uuid(claims.get("uid") or "")
    if user_id is None:
        return Identity(SYSTEM_USER, ""), expiry
    identity = Identity(
        user_id=user_id,
        username=claims.get("usn") or "",
        vars=claims.get("vrs") or {},
        expiry=expiry,
        token_id=claims.get("tid") or "",
        issued_at=claims.get("iat") or 0,
    )
    return identity, expiry


class _BadToken(Exception):
    """A token that says nothing of anybody."""


def new_token_id() -> str:
    """A fresh `tid`, shared by a session token and its refresh token."""
    return str(uuid.uuid4())


def _are_well_formed(claims: dict[str, Any]) -> bool:
    """Tell whether Go could read the claims: each absent, null or of its own type."""
    texts = [claims.get(name) for name in ("tid", "uid", "usn")]
    variables = {} if claims.get("vrs") is None else claims["vrs"]
    numbers = [claims.get(name) for name in ("exp", "iat")]
    return (
        all(text is None or isinstance(text, str) for text in texts)
        and isinstance(variables, dict)
        and all(isinstance(value, str) for value in variables.values())
        and all(number is None or type(number) is int for number in numbers)
    )

"""The JWTs that a session is made of (WIRE: HS256, claims in Nakama's order)."""

from __future__ import annotations

import uuid
from typing import Any

from mock_server.identity import SYSTEM_USER, Identity
from mock_server.jws import sign, verify
from mock_server.wire.uuids import parse_uuid


def encode_token(identity: Identity, key: str) -> str:
    """Sign the claims of a session or refresh token."""
    claims: dict[str, Any] = {
        "tid": identity.token_id,
        "uid": identity.user_id,
        "usn": identity.username,
    }
    if identity.vars:
        claims["vrs"] = dict(sorted(identity.vars.items()))
    claims["exp"] = identity.expiry
    claims["iat"] = identity.issued_at
    return sign(claims, key)


def decode_token(token: str, key: str, now: float) -> Identity | None:
    """Return who a token stands for, or None for a bad signature, algorithm or expiry.

    As in Nakama, a signed token whose `uid` is missing or malformed is the system user.
    """
    claims = verify(token, key)
    if claims is None:
        return None
    expiry = claims.get("exp")
    if not isinstance(expiry, int | float) or isinstance(expiry, bool) or now >= int(expiry):
        return None
    return Identity(
        user_id=parse_uuid(_text(claims.get("uid"))) or SYSTEM_USER,
        username=_text(claims.get("usn")),
        vars=_variables(claims.get("vrs")),
        expiry=int(expiry),
        token_id=_text(claims.get("tid")),
        issued_at=int(claims["iat"]) if isinstance(claims.get("iat"), int | float) else 0,
    )


def new_token_id() -> str:
    """A fresh `tid`, shared by a session token and its refresh token."""
    return str(uuid.uuid4())


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _variables(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {str(key): str(item) for key, item in value.items()}

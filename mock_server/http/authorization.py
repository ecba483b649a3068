"""Reads the Authorization header."""

from __future__ import annotations

import base64
import secrets


def basic_auth(authorization: str) -> tuple[str, str] | None:
    """User and password of a `Basic` Authorization header, or None where it is malformed."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme != "Basic":
        return None
    try:
        text = base64.b64decode(encoded, validate=True).decode(errors="surrogateescape")
    except ValueError:  # no base64, no ASCII
        return None
    user, colon, password = text.partition(":")
    return (user, password) if colon else None


def bearer_token(authorization: str) -> str | None:
    """The token of a `Bearer` Authorization header, or None where it is malformed."""
    prefix = "Bearer "
    return authorization[len(prefix) :] if authorization.startswith(prefix) else None


def same_secret(given: str, expected: str) -> bool:
    """Compare keys in constant time."""
    return secrets.compare_digest(given.encode(errors="surrogatepass"), expected.encode())

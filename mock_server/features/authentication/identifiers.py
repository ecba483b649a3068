"""Checks device ids, custom ids, addresses and passwords as Nakama does."""

from __future__ import annotations

import re

import bcrypt

from mock_server.wire.errors import GrpcCode, GrpcError

BAD_CHARACTERS = re.compile(r"[\x00-\x20\x7f]")
EMAIL = re.compile(r"^.+@.+\..+$")

# A test server hashes many passwords; strength is the real server's business.
_BCRYPT_ROUNDS = 4
_BCRYPT_LIMIT = 72


def refuse(message: str) -> GrpcError:
    """An INVALID_ARGUMENT error, to be raised."""
    return GrpcError(GrpcCode.INVALID_ARGUMENT, message)


def check_device_id(device_id: str) -> None:
    """Refuse a device id that is missing, has white space, or is not 10 to 128 bytes long.

    Raises:
        GrpcError: With Nakama's text.
    """
    if not device_id:
        raise refuse("Device ID is required.")
    if BAD_CHARACTERS.search(device_id):
        raise refuse("Device ID invalid, no spaces or control characters allowed.")
    if not 10 <= len(device_id.encode()) <= 128:
        raise refuse("Device ID invalid, must be 10-128 bytes.")


def check_email(email: str) -> None:
    """Refuse an address with white space, no address at all, or not 10 to 255 bytes long.

    Raises:
        GrpcError: With Nakama's text.
    """
    if BAD_CHARACTERS.search(email):
        raise refuse("Invalid email address, no spaces or control characters allowed.")
    if not EMAIL.match(email):
        raise refuse("Invalid email address format.")
    if not 10 <= len(email.encode()) <= 255:
        raise refuse("Invalid email address, must be 10-255 bytes.")


def check_password(password: str) -> None:
    """Refuse a password under 8 bytes.

    Raises:
        GrpcError: With Nakama's text.
    """
    if len(password.encode()) < 8:
        raise refuse("Password must be at least 8 characters long.")


def hash_password(password: str) -> bytes | None:
    """Hash a password; None where bcrypt takes no more than 72 bytes."""
    encoded = password.encode()
    if len(encoded) > _BCRYPT_LIMIT:
        return None
    return bcrypt.hashpw(encoded, bcrypt.gensalt(_BCRYPT_ROUNDS))


def matches_password(password: str, hashed: bytes | None) -> bool:
    """Tell whether a password is the one that was hashed."""
    if hashed is None:
        return False
    return bcrypt.checkpw(password.encode()[:_BCRYPT_LIMIT], hashed)

"""Addresses of databases, as Nakama's `database.address` has them."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from attrs import field, frozen

_FORM = (
    "expected user:password@host:port/database, in which special characters of user and password "
    "are written as %XX"
)


@frozen
class Address:
    """Where a database is.

    Attributes:
        url: All of it, for the driver; it may hold a password.
        title: What may be said of it: user, database, host and port.
    """

    url: str = field(repr=False)
    title: str


def read_address(text: str) -> Address:
    """Read an address, with or without `postgresql://`; what it leaves out is as in Nakama.

    Raises:
        ValueError: It is none. The message does not repeat it, since it may hold a password.
    """
    is_url = text.startswith(("postgresql://", "postgres://"))
    try:
        split = urlsplit(text if is_url else f"postgres://{text}")
        host, port = split.hostname or "localhost", split.port or 5432
    except ValueError:
        raise ValueError(_FORM) from None
    user = split.username or "root"
    path = split.path or "/nakama"
    if not split.username:
        split = split._replace(netloc=f"root@{split.netloc.rpartition('@')[2]}")
    url = urlunsplit(split._replace(path=path))
    return Address(url, f"`user={user} database={path[1:]}` at {host}:{port}")

"""What goes over HTTP."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote, urlencode

import msgspec

from nakama_client.errors import ArgumentError
from nakama_client.protocol.rules import check_text, check_type

QueryPairs = Sequence[tuple[str, str]]

# Nakama answers 431 when request line and headers have more than 5120 + 4096 bytes, and the
# usual proxies refuse a line of 8192. Everything but token and target fits in 512.
_TARGET_AND_TOKEN_BYTES = 8192 - 512

_SECRET_FIELDS = ("token", "refresh_token", "password", "signed_player_info", "signature")

# What is a text and what is a boolean, in the parameters that users choose.
_TEXTS = {"cacheable_cursor", "cursor", "label", "lang_tag", "name", "query"}
_BOOLEANS = {"authoritative", "forward", "open", "reset", "sync"}

_IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})


class Request(msgspec.Struct, frozen=True):
    """One call: what it asks for, without who asks.

    Attributes:
        method: The HTTP method.
        path: Nakama's path, with quoted segments.
        query: Names and values; a name may come several times.
        body: The JSON body, or None.
        timeout: Seconds for the whole call; None for the client's own.
        secrets: What in the body must not show in an error, should the server send it back.
        is_idempotent: Whether it may be repeated after an answer was lost; None when the method
            says so, as for GET, PUT and DELETE.
    """

    method: str
    path: str
    query: QueryPairs = ()
    body: bytes | None = None
    timeout: float | None = None
    secrets: tuple[str, ...] = ()
    is_idempotent: bool | None = None

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.path}>"

    @property
    def is_repeatable(self) -> bool:
        """Whether doing it twice is as good as once."""
        if self.is_idempotent is None:
            return self.method in _IDEMPOTENT
        return self.is_idempotent

    @property
    def target(self) -> str:
        """Path and query as they stand in the request line."""
        if not self.query:
            return self.path
        try:
            return f"{self.path}?{urlencode(self.query)}"
        except UnicodeEncodeError:
            raise ArgumentError("the query is not valid Unicode") from None


def segment(text: str) -> str:
    """Quote a text so that it is one segment of a path.

    Raises:
        ArgumentError: It is not valid Unicode, or is `.` or `..`, which quoting does not protect.
    """
    # The server decodes a path before it cleans it, and redirects to the clean one.
    if any(step in {"", ".", ".."} for step in text.split("/")):
        raise ArgumentError(f"{text!r} can't be asked for over HTTP")
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise ArgumentError(f"{text!r} is not valid Unicode") from None


def present(**values: str | int | bool | None) -> list[tuple[str, str]]:
    """The query parameters that have a value, in Nakama's spelling."""
    for name, value in values.items():
        if value is None:
            continue
        if name in _TEXTS:
            check_text("the cursor" if name.endswith("cursor") else name, value)
        elif name in _BOOLEANS:
            check_type(name, value, bool)
    return [(name, _spell(value)) for name, value in values.items() if value is not None]


def _spell(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def secrets_in(body: Mapping[str, object]) -> tuple[str, ...]:
    """The tokens and passwords in the body of a login, a link or a logout."""
    found = (body.get(name) for name in _SECRET_FIELDS)
    return tuple(value for value in found if isinstance(value, str))


def basic(key: str) -> str:
    """The Authorization header for the server key or the HTTP key."""
    return "Basic " + b64encode(f"{key}:".encode()).decode()


def bearer(token: str) -> str:
    """The Authorization header for a session token."""
    return f"Bearer {token}"


def split(query: Iterable[tuple[str, str]], *, token_bytes: int) -> Iterator[QueryPairs]:
    """Split repeated query parameters so that each request's head stays below the limit.

    Args:
        query: The parameters, each complete on its own.
        token_bytes: The length of the session token that goes along.
    """
    room = _TARGET_AND_TOKEN_BYTES - token_bytes
    batch: list[tuple[str, str]] = []
    used = 0
    for pair in query:
        size = len(urlencode([pair])) + 1
        if batch and used + size > room:
            yield batch
            batch, used = [], 0
        batch.append(pair)
        used += size
    if batch:
        yield batch

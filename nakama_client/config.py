"""The server's address, deadlines, and what to do when a call or a socket fails."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from attrs import Attribute, field, frozen
from attrs.validators import optional

from nakama_client import errors
from nakama_client.disconnect import DisconnectCause, DisconnectReason
from nakama_client.errors import ArgumentError, NakamaError

_FORBIDDEN = re.compile(r"[\s?#]")

# Too many requests, bad gateway, service unavailable, gateway timeout: it may pass.
_PASSING = frozenset({429, 502, 503, 504})

# After notification -7 two clients would replace each other for ever; a banned account gets no
# socket.
_FINAL_CAUSES = frozenset(
    {DisconnectCause.CLOSED, DisconnectCause.REPLACED, DisconnectCause.BANNED}
)
_FINAL_ERRORS = (errors.SessionExpired, errors.ClientClosed, errors.ArgumentError)
_TOO_MANY_REQUESTS = 429


def _check_url(_: Endpoint, __: Attribute[str], url: str) -> None:
    if _FORBIDDEN.search(url):
        raise ArgumentError("the server's URL may hold no blanks, no query and no fragment")
    try:
        split = urlsplit(url)
        host, _port = split.hostname, split.port
    except ValueError as error:
        raise ArgumentError(f"the server's URL is malformed: {error}") from None
    if split.scheme not in {"http", "https"} or not host:
        raise ArgumentError("the server's URL must look like http://127.0.0.1:7350")
    if split.username is not None or split.password is not None:
        raise ArgumentError("the server's URL may hold no user name or password")


def _normal(url: str) -> str:
    scheme, separator, rest = str(url).rstrip("/").partition("://")
    return f"{scheme.lower()}{separator}{rest}"


@frozen
class Endpoint:
    """The address of a Nakama server: `Endpoint("http://127.0.0.1:7350")`, `https` for TLS.

    A path is put before Nakama's own.

    Attributes:
        http_url: The address, without a slash at its end.

    Raises:
        ArgumentError: The URL is of another kind.
    """

    http_url: str = field(alias="url", converter=_normal, validator=_check_url)

    def socket_url(self, *, lang: str, appear_online: bool) -> str:
        """The address of the realtime socket."""
        return _socket_url(self.http_url, lang, appear_online)


@functools.lru_cache(maxsize=32)  # one text for all sockets that have the same
def _socket_url(http_url: str, lang: str, appear_online: bool) -> str:
    query = urlencode({"lang": lang, "status": str(appear_online).lower()})
    return f"ws{http_url.removeprefix('http')}/ws?{query}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_async_function(function: object) -> bool:
    """Whether a function is async; its coroutine would count as true, whatever it returns."""
    call = getattr(function, "__call__", None)  # noqa: B004 - of an object that can be called
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)


def _check_function(_: object, attribute: Attribute[Any], function: object) -> None:
    if not callable(function):
        raise ArgumentError(f"{attribute.name} must be a function, not {function!r}")
    if is_async_function(function):
        raise ArgumentError(f"{attribute.name} must be a plain function, not an async one")


def _check_seconds(_: object, attribute: Attribute[float], seconds: float) -> None:
    if not _is_number(seconds) or not seconds > 0:
        raise ArgumentError(f"{attribute.name} must be more than 0 seconds, not {seconds!r}")


def _check_delay(_: object, attribute: Attribute[float], seconds: float) -> None:
    if not _is_number(seconds) or not seconds >= 0:
        raise ArgumentError(f"{attribute.name} must be 0 seconds or more, not {seconds!r}")


def _check_attempts(_: object, attribute: Attribute[Any], attempts: object) -> None:
    if not isinstance(attempts, int) or isinstance(attempts, bool) or attempts < 1:
        raise ArgumentError(f"{attribute.name} must be an int of at least 1, not {attempts!r}")


@frozen(kw_only=True)
class Timeouts:
    """How long to wait, in seconds.

    Attributes:
        connect: For opening a connection, and for the socket's handshake.
        request: For one attempt of a call over HTTP, waiting for a free connection included.
        reply: For the answer to a request over the socket.
        ping_interval: After so long a silence on the socket, the client pings the server. Nakama
            itself pings every 15 seconds.
        ping_timeout: For anything to come after that ping. Then the connection is dropped, and
            opened again.
        close: For the closing handshake of a socket, and again for the handlers to finish what
            has arrived.
    """

    connect: float = field(default=5.0, validator=_check_seconds)
    request: float = field(default=10.0, validator=_check_seconds)
    reply: float = field(default=10.0, validator=_check_seconds)
    ping_interval: float = field(default=20.0, validator=_check_seconds)
    ping_timeout: float = field(default=10.0, validator=_check_seconds)
    close: float = field(default=5.0, validator=_check_seconds)


def may_reconnect(cause: DisconnectReason | NakamaError) -> bool:
    """Whether the socket may be opened again.

    Nakama closes nearly everything with code 1000, so the cause decides and not the code.

    Args:
        cause: Why the connection ended, or the error of the last attempt.
    """
    if isinstance(cause, DisconnectReason):
        return cause.cause not in _FINAL_CAUSES
    if isinstance(cause, errors.ConnectionLost):
        return may_reconnect(cause.reason)
    if isinstance(cause, errors.ApiError) and cause.status:
        return cause.status >= 500 or cause.status == _TOO_MANY_REQUESTS
    return not isinstance(cause, _FINAL_ERRORS)


def is_transient(error: NakamaError) -> bool:
    """Whether the failure may pass: no answer, or HTTP 429, 502, 503 or 504.

    A socket that is closed as soon as it is open counts as no answer, unless the reason is final.
    """
    if isinstance(error, errors.ReplyError):
        return error.status in _PASSING
    if isinstance(error, errors.ConnectionLost):
        return may_reconnect(error)
    return isinstance(error, errors.ConnectionFailed | errors.TimeoutExceeded)


@frozen(kw_only=True)
class RetryPolicy:
    """When a failed call over HTTP is repeated.

    After a lost answer, only idempotent calls are repeated: reading, changing an account, deleting,
    logging in, refreshing, validating a purchase, storing objects without a version, and RPCs that
    the caller calls idempotent. Writing a score, storing with a version and deleting what is stored
    are not. A call that could not be sent at all is always repeated.

    Before each repetition comes a random delay between 0 and a bound that doubles each time, or
    the server's `Retry-After` when that is longer.

    Attributes:
        attempts: The most attempts for a call, the first included.
        first_delay: The bound of the first delay, in seconds.
        max_delay: The highest bound, in seconds.
        deadline: Seconds after which the call fails: no further attempt is made, and one under way
            is cancelled. A call with a timeout of its own has that as the deadline.
        should_retry: Returns whether an error may pass. By default these do: no answer, a timeout,
            and HTTP 429, 502, 503 and 504.

    Raises:
        ArgumentError: A number is out of range.
    """

    attempts: int = field(default=4, validator=_check_attempts)
    first_delay: float = field(default=0.25, validator=_check_delay)
    max_delay: float = field(default=5.0, validator=_check_delay)
    deadline: float = field(default=30.0, validator=_check_seconds)
    should_retry: Callable[[NakamaError], bool] = field(
        default=is_transient, validator=_check_function
    )


@frozen(kw_only=True)
class ReconnectPolicy:
    """When a lost socket is opened again.

    Before each attempt comes a random delay between 0 and a bound that doubles each time, so that
    thousands of sockets come back spread out after a restart of the server. The bound starts again
    at `first_delay` after a connection that lasted at least `max_delay` seconds. While the server's
    port refuses connections the bound stays at 2 seconds (or `first_delay`, if that is more), so
    that a server that restarts is found soon; the delay is at least three quarters of the bound,
    so that fewer attempts fail.

    Attributes:
        attempts: How many attempts may fail in a row; None for any number.
        first_delay: The bound of the first delay, in seconds.
        max_delay: The highest bound, in seconds.
        should_reconnect: Returns whether to go on, from the reason why the connection ended or the
            error of the last attempt. It is not called after `close`. By default the answer is no
            when another socket replaced this one, the account was banned, or the session can't be
            refreshed.

    Raises:
        ArgumentError: A number is out of range.
    """

    attempts: int | None = field(default=None, validator=optional(_check_attempts))
    first_delay: float = field(default=1.0, validator=_check_delay)
    max_delay: float = field(default=30.0, validator=_check_delay)
    should_reconnect: Callable[[DisconnectReason | NakamaError], bool] = field(
        default=may_reconnect, validator=_check_function
    )

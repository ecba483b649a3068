"""Whether a call that failed is tried again, and when."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import parsedate_to_datetime

from attrs import frozen

from nakama_client import errors
from nakama_client.protocol.requests import Request

# 2.0 ** 1024 is no float any more; any sensible longest delay is reached long before.
_MOST_DOUBLINGS = 60

# Nakama's words when it does not accept a session token. Nothing was done then.
_TOKEN_REFUSED = frozenset({"Auth token invalid", "Auth token required"})


@frozen
class Retry:
    """A call over HTTP failed, and is about to be made again.

    Attributes:
        method: The HTTP method.
        path: What was called, without the query.
        attempt: The number of the attempt that failed, from 1.
        error: How it failed.
        delay: Seconds until the next attempt.
    """

    method: str
    path: str
    attempt: int
    error: errors.NakamaError
    delay: float


def may_repeat(error: errors.NakamaError, request: Request) -> bool:
    """Whether repeating the request does no harm, even if the server has done its part."""
    if isinstance(error, errors.ConnectionFailed | errors.TimeoutExceeded) and error.nothing_sent:
        return True
    return request.is_repeatable


def may_concern_token(error: errors.Unauthenticated, request: Request) -> bool:
    """Whether a refusal may be about the session token, and repeating the call does no harm.

    An RPC function may refuse with the same code, after it has done something.
    """
    return request.is_repeatable or concerns_token(error)


def concerns_token(error: errors.Unauthenticated) -> bool:
    """Whether a refusal is certainly about the session token, and nothing was done."""
    return error.message in _TOKEN_REFUSED


def retry_after(value: str, date: str) -> float | None:
    """The seconds in a `Retry-After` header; None when there are none.

    Args:
        value: A number of seconds, or a date.
        date: The `Date` header, which tells what time it is on the server.
    """
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        moment, now = parsedate_to_datetime(value), parsedate_to_datetime(date)
        return max(0.0, (moment - now).total_seconds())
    except (ValueError, TypeError):  # TypeError: one of the two has no time zone
        return None


def full_jitter(
    failures: int, *, first: float, longest: float, random: Callable[[], float]
) -> float:
    """The seconds to wait after so many failures in a row.

    Any time from 0 up to a bound is as likely as any other, so that thousands of clients that
    failed at the same moment come back spread out. The bound doubles with each failure.

    Args:
        failures: How often it failed by now, at least once.
        first: The bound after the first failure, in seconds.
        longest: The highest bound, in seconds.
        random: Gives numbers from 0 up to 1.
    """
    doublings = min(failures - 1, _MOST_DOUBLINGS)
    return random() * min(longest, first * 2.0**doublings)


def upper_jitter(
    failures: int, *, first: float, longest: float, random: Callable[[], float]
) -> float:
    """The seconds to wait, as `full_jitter`, but in the upper quarter below the bound.

    So fewer attempts are made while there is nobody to answer, and the last client is back soon
    after the others. It is for clients that full jitter has spread before.
    """
    bound = full_jitter(failures, first=first, longest=longest, random=lambda: 1.0)
    return bound * (3.0 + random()) / 4.0

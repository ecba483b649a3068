"""Moments in requests, which the server takes as seconds since 1970."""

from __future__ import annotations

from datetime import datetime

from nakama_client.errors import ArgumentError
from nakama_client.protocol.rules import check_type


def check_time(name: str, time: datetime | None) -> int | None:
    """A moment as whole seconds; the server reads them as 32 bits.

    Raises:
        ArgumentError: It is no datetime, has no time zone, or is out of range.
    """
    if time is None:
        return None
    check_type(name, time, datetime)
    if time.tzinfo is None:
        raise ArgumentError(f"{name} needs a time zone, such as datetime.now(timezone.utc)")
    seconds = int(time.timestamp())
    if not 0 <= seconds < 2**32:
        raise ArgumentError(f"{name} must be between 1970 and 2106, not {time}")
    return seconds

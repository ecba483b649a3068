"""`google.protobuf.Timestamp`: RFC 3339 text, and seconds with nanoseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from mock_server.wire.errors import DecodeError

_RFC_3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[-+]\d\d:\d\d)", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_SECOND = -62_135_596_800  # 0001-01-01T00:00:00Z
_LAST_SECOND = 253_402_300_799  # 9999-12-31T23:59:59Z
_SECOND_IN_NANOS = 1_000_000_000
_MAX_FRACTION_DIGITS = 9
# One frame after the other carries times of the same second: whole seconds are cached.


class TimestampOutOfRange(DecodeError):
    """A time before the year 1 or after the year 9999."""


def parse_timestamp(text: str) -> str:
    """Check an RFC 3339 text; return it in UTC with 0, 3, 6 or 9 digits of fraction.

    Raises:
        TimestampOutOfRange: It is in no year from 1 to 9999.
        DecodeError: It is no such text.
    """
    return format_timestamp(*split_timestamp(text))


def split_timestamp(text: str) -> tuple[int, int]:
    """The seconds since the epoch and the nanoseconds of an RFC 3339 text.

    Raises:
        TimestampOutOfRange: It is in no year from 1 to 9999.
        DecodeError: It is no such text.
    """
    match = _RFC_3339.fullmatch(text)
    if match is None:
        raise DecodeError(f"no RFC 3339 time: {text!r}")
    whole, fraction, zone = match.groups(default="")
    if len(fraction) > _MAX_FRACTION_DIGITS:
        raise DecodeError(f"finer than a nanosecond: {text!r}")
    seconds = _seconds(whole, zone)
    if not _FIRST_SECOND <= seconds <= _LAST_SECOND:
        raise TimestampOutOfRange(f"no year from 1 to 9999: {text!r}")
    return seconds, int(fraction.ljust(_MAX_FRACTION_DIGITS, "0"))


def format_timestamp(seconds: int, nanos: int) -> str:
    """The RFC 3339 text in UTC, with 0, 3, 6 or 9 digits of fraction.

    Raises:
        TimestampOutOfRange: It is in no year from 1 to 9999, or the nanoseconds are more than a
            second.
    """
    in_range = _FIRST_SECOND <= seconds <= _LAST_SECOND and 0 <= nanos < _SECOND_IN_NANOS
    if not in_range:
        raise TimestampOutOfRange(f"google.protobuf.Timestamp out of range: {seconds}.{nanos}")
    whole = _whole(seconds)
    if not nanos:
        return whole + "Z"
    fraction = f"{nanos:09d}"
    while fraction.endswith("000"):
        fraction = fraction[:-3]
    return f"{whole}.{fraction}Z"


@lru_cache(maxsize=1024)
def _whole(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()


@lru_cache(maxsize=1024)
def _seconds(whole: str, zone: str) -> int:
    if whole.startswith("0000"):
        raise TimestampOutOfRange(f"no year from 1 to 9999: {whole!r}")
    try:
        local = datetime.fromisoformat(whole).replace(tzinfo=UTC)
        offset = _offset(zone)
    except ValueError:
        raise DecodeError(f"no RFC 3339 time: {whole!r}") from None
    return (local - _EPOCH) // timedelta(seconds=1) - offset


def _offset(zone: str) -> int:
    """How many seconds a zone like `+01:30` is before UTC."""
    if zone == "Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:])
    if hours > 24 or minutes > 60:  # as in Go, which takes these, too
        raise ValueError(zone)
    seconds = hours * 3600 + minutes * 60
    return -seconds if zone[0] == "-" else seconds

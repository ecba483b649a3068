"""Times: as OneSignal's answers spell them, and as its callers do."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED_DATE = re.compile(
    r"(?:[a-z]{3,9},?\s+)?(?P<month>[a-z]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+"
    r"(?P<year>\d{4}),?\s+",
    re.IGNORECASE,
)
_MAIL_DATE = re.compile(
    r"(?:[a-z]{3,9},?\s+)?(?P<day>\d{1,2})\s+(?P<month>[a-z]{3,9})\s+(?P<year>\d{4})\s+",
    re.IGNORECASE,
)
_PLAIN_DATE = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:[ T]+|$)")
_TIME = re.compile(
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?\s*(?P<half>[ap]m)?",
    re.IGNORECASE,
)
_ZONE = re.compile(
    r"\s*(?:(?:GMT|UTC|Z)?\s*(?:(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2}))?)"
    r"\s*(?:\([^)]*\))?",
    re.IGNORECASE,
)


def iso(seconds: float) -> str:
    """ISO 8601 with milliseconds and `Z`."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """Read ISO 8601 or one of JavaScript's spellings; UTC if it names no zone.

    Raises:
        ValueError: It is not a time.
    """
    try:
        found = _read(text.strip())
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        found.timestamp()
    except (OverflowError, ValueError):
        raise ValueError(f"{text!r} is no time") from None
    return found


def parse_time_of_day(text: str) -> int:
    """`9:00AM`, `21:45` or `9:45:30` as seconds since midnight.

    Raises:
        ValueError: It is none of these.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no time of day")
    return _seconds_of_day(found)


def _read(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _spelled(text)


def _spelled(text: str) -> datetime:
    date = _PLAIN_DATE.match(text) or _NAMED_DATE.match(text) or _MAIL_DATE.match(text)
    time = date and _TIME.match(text, date.end())
    zone = time and _ZONE.fullmatch(text, time.end())
    if not (date and time and zone):
        raise ValueError(f"{text!r} is no time")
    month = date["month"].lower()
    day = datetime(
        int(date["year"]),
        int(month) if month.isdigit() else _MONTHS.index(month[:3]) + 1,
        int(date["day"]),
        tzinfo=_offset(zone),
    )
    return day + timedelta(seconds=_seconds_of_day(time))


def _seconds_of_day(found: re.Match[str]) -> int:
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(f"{found[0]!r} is no time of day")
        hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(f"{found[0]!r} is no time of day")
    return hour * 3600 + minute * 60 + second


def _offset(found: re.Match[str]) -> timezone:
    if not found["sign"]:
        return UTC
    offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
    return timezone(-offset if found["sign"] == "-" else offset)

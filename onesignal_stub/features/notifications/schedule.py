"""When a message goes out: `send_after`, and `delayed_option` for each device. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import frozen

from onesignal_stub import fields
from onesignal_stub.errors import refused
from onesignal_stub.filters import Device

_DAY = 86_400
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


@frozen
class Schedule:
    """When a message goes out.

    Attributes:
        at: In seconds since the epoch.
        delayed: `timezone` or `last-active` if each device has a time of its own after that.
        time_of_day: For `timezone`: seconds since midnight on the device's clock.
    """

    at: float
    delayed: str | None = None
    time_of_day: int = 0


def schedule_of(body: Mapping[str, Any], *, now: float) -> Schedule:
    """Read when a message is to go out; `now` if nothing says otherwise.

    Raises:
        ApiError: A time cannot be read or has passed, or the delayed option does not exist.
    """
    text = fields.text(body, "send_after")
    asked = None if text is None else parse_time(text)
    if asked is not None and asked.timestamp() < int(now):
        raise refused("Schedule Notifications may not be scheduled in the past.")
    at = now if asked is None else max(now, asked.timestamp())
    option = fields.text(body, "delayed_option")
    clock = fields.text(body, "delivery_time_of_day")
    time_of_day = None if not clock else parse_time_of_day(clock)
    if option in {None, "", "immediate"}:
        return Schedule(at)
    if option not in {"timezone", "last-active"}:
        raise refused("Schedule delayed_option must be timezone or last-active")
    if time_of_day is None:
        local = asked or datetime.fromtimestamp(at, UTC)
        time_of_day = local.hour * 3600 + local.minute * 60 + local.second
    return Schedule(at, option, time_of_day)


def due_for(device: Device, schedule: Schedule) -> float:
    """When a delayed message goes to a device: the next time its own clock shows the hour."""
    if schedule.delayed == "last-active":
        wanted = device.last_session % _DAY
        offset = 0.0
    else:
        wanted = schedule.time_of_day
        offset = utc_offset(device.timezone, schedule.at)
    return schedule.at + (wanted - (schedule.at + offset)) % _DAY


def utc_offset(zone: int | str | None, at: float) -> float:
    """Seconds east of UTC at a time; 0 for a zone that is unknown."""
    if zone is None or isinstance(zone, int):
        return float(zone or 0)
    try:
        offset = datetime.fromtimestamp(at, ZoneInfo(zone)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return 0.0
    return 0.0 if offset is None else offset.total_seconds()


def parse_time_of_day(text: str) -> int:
    """`9:00AM`, `21:45` or `9:45:30` as seconds since midnight.

    Raises:
        ApiError: It is none of these.
    """
    found = _TIME.fullmatch(text.strip())
    seconds = None if found is None else _seconds_of_day(found)
    if seconds is None:
        raise refused("Schedule delivery_time_of_day must be valid time")
    return seconds


def parse_time(text: str) -> datetime:
    """Read ISO 8601 or one of JavaScript's spellings; UTC if it names no zone.

    Raises:
        ApiError: It is no time.
    """
    text = text.strip()
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = _spelled(text)
    try:
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        found.timestamp()
    except (OverflowError, ValueError):
        raise _bad_time() from None
    return found


def _spelled(text: str) -> datetime:
    date = _PLAIN_DATE.match(text) or _NAMED_DATE.match(text) or _MAIL_DATE.match(text)
    time = date and _TIME.match(text, date.end())
    zone = time and _ZONE.fullmatch(text, time.end())
    if not (date and time and zone):
        raise _bad_time()
    month = date["month"].lower()
    seconds = _seconds_of_day(time)
    if seconds is None or not (month.isdigit() or month[:3] in _MONTHS):
        raise _bad_time()
    try:
        day = datetime(
            int(date["year"]),
            int(month) if month.isdigit() else _MONTHS.index(month[:3]) + 1,
            int(date["day"]),
            tzinfo=_offset(zone),
        )
    except ValueError:
        raise _bad_time() from None
    return day + timedelta(seconds=seconds)


def _bad_time() -> Exception:
    return refused("Schedule send_after must be valid time")


def _seconds_of_day(found: re.Match[str]) -> int | None:
    hour, minute, second = int(found["hour"]), int(found["minute"]), int(found["second"] or 0)
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    return hour * 3600 + minute * 60 + second


def _offset(found: re.Match[str]) -> timezone:
    if not found["sign"]:
        return UTC
    offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
    return timezone(-offset if found["sign"] == "-" else offset)

"""When a message is sent: `send_after`, and `delayed_option` for each device. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import frozen

from onesignal_stub import fields
from onesignal_stub.errors import refused
from onesignal_stub.filters import FilterSubject
from onesignal_stub.times import parse_time, parse_time_of_day

_DAY = 86_400


@frozen
class DeliverySchedule:
    """When a message is sent.

    Attributes:
        at: In seconds since the epoch.
        delayed: `timezone` or `last-active` if each device has a time of its own after that.
        time_of_day: For `timezone`: seconds since midnight on the device's clock.
    """

    at: float
    delayed: str | None = None
    time_of_day: int = 0


def schedule_of(body: Mapping[str, Any], *, now: float) -> DeliverySchedule:
    """Read when a message is to be sent; `now` if nothing says otherwise.

    Raises:
        ApiError: A time cannot be read or has passed, or the delayed option does not exist.
    """
    asked = _send_after(body)
    if asked is not None and asked.timestamp() < int(now):
        raise refused("Schedule Notifications may not be scheduled in the past.")
    at = now if asked is None else max(now, asked.timestamp())
    option = fields.text(body, "delayed_option")
    time_of_day = _time_of_day(body)
    if option in {None, "", "immediate"}:
        return DeliverySchedule(at)
    if option not in {"timezone", "last-active"}:
        raise refused("Schedule delayed_option must be timezone or last-active")
    if time_of_day is None:
        local = asked or datetime.fromtimestamp(at, UTC)
        time_of_day = local.hour * 3600 + local.minute * 60 + local.second
    return DeliverySchedule(at, option, time_of_day)


def _send_after(body: Mapping[str, Any]) -> datetime | None:
    text = fields.text(body, "send_after")
    try:
        return parse_time(text) if text else None
    except ValueError:
        raise refused("Schedule send_after must be valid time") from None


def _time_of_day(body: Mapping[str, Any]) -> int | None:
    text = fields.text(body, "delivery_time_of_day")
    try:
        return parse_time_of_day(text) if text else None
    except ValueError:
        raise refused("Schedule delivery_time_of_day must be valid time") from None


def due_for(device: FilterSubject, schedule: DeliverySchedule) -> float:
    """When a delayed message is sent to a device: the next time its local clock shows the hour."""
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

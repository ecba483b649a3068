"""Times in labels and queries, as Go's `time.Parse` reads them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from mock_server.wire.strconv import quote

_LAYOUT = "2006-01-02T15:04:05Z07:00"
_ELEMENTS = (
    ("2006", r"(?P<year>\d{4})"),
    ("-", "-"),
    ("01", r"(?P<month>\d\d)"),
    ("-", "-"),
    ("02", r"(?P<day>\d\d)"),
    ("T", "T"),
    ("15", r"(?P<hour>\d\d?)"),
    (":", ":"),
    ("04", r"(?P<minute>\d\d)"),
    (":", ":"),
    ("05", r"(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?"),
    ("Z07:00", r"(?P<zone>Z|(?P<sign>[+-])(?P<zone_hour>\d\d):(?P<zone_minute>\d\d))"),
)
_PATTERNS = tuple((element, re.compile(pattern, re.ASCII)) for element, pattern in _ELEMENTS)
_CLOCK = "".join(pattern for _, pattern in _ELEMENTS[6:11])
_DATE = "".join(pattern for _, pattern in _ELEMENTS[:5])
_ANY_LAYOUT = re.compile(rf"{_DATE}(?:(?P<separator>[T ]){_CLOCK}{_ELEMENTS[11][1]}?)?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RANGES = (("month", 1, 12), ("hour", 0, 23), ("minute", 0, 59), ("second", 0, 59))


def parse_rfc3339(text: str) -> int:
    """The nanoseconds since the epoch of an RFC 3339 time.

    Raises:
        ValueError: It is none; the message is Go's.
    """
    values: dict[str, str | None] = {}
    rest = text
    for element, pattern in _PATTERNS:
        found = pattern.match(rest)
        if found is None:
            raise ValueError(
                f"parsing time {quote(text)} as {quote(_LAYOUT)}: "
                f"cannot parse {quote(rest)} as {quote(element)}"
            )
        values |= found.groupdict()
        rest = rest[found.end() :]
    if rest:
        raise ValueError(f"parsing time {quote(text)}: extra text: {quote(rest)}")
    try:
        return _nanoseconds(values)
    except ValueError as error:
        raise ValueError(f"parsing time {quote(text)}: {error}") from None


def parse_label_time(text: str) -> int | None:
    """The time that a label's text is indexed as, or None when it does not look like one.

    Times have the forms of RFC 3339, without the zone, with a blank for the `T` and without the
    zone, or are a date alone.
    """
    if not text[:4].isdigit():
        return None
    found = _ANY_LAYOUT.fullmatch(text)
    if found is None or (found["separator"] == " " and found["zone"]):
        return None
    try:
        return _nanoseconds(found.groupdict())
    except ValueError:
        return None


def _nanoseconds(values: dict[str, str | None]) -> int:
    numbers = {name: int(value) for name, value in values.items() if value and value.isdigit()}
    for name, least, most in _RANGES:
        if not least <= numbers.get(name, least) <= most:
            raise ValueError(f"{name} out of range")
    if numbers.get("zone_hour", 0) > 24 or numbers.get("zone_minute", 0) > 60:
        raise ValueError("time zone offset out of range")
    try:
        day = datetime(numbers["year"], numbers["month"], numbers["day"], tzinfo=UTC)
    except ValueError:
        raise ValueError("day out of range") from None
    zone = timedelta(hours=numbers.get("zone_hour", 0), minutes=numbers.get("zone_minute", 0))
    offset = -zone if values.get("sign") == "-" else zone
    clock = numbers.get("hour", 0) * 3600 + numbers.get("minute", 0) * 60
    seconds = (
        (day - _EPOCH).days * 86_400
        + clock
        + numbers.get("second", 0)
        - int(offset.total_seconds())
    )
    fraction = (values.get("fraction") or "").ljust(9, "0")[:9]
    return seconds * 1_000_000_000 + int(fraction)

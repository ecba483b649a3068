"""The filter grammar: `[{field, relation, …}, {"operator": "OR"}, …]` to a predicate over devices.

Neighbours without an operator between them are joined by AND, and AND binds tighter than OR: the
list is split at each OR, and a device matches when it satisfies every filter of one of the pieces.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from onesignal_stub.errors import refused
from onesignal_stub.fields import number_of

MAX_ENTRIES = 200
_EARTH_RADIUS = 6_371_000.0  # metres
_HOUR = 3600.0
_PLATFORMS: dict[str, frozenset[int]] = {
    "ios": frozenset({0}),
    "android": frozenset({1}),
    "amazon": frozenset({2}),
    "windows phone": frozenset({3}),
    "chrome app": frozenset({4}),
    "web push (browser)": frozenset({5, 7, 8, 17}),
    "chrome": frozenset({5}),
    "windows": frozenset({6}),
    "safari": frozenset({7, 17}),
    "firefox": frozenset({8}),
    "macos": frozenset({9}),
    "alexa": frozenset({10}),
    "email": frozenset({11}),
    "huawei": frozenset({13}),
    "sms": frozenset({14}),
}


class FilterSubject(msgspec.Struct, frozen=True, gc=False):
    """A subscription with the values that filters compare.

    A struct, because a hundred thousand of them are made for one message to a segment, and attrs
    takes ten times as long for it.

    Attributes:
        number: Its place in the order of registration.
        id: The player, or subscription, id.
        onesignal_id: Its user.
        external_id: Its user's name at the backend.
        device_type: 0 iOS, 1 Android, … 11 e-mail, 14 SMS.
        subscribed: It takes messages.
        tags: The user's tags.
        language: The device's language code, or its user's.
        country: The user's country code.
        lat: The user's latitude in degrees.
        long: The user's longitude in degrees.
        timezone: Seconds east of UTC, or the name of a zone; None if neither is known.
        session_count: How many sessions there were.
        session_time: Seconds spent in the app.
        first_session: When the user was first seen, in seconds since the epoch.
        last_session: When this device was last active, in seconds since the epoch.
        amount_spent: US dollars the user has spent.
        purchases: SKU → US dollars the user has paid for it.
        app_version: The app's version.
        is_test: It is a test device.
        rooted: It is jailbroken or rooted.
        emails: The user's e-mail addresses, in lower case.
    """

    number: int
    id: str
    onesignal_id: str
    device_type: int
    subscribed: bool = True
    external_id: str | None = None
    tags: Mapping[str, str] = {}
    language: str | None = None
    country: str | None = None
    lat: float | None = None
    long: float | None = None
    timezone: int | str | None = None
    session_count: int = 1
    session_time: int = 0
    first_session: float = 0.0
    last_session: float = 0.0
    amount_spent: float = 0.0
    purchases: Mapping[str, float] = {}
    app_version: str | None = None
    is_test: bool = False
    rooted: bool = False
    emails: frozenset[str] = frozenset()


Matches: TypeAlias = Callable[[FilterSubject, float], bool]
"""(device, now in seconds since the epoch) → whether it matches."""
_Filter: TypeAlias = Mapping[str, Any]
_Compare: TypeAlias = Callable[[Any, Any], bool]

_ORDER: dict[str, _Compare] = {">": operator.gt, "<": operator.lt}
_NUMERIC: dict[str, _Compare] = {**_ORDER, "=": operator.eq, "!=": operator.ne}


def parse(filters: Sequence[Any]) -> Matches | None:
    """Turn a filter list into a predicate; None if it is empty.

    Raises:
        ApiError: A field, relation, value or operator is not one that the grammar has.
    """
    if len(filters) > MAX_ENTRIES:
        raise refused(f"Filters are limited to {MAX_ENTRIES} entries, got {len(filters)}")
    if not filters:
        return None
    _check_fields(filters)
    alternatives: list[list[Matches]] = [[]]
    after_operator = True
    for entry in filters:
        joint = _operator_of(entry)
        if joint is None:
            alternatives[-1].append(_FIELDS[entry["field"]](entry))
        elif after_operator:
            raise refused("Filters: an operator must stand between two filters")
        elif joint == "OR":
            alternatives.append([])
        after_operator = joint is not None
    if after_operator:
        raise refused("Filters: the list must not end with an operator")
    return _any_of([_all_of(conditions) for conditions in alternatives])


def _check_fields(entries: Sequence[Any]) -> None:
    """Refuse every entry whose field is unknown, each with a text of its own.

    So is `{}`, which old Node SDKs send in place of an operator: to leave it out would join its
    neighbours by AND.
    """
    if not all(isinstance(entry, dict) for entry in entries):
        raise refused("Filters: every entry must be an object")
    fields = [entry.get("field") for entry in entries if "operator" not in entry]
    unknown = [name for name in fields if not isinstance(name, str) or name not in _FIELDS]
    if unknown:
        raise refused(*(f"Segment {name or ''} is not a valid filter field." for name in unknown))


def _operator_of(entry: _Filter) -> str | None:
    if "operator" not in entry:
        return None
    joint = entry["operator"]
    if joint not in ("AND", "OR"):  # a tuple: it may be unhashable
        raise refused(f"Filters: operator must be AND or OR, got {joint!r}")
    return str(joint)


def _all_of(conditions: list[Matches]) -> Matches:
    if len(conditions) == 1:
        return conditions[0]

    def matches(device: FilterSubject, now: float) -> bool:
        for condition in conditions:  # noqa: SIM110 (all() over a generator takes twice as long)
            if not condition(device, now):
                return False
        return True

    return matches


def _any_of(alternatives: list[Matches]) -> Matches:
    if len(alternatives) == 1:
        return alternatives[0]
    return lambda device, now: any(matches(device, now) for matches in alternatives)


def _relation(entry: _Filter, *known: str) -> str:
    relation = entry.get("relation")
    if relation not in known:
        raise refused(
            f"Filter {entry['field']}: relation must be one of {' '.join(known)}, got {relation!r}"
        )
    return str(relation)


def _value(entry: _Filter, name: str = "value") -> str:
    value = entry.get(name)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if not isinstance(value, str):
        raise refused(f"Filter {entry['field']}: {name} is required")
    return value


def _number(entry: _Filter, name: str = "value") -> float:
    found = number_of(_value(entry, name))
    if found is None:
        raise refused(f"Filter {entry['field']}: {name} must be a number")
    return float(found)


def _session_ago(attribute: str) -> Callable[[_Filter], Matches]:
    read = operator.attrgetter(attribute)

    def make(entry: _Filter) -> Matches:
        compare = _ORDER[_relation(entry, ">", "<")]
        name = "hours_ago" if entry.get("hours_ago") is not None else "value"
        seconds = _number(entry, name) * _HOUR
        return lambda device, now: compare(now - read(device), seconds)

    return make


def _numeric(attribute: str, *relations: str) -> Callable[[_Filter], Matches]:
    read = operator.attrgetter(attribute)

    def make(entry: _Filter) -> Matches:
        compare = _NUMERIC[_relation(entry, *relations)]
        wanted = _number(entry)
        return lambda device, _: compare(read(device), wanted)

    return make


def _bought_sku(entry: _Filter) -> Matches:
    compare = _NUMERIC[_relation(entry, ">", "<", "=")]
    sku = _value(entry, "key")
    wanted = _number(entry)
    return lambda device, _: sku in device.purchases and compare(device.purchases[sku], wanted)


def _tag(entry: _Filter) -> Matches:
    relation = _relation(
        entry, ">", "<", "=", "!=", "exists", "not_exists", "time_elapsed_gt", "time_elapsed_lt"
    )
    key = _value(entry, "key")
    if relation == "exists":
        return lambda device, _: key in device.tags
    if relation == "not_exists":
        return lambda device, _: key not in device.tags
    value = _value(entry)
    if relation == "=":
        return lambda device, _: device.tags.get(key) == value
    if relation == "!=":
        return lambda device, _: device.tags.get(key) != value
    if relation in _ORDER:
        return _tag_order(key, _ORDER[relation], number_of(value))
    return _tag_elapsed(key, _ORDER[">" if relation == "time_elapsed_gt" else "<"], _number(entry))


def _tag_order(key: str, compare: _Compare, wanted: float | None) -> Matches:
    def matches(device: FilterSubject, _: float) -> bool:
        found = number_of(device.tags.get(key))
        return found is not None and wanted is not None and compare(found, wanted)

    return matches


def _tag_elapsed(key: str, compare: _Compare, seconds: float) -> Matches:
    def matches(device: FilterSubject, now: float) -> bool:
        when = number_of(device.tags.get(key))
        return when is not None and compare(now - int(when), seconds)

    return matches


def _code(attribute: str, *, optional: bool) -> Callable[[_Filter], Matches]:
    read = operator.attrgetter(attribute)

    def make(entry: _Filter) -> Matches:
        presence = ("exists", "not_exists") if optional else ()
        relation = _relation(entry, "=", "!=", *presence)
        if relation == "exists":
            return lambda device, _: bool(read(device))
        if relation == "not_exists":
            return lambda device, _: not read(device)
        value = _value(entry).casefold()
        equal = relation == "="
        return lambda device, _: ((read(device) or "").casefold() == value) is equal

    return make


def _app_version(entry: _Filter) -> Matches:
    relation = _relation(entry, ">", "<", "=", "!=")
    value = _value(entry)
    if relation in _ORDER:
        compare, wanted = _ORDER[relation], version_key(value)

        def matches(device: FilterSubject, _: float) -> bool:
            found = version_key(device.app_version or "")
            return found is not None and wanted is not None and compare(found, wanted)

        return matches
    equal = relation == "="
    return lambda device, _: (device.app_version == value) is equal


def version_key(version: str) -> tuple[int, ...] | None:
    """`1.10.0` as numbers to compare, zeros at the end dropped.

    None if it has another form, or more than 20 numbers.
    """
    if not re.fullmatch(r"[0-9]{1,18}(\.[0-9]{1,18}){0,19}", version):
        return None
    numbers = [int(number) for number in version.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _location(entry: _Filter) -> Matches:
    radius, lat, long = (_number(entry, name) for name in ("radius", "lat", "long"))

    def matches(device: FilterSubject, _: float) -> bool:
        if device.lat is None or device.long is None:
            return False
        return distance(lat, long, device.lat, device.long) <= radius

    return matches


def distance(lat: float, long: float, other_lat: float, other_long: float) -> float:
    """Metres between two points on the globe."""
    a, b = math.radians(lat), math.radians(other_lat)
    half = (
        math.sin((b - a) / 2) ** 2
        + math.cos(a) * math.cos(b) * math.sin(math.radians(other_long - long) / 2) ** 2
    )
    return 2 * _EARTH_RADIUS * math.asin(math.sqrt(min(1.0, half)))


def _email(entry: _Filter) -> Matches:
    if entry.get("relation") is not None:
        _relation(entry, "=")
    address = _value(entry).casefold()
    return lambda device, _: address in device.emails


def _device_type(entry: _Filter) -> Matches:
    equal = _relation(entry, "=", "!=") == "="
    name = _value(entry)
    types = _PLATFORMS.get(name.casefold())
    if types is None and (number := number_of(name)) is not None:
        types = frozenset({int(number)})
    if types is None:
        raise refused(f"Filter device_type: {name!r} is not a platform")
    wanted = types
    return lambda device, _: (device.device_type in wanted) is equal


def _boolean(attribute: str) -> Callable[[_Filter], Matches]:
    read = operator.attrgetter(attribute)

    def make(entry: _Filter) -> Matches:
        _relation(entry, "=")
        wanted = _value(entry).casefold() in {"true", "1", "yes"}
        return lambda device, _: read(device) is wanted

    return make


_FIELDS: dict[str, Callable[[_Filter], Matches]] = {
    "last_session": _session_ago("last_session"),
    "first_session": _session_ago("first_session"),
    "session_count": _numeric("session_count", ">", "<", "=", "!="),
    "session_time": _numeric("session_time", ">", "<"),
    "amount_spent": _numeric("amount_spent", ">", "<", "="),
    "bought_sku": _bought_sku,
    "tag": _tag,
    "language": _code("language", optional=False),
    "country": _code("country", optional=True),
    "app_version": _app_version,
    "location": _location,
    "email": _email,
    "device_type": _device_type,
    "rooted": _boolean("rooted"),
    "test_users": _boolean("is_test"),
}

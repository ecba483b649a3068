"""From the tables to the `FilterSubject` values that audiences are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from attrs import frozen

from onesignal_stub.audience import EMAIL_TYPE
from onesignal_stub.filters import FilterSubject
from onesignal_stub.prefilter import EVERY, SqlCondition
from server_kit import Store
from server_kit.store import Row

_NO_TAGS: dict[str, str] = {}
_NO_PURCHASES: dict[str, float] = {}
_COLUMNS = (
    "SELECT s.number, s.id, s.onesignal_id, s.device_type, s.subscribed, a.alias_id, u.tags,"
    " coalesce(s.language, u.language), u.country, u.lat, u.long,"
    " coalesce(s.timezone, u.timezone_id), s.session_count, s.session_time,"
    " min(u.first_active, s.created_at), s.last_active, u.amount_spent, u.purchases,"
    " s.app_version, s.test_type, s.rooted"
)
_JOINS = (
    "JOIN users u USING (onesignal_id)"
    " LEFT JOIN aliases a ON a.onesignal_id = s.onesignal_id AND a.label = 'external_id'"
)


SPAN = 2000
"""How many devices one step of some work looks at."""


@frozen
class Span:
    """Some devices of an app that follow each other in the order of registration.

    Attributes:
        app_id: The app.
        after: The number of the device before them; 0 for none.
        last: The number of the last of them.
    """

    app_id: str
    after: int
    last: int


class DeviceReader:
    """Reads the devices of an app.

    Args:
        store: The tables.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def spans(self, app_id: str) -> Iterator[Span]:
        """All devices that an app has now, in order, in spans of `SPAN` devices.

        A span is looked up when it is asked for: devices may go meanwhile; later ones are in none.
        """
        after, newest = (
            0,
            self._number("SELECT max(number) FROM subscriptions WHERE app_id = ?", app_id),
        )
        while newest is not None and after < newest:
            last = self._number(
                "SELECT number FROM subscriptions INDEXED BY subscriptions_of_app"
                " WHERE app_id = ? AND number > ? ORDER BY number LIMIT 1 OFFSET ?",
                app_id,
                after,
                SPAN - 1,
            )
            last = newest if last is None else min(last, newest)
            yield Span(app_id, after, last)
            after = last

    def of_span(self, span: Span, condition: SqlCondition = EVERY) -> Iterable[FilterSubject]:
        """The devices of a span, or those of them that meet a condition."""
        place = (span.app_id, span.after, span.last)
        rows = self._rows(
            "s.app_id = ? AND s.number > ? AND s.number <= ?"
            f" AND {condition.sql} ORDER BY s.number",
            *place,
            *condition.parameters,
            source="subscriptions s INDEXED BY subscriptions_of_app",
        )
        if not rows:
            return ()
        has_emails = self._number(
            f"SELECT 1 FROM subscriptions WHERE app_id = ? AND device_type = {EMAIL_TYPE} LIMIT 1",
            span.app_id,
        )
        if has_emails is None:
            return _devices(rows, {})
        emails = self._store.all(
            "SELECT e.onesignal_id, e.token FROM subscriptions s INDEXED BY subscriptions_of_app"
            " CROSS JOIN subscriptions e ON e.onesignal_id = s.onesignal_id"
            f" AND +e.device_type = {EMAIL_TYPE}"
            " WHERE s.app_id = ? AND s.number > ? AND s.number <= ?",
            *place,
        )
        return _devices(rows, _by_user(emails))

    def by_ids(self, app_id: str, ids: Iterable[str]) -> Iterable[FilterSubject]:
        """The devices with these player or subscription ids."""
        return self._named(
            # The plus keeps SQLite from walking the whole app for it.
            "+s.app_id = ? AND s.id IN (SELECT value FROM json_each(?))",
            app_id,
            _array(ids),
        )

    def by_numbers(self, numbers: Iterable[int]) -> Iterable[FilterSubject]:
        """The devices with these row numbers."""
        return self._named("s.number IN (SELECT value FROM json_each(?))", _array(numbers))

    def by_alias(
        self, app_id: str, label: str, alias_ids: Iterable[str]
    ) -> list[tuple[str, FilterSubject]]:
        """The devices of the users with these aliases, each with the alias that named it."""
        users = self._users_of(app_id, label, alias_ids)
        devices = self._named(
            "+s.app_id = ? AND s.onesignal_id IN (SELECT value FROM json_each(?))",
            app_id,
            _array(users),
        )
        return [(users[device.onesignal_id], device) for device in devices]

    def by_tokens(
        self, app_id: str, device_type: int, tokens: Iterable[str]
    ) -> list[tuple[str, FilterSubject]]:
        """The devices with these tokens, addresses or numbers, each with its token."""
        rows = self._store.all(
            "SELECT id, token FROM subscriptions WHERE app_id = ? AND device_type = ?"
            " AND token IN (SELECT value FROM json_each(?))",
            app_id,
            device_type,
            _array(tokens),
        )
        held = {row["id"]: row["token"] for row in rows}
        return [(held[device.id], device) for device in self.by_ids(app_id, held)]

    def _users_of(self, app_id: str, label: str, alias_ids: Iterable[str]) -> dict[str, str]:
        if label == "onesignal_id":
            return {alias_id.lower(): alias_id for alias_id in alias_ids}
        rows = self._store.all(
            "SELECT onesignal_id, alias_id FROM aliases WHERE app_id = ? AND label = ?"
            " AND alias_id IN (SELECT value FROM json_each(?))",
            app_id,
            label,
            _array(alias_ids),
        )
        return {row["onesignal_id"]: row["alias_id"] for row in rows}

    def _named(self, condition: str, *params: Any) -> Iterable[FilterSubject]:
        rows = self._rows(condition, *params)
        users = _array({row[2] for row in rows})
        emails = self._store.all(
            "SELECT onesignal_id, token FROM subscriptions"
            f" WHERE +device_type = {EMAIL_TYPE}"
            " AND onesignal_id IN (SELECT value FROM json_each(?))",
            users,
        )
        return _devices(rows, _by_user(emails))

    def _rows(self, condition: str, *params: Any, source: str = "subscriptions s") -> list[Row]:
        return self._store.all(f"{_COLUMNS} FROM {source} {_JOINS} WHERE {condition}", *params)

    def _number(self, sql: str, *params: Any) -> int | None:
        row = self._store.one(sql, *params)
        return None if row is None else row[0]


def _by_user(emails: Iterable[Row]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for onesignal_id, token in emails:
        known = found.get(onesignal_id, frozenset())
        found[onesignal_id] = known | {(token or "").casefold()}
    return found


def _devices(rows: Iterable[Row], emails: Mapping[str, frozenset[str]]) -> Iterator[FilterSubject]:
    nobody = frozenset[str]()
    known_tags: dict[str, dict[str, str]] = {"{}": _NO_TAGS}  # many players have the same ones
    for row in rows:
        tags = known_tags.get(row[6])
        if tags is None:
            tags = known_tags[row[6]] = msgspec.json.decode(row[6])
        yield FilterSubject(
            number=row[0],
            id=row[1],
            onesignal_id=row[2],
            device_type=row[3],
            subscribed=bool(row[4]),
            external_id=row[5],
            tags=tags,
            language=row[7],
            country=row[8],
            lat=row[9],
            long=row[10],
            timezone=row[11],
            session_count=row[12],
            session_time=row[13],
            first_session=row[14],
            last_session=row[15],
            amount_spent=row[16],
            purchases=_NO_PURCHASES if row[17] == "[]" else _paid(row[17]),
            app_version=row[18],
            is_test=bool(row[19]),
            rooted=bool(row[20]),
            emails=emails.get(row[2], nobody),
        )


def _paid(purchases: str) -> dict[str, float]:
    paid: dict[str, float] = {}
    for purchase in msgspec.json.decode(purchases):
        price = float(purchase["amount"]) * int(purchase.get("count", 1))
        paid[purchase["sku"]] = paid.get(purchase["sku"], 0.0) + price
    return paid


def _array(values: Iterable[Any]) -> str:
    return msgspec.json.encode(list(values)).decode()

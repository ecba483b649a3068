"""Exports: gzip CSV files, written when they are asked for and kept for three days."""

from __future__ import annotations

import csv
import io
import secrets
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from onesignal_stub import fields
from onesignal_stub.audience import BySegments
from onesignal_stub.devices import SPAN, DeviceReader, Span
from onesignal_stub.errors import refused
from onesignal_stub.features.segments.core import Segments
from onesignal_stub.prefilter import condition_of
from onesignal_stub.steps import Steps
from server_kit import Clock, Store
from server_kit.store import Row

_KEPT = 3 * 86_400.0
_GZIP = 31  # zlib's number for the largest window and a gzip header
_MOST = 100  # exports that are kept
_COLUMNS = [
    "id",
    "identifier",
    "session_count",
    "language",
    "timezone",
    "game_version",
    "device_os",
    "device_type",
    "device_model",
    "ad_id",
    "tags",
    "last_active",
    "playtime",
    "amount_spent",
    "created_at",
    "invalid_identifier",
    "badge_count",
]
_EXTRA: dict[str, tuple[str, ...]] = {
    "location": ("lat", "long"),
    "country": ("country",),
    "rooted": ("rooted",),
    "notification_types": ("notification_types",),
    "ip": ("ip",),
    "external_user_id": ("external_user_id",),
    "web_auth": ("web_auth",),
    "web_p256": ("web_p256",),
    "onesignal_id": ("onesignal_id",),
    "unsubscribed_at": ("unsubscribed_at",),
    "timezone_id": ("timezone_id",),
}
_SELECT = (
    "SELECT s.number, s.id, s.token AS identifier, s.session_count,"
    " coalesce(s.language, u.language) AS language, s.timezone, s.app_version AS game_version,"
    " s.device_os, s.device_type, s.device_model, s.ad_id, u.tags, s.last_active,"
    " s.session_time AS playtime, u.amount_spent, s.created_at,"
    " CASE WHEN s.subscribed THEN 'f' ELSE 't' END AS invalid_identifier, s.badge_count,"
    " u.lat, u.long, u.country, CASE WHEN s.rooted THEN 't' ELSE 'f' END AS rooted,"
    " s.notification_types, u.ip, a.alias_id AS external_user_id, s.web_auth, s.web_p256,"
    " u.onesignal_id, s.unsubscribed_at, u.timezone_id, s.subscribed"
    " FROM subscriptions s INDEXED BY subscriptions_of_app JOIN users u USING (onesignal_id)"
    " LEFT JOIN aliases a ON a.onesignal_id = s.onesignal_id AND a.label = 'external_id'"
    " WHERE s.app_id = ? AND s.number > ? AND s.number <= ? ORDER BY s.number"
)
_TIMES = ("last_active", "created_at", "unsubscribed_at")


class Exports:
    """Writes CSV files and keeps them for download.

    Args:
        store: The tables.
        clock: The stub's time.
        devices: The devices of all apps.
        segments: The segments of all apps.
    """

    def __init__(
        self, store: Store, clock: Clock, *, devices: DeviceReader, segments: Segments
    ) -> None:
        self._store = store
        self._clock = clock
        self._devices = devices
        self._segments = segments

    def players(self, app_id: str, body: Mapping[str, Any]) -> Steps[str]:
        """Write the players of an app and return the path of the file.

        Raises:
            ApiError: A field is not one that can be exported.
        """
        columns = [*_COLUMNS, *_extra_columns(body)]
        since = fields.number(body, "last_active_since")
        is_wanted = self._members(app_id, body)
        file = _CsvFile(columns)
        for at, span in enumerate(self._devices.spans(app_id)):
            if at:
                yield
            members = is_wanted(span)
            rows = self._store.all(_SELECT, span.app_id, span.after, span.last)
            file.write(
                [_cell(row, column) for column in columns]
                for row in rows
                if (since is None or row["last_active"] > since)
                and (members is None or row["number"] in members)
            )
        return self._add(f"csv_exports/{app_id}", "users", file)

    def knows_segment(self, app_id: str, name: str) -> bool:
        """Whether a segment exists; the file of one that does not has no players."""
        return self._segments.of(app_id).knows(name)

    def events(self, notification: Row) -> Steps[str]:
        """Write the events of a message and return the path of the file."""
        file = _CsvFile(["event", "subscription_id", "onesignal_id", "external_id", "timestamp"])
        for at, rows in enumerate(self._deliveries(notification)):
            if at:
                yield
            file.write(
                [
                    event,
                    row["subscription_id"],
                    row["onesignal_id"],
                    row["external_id"],
                    _time(when),
                ]
                for row in rows
                for event, when in (
                    ("sent", row["sent_at"]),
                    ("received", row["received_at"]),
                    ("clicked", row["clicked_at"]),
                    ("dismissed", row["dismissed_at"]),
                )
                if when is not None
            )
        return self._add(f"csv_exports/{notification['app_id']}", "events", file)

    def history(self, notification: Row, events: str) -> Steps[str]:
        """Write who received, or clicked, a message, and return the path of the file."""
        column = "sent_at" if events == "sent" else "clicked_at"
        channels = {11: "email", 14: "sms"}
        file = _CsvFile(["player_id", "onesignal_id", "external_id", "target_channel", "timestamp"])
        for at, rows in enumerate(self._deliveries(notification)):
            if at:
                yield
            file.write(
                [
                    row["subscription_id"],
                    row["onesignal_id"],
                    row["external_id"],
                    channels.get(row["device_type"], "push"),
                    _time(row[column]),
                ]
                for row in rows
                if row[column] is not None
            )
        return self._add(f"message_history/{notification['app_id']}", events, file)

    def file(self, path: str) -> bytes | None:
        """The file at a path; None if there is none or its three days have passed."""
        row = self._store.one(
            "SELECT content FROM exports WHERE path = ? AND created_at > ?",
            path,
            self._clock.time() - _KEPT,
        )
        return None if row is None else row["content"]

    def _members(self, app_id: str, body: Mapping[str, Any]) -> Callable[[Span], set[int] | None]:
        """Finds the devices of a span that are in the segment which a request names; None: all."""
        name = fields.text(body, "segment_name")
        everybody = bool(fields.flag(body, "include_unsubscribed"))
        if not name:
            return lambda span: None
        segments, now = self._segments.of(app_id), self._clock.time()
        matches = segments.matcher((name,))
        condition = condition_of(BySegments((name,)), segments, now)
        return lambda span: {
            device.number
            for device in self._devices.of_span(span, condition)
            if (everybody or device.subscribed) and matches(device, now)
        }

    def _deliveries(self, notification: Row) -> Iterator[list[Row]]:
        """The deliveries of a message in order, as many at a time as one step takes."""
        after = 0
        while rows := self._store.all(
            "SELECT * FROM deliveries WHERE notification = ? AND number > ?"
            " ORDER BY number LIMIT ?",
            notification["number"],
            after,
            SPAN,
        ):
            yield rows
            after = rows[-1]["number"]

    def _add(self, folder: str, kind: str, file: _CsvFile) -> str:
        today = datetime.fromtimestamp(self._clock.time(), UTC).date()
        path = f"{folder}/{kind}_{secrets.token_hex(16)}_{today}.csv.gz"
        self._store.run(
            "INSERT INTO exports (path, content, created_at) VALUES (?, ?, ?)",
            path,
            file.content(),
            self._clock.time(),
        )
        self._store.run(
            "DELETE FROM exports WHERE rowid <= (SELECT max(rowid) FROM exports) - ?", _MOST
        )
        return path


class _CsvFile:
    """A gzip CSV file that is written part by part."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._compressor = zlib.compressobj(wbits=_GZIP)
        self._written: list[bytes] = []
        self.write([columns])

    def write(self, lines: Iterable[Sequence[Any]]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(lines)
        self._written.append(self._compressor.compress(text.getvalue().encode()))

    def content(self) -> bytes:
        return b"".join([*self._written, self._compressor.flush()])


def _extra_columns(body: Mapping[str, Any]) -> list[str]:
    asked = fields.strings(body, "extra_fields")
    unknown = [name for name in asked if name not in _EXTRA]
    if unknown:
        raise refused(f"extra_fields must be of {', '.join(_EXTRA)}, got {', '.join(unknown)}")
    return [column for name in dict.fromkeys(asked) for column in _EXTRA[name]]


def _cell(row: Row, column: str) -> Any:
    return _time(row[column]) if column in _TIMES else row[column]


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")

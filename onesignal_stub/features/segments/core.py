"""Segments of an app: the default ones and its own."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from onesignal_stub import fields
from onesignal_stub.audience import (
    DEFAULT_SEGMENTS,
    SYNONYMS,
    TEST_USERS,
    BySegments,
    SegmentSet,
)
from onesignal_stub.devices import DeviceReader
from onesignal_stub.errors import ApiError, refused, unsuccessful
from onesignal_stub.filters import MAX_ENTRIES, parse
from onesignal_stub.prefilter import condition_of
from onesignal_stub.room import check_room
from onesignal_stub.steps import Steps
from server_kit import Clock, Store
from server_kit.store import Row

MAX_NAME = 128
MAX_DESCRIPTION = 255
_RESERVED = {*SYNONYMS, TEST_USERS}


class Segments:
    """The segments of all apps.

    Args:
        store: The tables.
        clock: The stub's time.
        devices: The devices of all apps.
    """

    def __init__(self, store: Store, clock: Clock, devices: DeviceReader) -> None:
        self._store = store
        self._clock = clock
        self._devices = devices

    def add_defaults(self, app_id: str) -> None:
        """Give a new app the segments that every app has."""
        for name, filters in DEFAULT_SEGMENTS.items():
            self._insert(app_id, str(uuid.uuid4()), name, filters, None, source="default")

    def of(self, app_id: str) -> SegmentSet:
        """The segments of an app for `audience.select`."""
        rows = self._store.all("SELECT name, filters FROM segments WHERE app_id = ?", app_id)
        return SegmentSet({row["name"]: msgspec.json.decode(row["filters"]) for row in rows})

    def create(self, app_id: str, body: Mapping[str, Any]) -> str:
        """Add a segment and return its id.

        Raises:
            ApiError: The name is missing or taken, the id is taken, or the filters are wrong.
        """
        name = _name(body)
        filters = _filters(body)
        if filters is None:
            raise unsuccessful("filters is required")
        segment_id = _segment_id(body)
        if self._store.one("SELECT 1 FROM segments WHERE id = ?", segment_id) is not None:
            raise unsuccessful("Segment with the given id already exists.", status=409)
        self._check_free(app_id, name, segment_id)
        self._insert(app_id, segment_id, name, filters, _description(body), source="custom")
        return segment_id

    def update(self, app_id: str, segment_id: str, body: Mapping[str, Any]) -> None:
        """Change the fields that are there.

        Raises:
            ApiError: There is no such segment, or a field breaks a rule.
        """
        row = self._row(app_id, segment_id)
        if row is None:
            raise unsuccessful("segment not found", status=404)
        name = _name(body) if "name" in body else row["name"]
        self._check_free(app_id, name, row["id"])
        filters = _filters(body)
        description = _description(body) if "description" in body else row["description"]
        self._store.run(
            "UPDATE segments SET name = ?, filters = ?, description = ?, updated_at = ?"
            " WHERE id = ?",
            name,
            row["filters"] if filters is None else msgspec.json.encode(filters).decode(),
            description,
            self._clock.time(),
            row["id"],
        )
        check_room(self._store, "segments", "filters", app_id, refuse=unsuccessful)

    def delete(self, app_id: str, segment_id: str) -> bool:
        """Remove a segment, its devices stay; False if there is none."""
        return bool(
            self._store.run(
                "DELETE FROM segments WHERE app_id = ? AND id = ?", app_id, segment_id.lower()
            )
        )

    def page(self, app_id: str, *, limit: int, offset: int) -> list[Row]:
        """Segments, the oldest first."""
        return self._store.all(
            "SELECT * FROM segments WHERE app_id = ? ORDER BY number LIMIT ? OFFSET ?",
            app_id,
            limit,
            offset,
        )

    def count(self, app_id: str) -> int:
        """How many segments an app has."""
        row = self._store.one("SELECT count(*) FROM segments WHERE app_id = ?", app_id)
        return 0 if row is None else int(row[0])

    def get(self, app_id: str, segment_id: str) -> Row:
        """The row of a segment.

        Raises:
            ApiError: There is none.
        """
        row = self._row(app_id, segment_id)
        if row is None:
            raise refused("segment not found", status=404)
        return row

    def subscribers(self, app_id: str, name: str) -> Steps[int]:
        """How many subscribed records of any channel are in a segment."""
        segments, now = self.of(app_id), self._clock.time()
        matches = segments.matcher((name,))
        condition = condition_of(BySegments((name,)), segments, now)
        count = 0
        for at, span in enumerate(self._devices.spans(app_id)):
            if at:
                yield
            devices = self._devices.of_span(span, condition)
            count += sum(1 for device in devices if device.subscribed and matches(device, now))
        return count

    def _row(self, app_id: str, segment_id: str) -> Row | None:
        return self._store.one(
            "SELECT * FROM segments WHERE app_id = ? AND id = ?", app_id, segment_id.lower()
        )

    def _check_free(self, app_id: str, name: str, segment_id: str) -> None:
        taken = self._store.one(
            "SELECT 1 FROM segments WHERE app_id = ? AND name = ? AND id <> ?",
            app_id,
            name,
            segment_id,
        )
        if taken is not None or name in _RESERVED:
            raise unsuccessful("Segment name is already taken.")

    def _insert(
        self,
        app_id: str,
        segment_id: str,
        name: str,
        filters: Sequence[Any],
        description: str | None,
        *,
        source: str,
    ) -> None:
        now = self._clock.time()
        self._store.run(
            "INSERT INTO segments"
            " (id, app_id, name, description, filters, source, created_at, updated_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            segment_id,
            app_id,
            name,
            description,
            msgspec.json.encode(filters).decode(),
            source,
            now,
            now,
        )
        check_room(self._store, "segments", "filters", app_id, refuse=unsuccessful)


def _name(body: Mapping[str, Any]) -> str:
    name = body.get("name")
    if not isinstance(name, str) or not name.strip():
        raise unsuccessful("name is required")
    if len(name) > MAX_NAME:
        raise unsuccessful(f"name is limited to {MAX_NAME} characters")
    return name


def _description(body: Mapping[str, Any]) -> str | None:
    description = fields.text(body, "description")
    if description is not None and len(description) > MAX_DESCRIPTION:
        raise unsuccessful(f"description is limited to {MAX_DESCRIPTION} characters")
    return description or None


def _segment_id(body: Mapping[str, Any]) -> str:
    given = body.get("id")
    if not given:
        return str(uuid.uuid4())
    if not fields.is_uuid(given):
        raise unsuccessful("id must be a valid UUID")
    return str(given).lower()


def _filters(body: Mapping[str, Any]) -> list[Any] | None:
    filters = body.get("filters")
    if filters is None:
        return None
    if not isinstance(filters, list) or len(filters) > MAX_ENTRIES:
        raise unsuccessful(f"filters must be an array of at most {MAX_ENTRIES} entries")
    try:
        parse(filters)
    except ApiError as error:
        raise unsuccessful(*error.body["errors"]) from None
    return filters

"""Journeys: kept, changed, started and stopped. Nobody travels through them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from onesignal_stub.errors import refused
from onesignal_stub.features.journeys.definition import (
    BLANK,
    MAX_NAME,
    Definition,
    JourneySchedule,
    Known,
    known_ids,
    merge_patch,
    read_definition,
    with_new_ids,
)
from onesignal_stub.features.journeys.nodes import SENDING_KINDS, branches_of, kind_of, walk
from onesignal_stub.room import check_room
from onesignal_stub.times import iso
from server_kit import Clock, Store
from server_kit.store import Row

SCHEMA = """
-- The times are those of a journey's schedule; its definition has them as they were written.
CREATE TABLE journeys (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    app_id TEXT NOT NULL REFERENCES apps (id),
    state TEXT NOT NULL CHECK (state IN ('draft', 'scheduled', 'active', 'archived')),
    definition TEXT NOT NULL,
    start_at REAL,
    stop_at REAL,
    concurrency_key TEXT NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    started_at REAL,
    archived_at REAL
);
CREATE INDEX journeys_of_app ON journeys (app_id, number);
"""

_COPY = " (Copy)"
_SOONEST_START = 300
_SERVER_CONTROLLED = (
    "id",
    "app_id",
    "state",
    "created_at",
    "updated_at",
    "started_at",
    "archived_at",
    "created_source",
    "concurrency_key",
)
_NEXT_STATES = {
    "draft": ("scheduled", "active"),
    "scheduled": ("draft", "active"),
    "active": ("archived",),
    "archived": (),
}


class Journeys:
    """The journeys of all apps.

    Args:
        store: The tables.
        clock: The stub's time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def create(self, app_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Add a draft and return it.

        Raises:
            ApiError: A field breaks a rule, or is not the caller's to set.
        """
        _refuse_controlled(body)
        definition = read_definition(merge_patch(BLANK, body), Known())
        return self._add(app_id, definition)

    def duplicate(
        self, app_id: str, journey_id: str, overrides: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Add a draft that is a copy, but for some fields and the schedule, and return it.

        Raises:
            ApiError: There is no such journey, or an override breaks a rule.
        """
        _refuse_controlled(overrides)
        copied = with_new_ids(_definition(self._row(app_id, journey_id)))
        copied.name = copied.name[: MAX_NAME - len(_COPY)] + _COPY
        copied.schedule = None
        known = Known() if "nodes" in overrides else known_ids(copied)
        definition = read_definition(merge_patch(_plain(copied), overrides), known)
        return self._add(app_id, definition)

    def view(self, app_id: str, journey_id: str) -> dict[str, Any]:
        """A journey as OneSignal shows it.

        Raises:
            ApiError: There is none.
        """
        return _json(self._row(app_id, journey_id))

    def page(
        self, app_id: str, *, limit: int, before: int | None
    ) -> tuple[list[dict[str, Any]], int | None]:
        """Summaries, the newest first, and where the next page begins if there is one."""
        self._keep_schedules()
        rows = self._store.all(
            "SELECT * FROM journeys WHERE app_id = ? AND number < ? ORDER BY number DESC LIMIT ?",
            app_id,
            (1 << 63) - 1 if before is None else before,
            limit + 1,
        )
        more = rows[limit - 1]["number"] if len(rows) > limit else None
        return [_summary(row) for row in rows[:limit]], more

    def update(self, app_id: str, journey_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Merge changes into a journey, bring it into another state, and return it.

        Raises:
            ApiError: There is no such journey, it has changed meanwhile, a field breaks a rule,
                or the state cannot follow the present one.
        """
        row = self._row(app_id, journey_id)
        state = body.get("state", row["state"])
        if not isinstance(state, str) or state not in _NEXT_STATES:
            raise refused(f"state must be one of {', '.join(_NEXT_STATES)}")
        _check_key(row, body)
        return self._change(row, merge_patch(_plain(_definition(row)), body), state)

    def update_node(
        self, app_id: str, journey_id: str, node_id: str, body: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Merge changes into one node and return the journey.

        Raises:
            ApiError: There is no such journey or node, the journey has changed meanwhile, or a
                field breaks a rule.
        """
        row = self._row(app_id, journey_id)
        plain = _plain(_definition(row))
        node = next((node for node in plain_nodes(plain) if node["id"] == node_id), None)
        if node is None:
            raise refused("Journey node not found", status=404)
        _check_key(row, body)
        changed = merge_patch(node, body)
        if (changed.get("id"), changed.get("kind")) != (node["id"], node["kind"]):
            raise refused("the kind and id of a node cannot be changed", status=422)
        node.clear()
        node.update(changed)
        return self._change(row, plain, row["state"])

    def delete(self, app_id: str, journey_id: str) -> None:
        """Remove a journey.

        Raises:
            ApiError: There is none.
        """
        self._store.run("DELETE FROM journeys WHERE id = ?", self._row(app_id, journey_id)["id"])

    def stats(self, app_id: str, journey_id: str) -> dict[str, Any]:
        """The counts of a journey: all 0, for nobody enters one in the stub.

        Raises:
            ApiError: There is no such journey.
        """
        row = self._row(app_id, journey_id)
        nodes, branches = {}, {}
        for node in walk(_definition(row).nodes):
            nodes[str(node.id)] = _node_stats(kind_of(node))
            for branch in branches_of(node):
                branches[str(branch.id)] = {"completed": 0}
        return {
            "id": row["id"],
            "started": 0,
            "completed": 0,
            "exited_early": 0,
            "nodes": nodes,
            "branches": branches,
        }

    def _add(self, app_id: str, definition: Definition) -> dict[str, Any]:
        now = self._clock.time()
        schedule = definition.schedule or JourneySchedule()
        _check_future(schedule, now)
        journey_id = str(uuid.uuid4())
        self._store.run(
            "INSERT INTO journeys (id, app_id, state, definition, start_at, stop_at,"
            " concurrency_key, created_at, updated_at) VALUES (?, ?, 'draft', ?, ?, ?, ?, ?, ?)",
            journey_id,
            app_id,
            msgspec.json.encode(definition).decode(),
            schedule.start,
            schedule.stop,
            uuid.uuid4().hex,
            now,
            now,
        )
        check_room(self._store, "journeys", "definition", app_id)
        return self.view(app_id, journey_id)

    def _change(self, row: Row, merged: Mapping[str, Any], state: str) -> dict[str, Any]:
        old = _definition(row)
        definition = read_definition(merged, known_ids(old))
        schedule = definition.schedule or JourneySchedule()
        now = self._clock.time()
        if schedule != old.schedule:
            _check_future(schedule, now)
        _check_state(row["state"], state, schedule, now)
        self._store.run(
            "UPDATE journeys SET state = ?, definition = ?, start_at = ?, stop_at = ?,"
            " concurrency_key = ?, updated_at = ?, started_at = ?, archived_at = ? WHERE id = ?",
            state,
            msgspec.json.encode(definition).decode(),
            schedule.start,
            schedule.stop,
            uuid.uuid4().hex,
            now,
            now if state == "active" != row["state"] else row["started_at"],
            now if state == "archived" != row["state"] else row["archived_at"],
            row["id"],
        )
        check_room(self._store, "journeys", "definition", row["app_id"])
        return self.view(row["app_id"], row["id"])

    def _row(self, app_id: str, journey_id: str) -> Row:
        self._keep_schedules()
        row = self._store.one(
            "SELECT * FROM journeys WHERE app_id = ? AND id = ?", app_id, journey_id.lower()
        )
        if row is None:
            raise refused("Journey not found", status=404)
        return row

    def _keep_schedules(self) -> None:
        """Start and stop the journeys whose time has come since somebody last looked."""
        now = self._clock.time()
        self._store.run(
            "UPDATE journeys SET state = 'active', started_at = start_at, updated_at = start_at"
            " WHERE state = 'scheduled' AND start_at <= ?",
            now,
        )
        self._store.run(
            "UPDATE journeys SET state = 'archived', archived_at = stop_at, updated_at = stop_at"
            " WHERE state = 'active' AND stop_at <= ?",
            now,
        )


def _refuse_controlled(body: Mapping[str, Any]) -> None:
    for name in _SERVER_CONTROLLED:
        if name in body:
            raise refused(f"{name} is set by the server and cannot be sent")


def _check_key(row: Row, body: Mapping[str, Any]) -> None:
    if body.get("concurrency_key") not in (None, row["concurrency_key"]):
        raise refused("The journey has changed since this concurrency_key was read", status=409)


def _check_future(schedule: JourneySchedule, now: float) -> None:
    if schedule.start is not None and schedule.start < now + _SOONEST_START:
        raise refused("schedule.start_at must be at least 5 minutes in the future")
    if schedule.stop is not None and schedule.stop <= now:
        raise refused("schedule.stop_at must be in the future")


def _check_state(old: str, new: str, schedule: JourneySchedule, now: float) -> None:
    if new != old and new not in _NEXT_STATES[old]:
        raise refused(f"A journey in state {old} cannot become {new}", status=422)
    if new == "scheduled" and (schedule.start is None or schedule.start <= now):
        raise refused("A scheduled journey needs a future schedule.start_at", status=422)


def _definition(row: Row) -> Definition:
    return msgspec.json.decode(row["definition"], type=Definition)


def _plain(definition: Definition) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(definition)
    return plain


def plain_nodes(graph: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """All nodes of a journey in its JSON form, those inside branches too."""
    for node in graph["nodes"]:
        yield node
        for branch in node.get("branches", ()):
            yield from plain_nodes(branch)


def _node_stats(kind: str) -> dict[str, Any]:
    stats: dict[str, Any] = {"kind": kind, "waiting": 0, "completed": 0, "exited_early": 0}
    return stats | {"message_stats": {"totals": {}}} if kind in SENDING_KINDS else stats


def _json(row: Row) -> dict[str, Any]:
    return _state(row) | _plain(_definition(row)) | {"concurrency_key": row["concurrency_key"]}


def _summary(row: Row) -> dict[str, Any]:
    plain = _plain(_definition(row))
    return _state(row) | {
        "name": plain["name"],
        "audience": {"kind": plain["audience"]["kind"]},
        "reentry_rules": plain["reentry_rules"],
        "schedule": plain["schedule"],
    }


def _state(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "app_id": row["app_id"],
        "state": row["state"],
        "created_source": "public_api",
        **{
            name: None if row[name] is None else iso(row[name])
            for name in ("created_at", "updated_at", "started_at", "archived_at")
        },
    }

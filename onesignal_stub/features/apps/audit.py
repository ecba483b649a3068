"""The audit log: the changes made with the account's key."""

from __future__ import annotations

from typing import Any

from multidict import MultiMapping

from onesignal_stub import fields
from onesignal_stub.errors import refused
from onesignal_stub.paging import read_cursor
from onesignal_stub.times import iso, parse_time
from server_kit import Clock, Store
from server_kit.store import Row

KEPT = 100_000
"""How many entries are kept, of all apps together; the oldest are dropped beyond it."""

_MAX_PAGE = 100
_FILTERS = {
    "app_ids": "app_id",
    "actions": "action",
    "target_types": "target_type",
    "target_ids": "target_id",
}


class AuditLog:
    """The log of one account.

    Args:
        store: The tables.
        clock: The stub's time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def write(self, action: str, kind: str, target_id: str, *, app_id: str) -> None:
        """Note an action, as `app.created`, on a target of some kind."""
        self._store.run(
            "INSERT INTO audit_logs (app_id, action, target_type, target_id, time)"
            " VALUES (?, ?, ?, ?, ?)",
            app_id,
            action,
            kind,
            target_id,
            self._clock.time(),
        )
        self._store.keep_newest("audit_logs", KEPT)

    def page(self, organization_id: str, query: MultiMapping[str]) -> dict[str, Any]:
        """A page of the log, the oldest first, as OneSignal answers it.

        Args:
            organization_id: Shown in each entry.
            query: `limit`, `cursor` or `start_time` and `end_time`, and filters.

        Raises:
            ApiError: A time, the limit or the cursor cannot be read.
        """
        limit = fields.integer(query, "limit")
        limit = _MAX_PAGE if limit is None else max(1, min(limit, _MAX_PAGE))
        condition, params = _condition(query)
        rows = self._store.all(
            f"SELECT * FROM audit_logs WHERE {condition} ORDER BY number LIMIT ?",
            *params,
            limit + 1,
        )
        shown = rows[:limit]
        page: dict[str, Any] = {
            "audit_logs": [_json(row, organization_id) for row in shown],
            "has_more": len(rows) > limit,
        }
        if page["has_more"]:
            page["next_cursor"] = str(shown[-1]["number"])
        return page


def _condition(query: MultiMapping[str]) -> tuple[str, list[Any]]:
    terms, params = ["1"], list[Any]()
    cursor = read_cursor(query)
    if cursor is not None:
        terms.append("number > ?")
        params.append(cursor)
    else:
        for name, comparison in (("start_time", ">="), ("end_time", "<=")):
            if name in query:
                terms.append(f"time {comparison} ?")
                params.append(_timestamp(name, query[name]))
    for name, column in _FILTERS.items():
        values = [value for text in query.getall(name, []) for value in text.split(",")]
        if values:
            terms.append(f"{column} IN ({', '.join('?' * len(values))})")
            params += values
    return " AND ".join(terms), params


def _timestamp(name: str, text: str) -> float:
    try:
        return parse_time(text).timestamp()
    except ValueError:
        raise refused(f"{name} must be a time in ISO 8601") from None


def _json(row: Row, organization_id: str) -> dict[str, Any]:
    return {
        "id": str(row["number"]),
        "version": 1,
        "organization_id": organization_id,
        "app_id": row["app_id"],
        "action": row["action"],
        "occurred_at": iso(row["time"]),
        "actor": {"type": "api_key"},
        "targets": [{"type": row["target_type"], "id": row["target_id"]}],
    }

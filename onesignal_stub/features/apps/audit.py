"""The audit log: what was done with the account's key."""

from __future__ import annotations

from typing import Any

from onesignal_stub.times import iso
from server_kit import Clock, Store


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

    def newest(self, organization_id: str) -> list[dict[str, Any]]:
        """Every entry as OneSignal shows it, the newest first."""
        rows = self._store.all("SELECT * FROM audit_logs ORDER BY number DESC")
        return [
            {
                "id": str(row["number"]),
                "version": 1,
                "organization_id": organization_id,
                "app_id": row["app_id"],
                "action": row["action"],
                "occurred_at": iso(row["time"]),
                "actor": {"type": "api_key"},
                "targets": [{"type": row["target_type"], "id": row["target_id"]}],
            }
            for row in rows
        ]

"""Notifications: who gets one, and the record of each delivery."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import msgspec

from onesignal_stub.features.notifications import request
from onesignal_stub.features.notifications.content import content_for
from onesignal_stub.pushes import Pushes
from server_kit import Clock, Store
from server_kit.store import Row

NOBODY = "All included players are not subscribed"


class Notifications:
    """The notifications of all apps.

    Args:
        store: The tables.
        clock: The stub's time.
        pushes: The record of what was sent.
    """

    def __init__(self, store: Store, clock: Clock, pushes: Pushes) -> None:
        self._store = store
        self._clock = clock
        self._pushes = pushes

    def create(self, app_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Send a notification and return OneSignal's answer.

        Raises:
            ApiError: The request breaks a rule; nothing is recorded then.
        """
        ids = request.player_ids(body)
        request.check_content(body)
        found = self._devices(app_id, ids)
        receivers = [row for row in found if row["subscribed"]]
        unsubscribed = [row["id"] for row in found if not row["subscribed"]]
        if not receivers:
            return {"id": "", "recipients": 0, "errors": [NOBODY]}
        notification_id = self._record(app_id, body, len(receivers))
        self._deliver(notification_id, body, receivers)
        answer: dict[str, Any] = {
            "id": notification_id,
            "recipients": len(receivers),
            "external_id": None,
        }
        if unsubscribed:
            answer["errors"] = {"invalid_player_ids": unsubscribed}
        return answer

    def _devices(self, app_id: str, ids: list[str]) -> list[Row]:
        return self._store.all(
            "SELECT s.*, u.language, a.alias_id AS external_id FROM subscriptions s"
            " JOIN users u USING (onesignal_id)"
            " LEFT JOIN aliases a"
            "   ON a.onesignal_id = s.onesignal_id AND a.label = 'external_id'"
            " WHERE s.app_id = ? AND s.id IN (SELECT value FROM json_each(?))"
            " ORDER BY s.number",
            app_id,
            msgspec.json.encode(ids).decode(),
        )

    def _record(self, app_id: str, body: Mapping[str, Any], recipients: int) -> str:
        notification_id = str(uuid.uuid4())
        now = self._clock.time()
        self._store.run(
            "INSERT INTO notifications"
            " (id, app_id, request, recipients, queued_at, send_after, state, completed_at)"
            " VALUES (?, ?, ?, ?, ?, ?, 'sent', ?)",
            notification_id,
            app_id,
            msgspec.json.encode(body).decode(),
            recipients,
            now,
            now,
            now,
        )
        return notification_id

    def _deliver(self, notification_id: str, body: Mapping[str, Any], rows: list[Row]) -> None:
        now = self._clock.time()
        for row in rows:
            content = content_for(row["language"], body)
            self._store.run(
                "INSERT INTO deliveries (notification_id, subscription_id, onesignal_id,"
                " external_id, device_type, language, heading, subtitle, contents, sent_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                notification_id,
                row["id"],
                row["onesignal_id"],
                row["external_id"],
                row["device_type"],
                content.language,
                content.heading,
                content.subtitle,
                content.contents,
                now,
            )
        self._pushes.announce()

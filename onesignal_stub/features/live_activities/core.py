"""Live Activities: the devices that show one, and the messages that change it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from onesignal_stub import fields
from onesignal_stub.devices import DeviceReader
from onesignal_stub.errors import refused
from onesignal_stub.features.notifications.checks import DEFAULT_TTL
from onesignal_stub.features.notifications.delivery import Delivery
from onesignal_stub.features.notifications.explanation import Explained, Explanation
from onesignal_stub.features.notifications.idempotency import IdempotencyStore, key_of
from onesignal_stub.features.notifications.messages import Asked, Messages
from onesignal_stub.features.notifications.recipients import RecipientResolver
from onesignal_stub.features.notifications.schedule import DeliverySchedule
from onesignal_stub.features.notifications.targeting import target_of
from onesignal_stub.filters import FilterSubject
from server_kit import Clock, Store

_IOS = 0


class LiveActivities:
    """The Live Activities of all apps.

    Args:
        store: The tables.
        clock: The stub's time.
        idempotency: The first answers to requests with an idempotency key.
        devices: The devices that may show one.
        resolver: Finds the recipients of a start.
        messages: Keeps for the inbox what was sent.
        delivery: Sends the changes.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        idempotency: IdempotencyStore,
        devices: DeviceReader,
        resolver: RecipientResolver,
        messages: Messages,
        delivery: Delivery,
    ) -> None:
        self._store = store
        self._clock = clock
        self._idempotency = idempotency
        self._devices = devices
        self._resolver = resolver
        self._messages = messages
        self._delivery = delivery

    def begin(self, app_id: str, activity_id: str, body: Mapping[str, Any]) -> None:
        """Note that a device shows an activity.

        Raises:
            ApiError: `push_token` or `subscription_id` is missing.
        """
        token = fields.text(body, "push_token")
        subscription_id = fields.text(body, "subscription_id")
        if not token or not subscription_id:
            raise refused("push_token and subscription_id are required")
        self._join(app_id, activity_id, subscription_id.lower(), token)

    def leave(self, app_id: str, activity_id: str, subscription_id: str) -> None:
        """Note that a device shows an activity no more."""
        self._store.run(
            "DELETE FROM live_activity_tokens"
            " WHERE app_id = ? AND activity_id = ? AND subscription_id = ?",
            app_id,
            activity_id,
            subscription_id.lower(),
        )

    def update(self, app_id: str, activity_id: str, body: Mapping[str, Any]) -> str:
        """Change or end an activity on all devices that show it; returns the message's id.

        Raises:
            ApiError: A required field is missing, or the activity has ended.
        """
        if body.get("event") not in ("update", "end"):
            raise refused("event must be update or end")
        _require(body, "event_updates", "name")
        if self._has_ended(app_id, activity_id):
            raise refused(f"Live Activity {activity_id} has ended")
        rows = self._store.all(
            "SELECT subscription_id FROM live_activity_tokens WHERE app_id = ? AND activity_id = ?",
            app_id,
            activity_id,
        )
        devices = self._devices.by_ids(app_id, [row["subscription_id"] for row in rows])
        message_id = self._send(
            app_id, {**body, "activity_id": activity_id}, sorted(devices, key=_number)
        )
        if body["event"] == "end":
            self._store.run(
                "INSERT OR REPLACE INTO live_activities (app_id, activity_id, ended)"
                " VALUES (?, ?, 1)",
                app_id,
                activity_id,
            )
        return message_id

    def start(self, app_id: str, activity_type: str, body: Mapping[str, Any]) -> tuple[str, bool]:
        """Start an activity by push on the iOS devices that are targeted.

        Returns:
            The message's id, and whether an earlier request with this idempotency key sent it.

        Raises:
            ApiError: A required field is missing, or the targeting is wrong.
        """
        if body.get("event") != "start":
            raise refused("event must be start")
        key = key_of(body)
        first = self._idempotency.get(app_id, key)
        if first is not None:
            return first["id"], True
        _require(body, "event_attributes", "event_updates", "name", "contents", "headings")
        activity_id = fields.text(body, "activity_id")
        if not activity_id:
            raise refused("activity_id is required")
        resolved = self._resolver.resolve(app_id, target_of(body), now=self._clock.time())
        devices = [device for device in resolved.audience.recipients if device.device_type == _IOS]
        self._store.run(
            "DELETE FROM live_activities WHERE app_id = ? AND activity_id = ?", app_id, activity_id
        )
        for device in devices:
            self._join(app_id, activity_id, device.id, None)
        message_id = self._send(app_id, {**body, "activity_type": activity_type}, devices)
        self._idempotency.put(app_id, key, {"id": message_id})
        return message_id, False

    def _join(self, app_id: str, activity_id: str, subscription_id: str, token: str | None) -> None:
        self._store.run(
            "INSERT OR REPLACE INTO live_activity_tokens"
            " (app_id, activity_id, subscription_id, push_token) VALUES (?, ?, ?, ?)",
            app_id,
            activity_id,
            subscription_id,
            token,
        )

    def _has_ended(self, app_id: str, activity_id: str) -> bool:
        row = self._store.one(
            "SELECT ended FROM live_activities WHERE app_id = ? AND activity_id = ?",
            app_id,
            activity_id,
        )
        return row is not None and bool(row["ended"])

    def _send(self, app_id: str, request: dict[str, Any], devices: Sequence[FilterSubject]) -> str:
        message_id = str(uuid.uuid4())
        now = self._clock.time()
        row = self._store.one(
            "INSERT INTO notifications (id, app_id, request, state, recipients, queued_at,"
            " send_after, ttl) VALUES (?, ?, ?, 'sending', ?, ?, ?, ?) RETURNING number",
            message_id,
            app_id,
            msgspec.json.encode(request).decode(),
            len(devices),
            now,
            now,
            DEFAULT_TTL,
        )
        assert row is not None
        way = f"live activity {request['activity_id']}"
        explained = Explained(Explanation("ids", (way,)))
        self._messages.add(Asked(app_id, request, request), explained, notification=row["number"])
        self._delivery.begin(row["number"], request, DeliverySchedule(now), devices, {})
        return message_id


def _require(body: Mapping[str, Any], *names: str) -> None:
    for name in names:
        if body.get(name) in (None, ""):
            raise refused(f"{name} is required")
    for name in ("event_attributes", "event_updates"):
        fields.mapping(body, name)
    for name in ("contents", "headings"):
        fields.texts(body, name)


def _number(device: FilterSubject) -> int:
    return device.number

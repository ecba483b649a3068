"""Live Activities: the devices that show one, and the messages that change it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from onesignal_stub import fields
from onesignal_stub.audience import Target
from onesignal_stub.devices import SPAN, DeviceReader
from onesignal_stub.errors import refused
from onesignal_stub.features.notifications.checks import DEFAULT_TTL
from onesignal_stub.features.notifications.delivery import Delivery
from onesignal_stub.features.notifications.explanation import Explained, Explanation
from onesignal_stub.features.notifications.idempotency import IdempotencyStore, key_of
from onesignal_stub.features.notifications.messages import Messages, SendRequest
from onesignal_stub.features.notifications.recipients import RecipientResolver
from onesignal_stub.features.notifications.schedule import DeliverySchedule
from onesignal_stub.features.notifications.targeting import target_of
from onesignal_stub.filters import FilterSubject
from onesignal_stub.steps import Steps
from server_kit import Clock, Store

KEPT = 500_000
"""How many devices that show an activity, and how many activities that ended, are remembered."""

_IOS = 0
_Devices: TypeAlias = Iterator[Sequence[FilterSubject] | None]


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

    def update(self, app_id: str, activity_id: str, body: Mapping[str, Any]) -> Steps[str]:
        """Change or end an activity on all devices that show it; returns the message's id.

        Raises:
            ApiError: A required field is missing, or the activity has ended.
        """
        if body.get("event") not in ("update", "end"):
            raise refused("event must be update or end")
        _require(body, "event_updates", "name")
        if self._has_ended(app_id, activity_id):
            raise refused(f"Live Activity {activity_id} has ended")
        request = {**body, "activity_id": activity_id}
        message_id = yield from self._send(app_id, request, self._showing(app_id, activity_id))
        if body["event"] == "end":
            self._store.run(
                "INSERT OR REPLACE INTO live_activities (app_id, activity_id, ended)"
                " VALUES (?, ?, 1)",
                app_id,
                activity_id,
            )
            self._store.keep_newest("live_activities", KEPT)
        return message_id

    def start(
        self, app_id: str, activity_type: str, body: Mapping[str, Any]
    ) -> Steps[tuple[str, bool]]:
        """Start an activity by push on the iOS devices that are targeted.

        Returns:
            The message's id, and whether an earlier request with this idempotency key sent it.

        Raises:
            ApiError: A required field is missing, or the targeting is wrong.
        """
        if body.get("event") != "start":
            raise refused("event must be start")
        key = key_of(body)
        with (yield from self._idempotency.turn(app_id, key)):
            first = self._idempotency.get(app_id, key)
            if first is not None:
                return first["id"], True
            _require(body, "event_attributes", "event_updates", "name", "contents", "headings")
            activity_id = fields.text(body, "activity_id")
            if not activity_id:
                raise refused("activity_id is required")
            target = target_of(body)
            self._store.run(
                "DELETE FROM live_activities WHERE app_id = ? AND activity_id = ?",
                app_id,
                activity_id,
            )
            request = {**body, "activity_type": activity_type}
            starting = self._starting(app_id, activity_id, target)
            message_id = yield from self._send(app_id, request, starting)
            self._idempotency.put(app_id, key, {"id": message_id})
            return message_id, False

    def _showing(self, app_id: str, activity_id: str) -> _Devices:
        """The devices that show an activity; None is a turn for others."""
        after = ""
        while ids := [
            row["subscription_id"]
            for row in self._store.all(
                "SELECT subscription_id FROM live_activity_tokens WHERE app_id = ?"
                " AND activity_id = ? AND subscription_id > ? ORDER BY subscription_id LIMIT ?",
                app_id,
                activity_id,
                after,
                SPAN,
            )
        ]:
            yield sorted(self._devices.by_ids(app_id, ids), key=_number)
            if len(ids) < SPAN:
                return
            after = ids[-1]
            yield None

    def _starting(self, app_id: str, activity_id: str, target: Target) -> _Devices:
        """The devices that are to show an activity, and do so now; None is a turn for others."""
        now = self._clock.time()
        segments = self._resolver.segments_of(app_id, target)
        for batch in self._resolver.batches(app_id, target, segments, now=now, by_span=False):
            if batch is None:
                yield None
                continue
            devices = [each for each in batch.audience.recipients if each.device_type == _IOS]
            for device in devices:
                self._join(app_id, activity_id, device.id, None)
            yield devices

    def _join(self, app_id: str, activity_id: str, subscription_id: str, token: str | None) -> None:
        self._store.run(
            "INSERT OR REPLACE INTO live_activity_tokens"
            " (app_id, activity_id, subscription_id, push_token) VALUES (?, ?, ?, ?)",
            app_id,
            activity_id,
            subscription_id,
            token,
        )
        self._store.keep_newest("live_activity_tokens", KEPT)

    def _has_ended(self, app_id: str, activity_id: str) -> bool:
        row = self._store.one(
            "SELECT ended FROM live_activities WHERE app_id = ? AND activity_id = ?",
            app_id,
            activity_id,
        )
        return row is not None and bool(row["ended"])

    def _send(self, app_id: str, request: dict[str, Any], groups: _Devices) -> Steps[str]:
        message_id = str(uuid.uuid4())
        schedule = DeliverySchedule(self._clock.time())
        count, recorder = 0, self._delivery.recorder
        with recorder.recording(recorder.new_number(), request, schedule) as recording:
            for devices in groups:
                if devices is None:
                    recording.hide()
                    yield
                else:
                    recording.add(devices, {})
                    count += len(devices)
            self._store.run(
                "INSERT INTO notifications (number, id, app_id, request, state, recipients,"
                " queued_at, send_after, ttl) VALUES (?, ?, ?, ?, 'sending', ?, ?, ?, ?)",
                recording.number,
                message_id,
                app_id,
                msgspec.json.encode(request).decode(),
                count,
                schedule.at,
                schedule.at,
                DEFAULT_TTL,
            )
            way = f"live activity {request['activity_id']}"
            explained = Explained(Explanation("ids", (way,)))
            self._messages.add(
                SendRequest(app_id, request, request), explained, notification=recording.number
            )
            recording.show()
        yield from self._delivery.end(recording.number, schedule)
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

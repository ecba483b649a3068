"""Notifications: created, scheduled, repeated harmlessly, cancelled."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import msgspec
from attrs import frozen

from onesignal_stub import fields
from onesignal_stub.audience import RecipientIds
from onesignal_stub.errors import refused
from onesignal_stub.features.notifications import checks
from onesignal_stub.features.notifications.delivery import Delivery
from onesignal_stub.features.notifications.idempotency import IdempotencyStore, key_of
from onesignal_stub.features.notifications.messages import Messages, SendRequest
from onesignal_stub.features.notifications.recipients import RecipientResolver
from onesignal_stub.features.notifications.schedule import DeliverySchedule, schedule_of
from onesignal_stub.features.notifications.sending import MessageSender, Sent
from onesignal_stub.features.notifications.targeting import target_of
from onesignal_stub.features.templates.core import Templates
from onesignal_stub.steps import Steps
from server_kit import Clock, Store
from server_kit.store import Row

NOBODY = "All included players are not subscribed"
ALREADY_SENT = "Notification has already been sent to all recipients"


@frozen
class Created:
    """The answer to a create request.

    Attributes:
        body: Its JSON.
        replayed: It is the answer to an earlier request with the same idempotency key.
        ignored: Segments in the request that do not exist, for the journal.
    """

    body: dict[str, Any]
    replayed: bool = False
    ignored: tuple[str, ...] = ()


class NotificationService:
    """The notifications of all apps.

    Args:
        store: The tables.
        clock: The stub's time.
        idempotency: The first answers to requests with an idempotency key.
        templates: The content that a notification may use.
        resolver: Finds the recipients.
        sender: Sends it to them.
        messages: Keeps for the inbox what was requested and who receives it.
        delivery: Completes it, at once or when it is due.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        idempotency: IdempotencyStore,
        templates: Templates,
        resolver: RecipientResolver,
        sender: MessageSender,
        messages: Messages,
        delivery: Delivery,
    ) -> None:
        self._store = store
        self._clock = clock
        self._idempotency = idempotency
        self._templates = templates
        self._resolver = resolver
        self._sender = sender
        self._messages = messages
        self._delivery = delivery

    def create(
        self, app_id: str, body: Mapping[str, Any], unread: tuple[str, ...] = ()
    ) -> Steps[Created]:
        """Send or schedule a notification.

        Args:
            app_id: The app.
            body: The request.
            unread: What of the request is not read, for the inbox.

        Raises:
            ApiError: The request breaks a rule; nothing is recorded then.
        """
        key = key_of(body)
        with (yield from self._idempotency.turn(app_id, key)):
            first = self._idempotency.get(app_id, key)
            if first is not None:
                return Created(first, replayed=True)
            return (yield from self._create(app_id, body, unread, key))

    def _create(
        self, app_id: str, body: Mapping[str, Any], unread: tuple[str, ...], key: str | None
    ) -> Steps[Created]:
        request = self._templates.resolve(app_id, body)
        target = target_of(request)
        checks.check(request, target.channel)
        now = self._clock.time()
        schedule = schedule_of(request, now=now)
        yield from self._resolver.register_tokens(app_id, target)
        unknown = self._resolver.unknown_segments(app_id, request)
        ignored = tuple(f"body: segment {name!r} does not exist" for name in unknown)
        template = self._templates.name_of(app_id, request.get("template_id"))
        asked = SendRequest(app_id, body, request, ignored=(*unread, *ignored), template=template)
        waits = schedule.at > now
        recorder = self._delivery.recorder
        with recorder.recording(recorder.new_number(), request, schedule) as recording:
            sent = yield from self._sender.send(
                app_id, request, target, recording, now=now, waits=waits
            )
            if not sent.recipients and (isinstance(target.targeting, RecipientIds) or not waits):
                recording.forget()
                self._messages.add(asked, sent.explained, notification=None)
                return Created(_sent_to_nobody(sent), ignored=ignored)
            notification_id = self._add(recording.number, asked, schedule, sent, now=now)
            answer: dict[str, Any] = {
                "id": notification_id,
                "recipients": sent.recipients,
                "external_id": key,
            }
            if sent.invalid:
                answer["errors"] = sent.invalid
            self._idempotency.put(app_id, key, answer)
            recording.show()
        if waits:
            self._messages.changed(recording.number, "scheduled")
            self._delivery.reschedule()
        else:
            yield from self._delivery.end(recording.number, schedule)
        return Created(answer, ignored=ignored)

    def estimate(self, app_id: str, body: Mapping[str, Any]) -> Steps[int]:
        """How many would receive a notification now.

        Raises:
            ApiError: The targeting is missing or wrong.
        """
        target = target_of(body)
        return (yield from self._resolver.count(app_id, target, now=self._clock.time()))

    def find(self, app_id: str, notification_id: str) -> Row:
        """The row of a notification.

        Raises:
            ApiError: There is none.
        """
        row = self._store.one(
            "SELECT * FROM notifications WHERE app_id = ? AND id = ?",
            app_id,
            notification_id.lower(),
        )
        if row is None:
            raise refused("Notification not found", status=404)
        return row

    def cancel(self, row: Row) -> None:
        """Stop a notification before it reaches the rest of its recipients.

        Raises:
            ApiError: It has reached all of them.
        """
        if row["state"] == "sent":
            raise refused(ALREADY_SENT)
        self._store.run(
            "UPDATE notifications SET state = 'canceled' WHERE number = ?", row["number"]
        )
        self._store.run("DELETE FROM pending WHERE notification = ?", row["number"])
        self._delivery.recorder.stop(row["number"])
        self._messages.changed(row["number"], "canceled")
        self._delivery.reschedule()

    def _add(
        self, number: int, asked: SendRequest, schedule: DeliverySchedule, sent: Sent, *, now: float
    ) -> str:
        """Add a notification, and its message in the inbox; return the notification's id."""
        notification_id = str(uuid.uuid4())
        self._store.run(
            "INSERT INTO notifications (number, id, app_id, request, state, recipients, queued_at,"
            " send_after, collapse_id, ttl) VALUES (?, ?, ?, ?, 'scheduled', ?, ?, ?, ?, ?)",
            number,
            notification_id,
            asked.app_id,
            msgspec.json.encode(asked.content).decode(),
            sent.recipients,
            now,
            schedule.at,
            fields.text(asked.content, "collapse_id"),
            _ttl(asked.content),
        )
        self._messages.add(asked, sent.explained, notification=number)
        return notification_id


def _ttl(request: Mapping[str, Any]) -> int:
    ttl = fields.integer(request, "ttl")
    return checks.DEFAULT_TTL if ttl is None else ttl


def _sent_to_nobody(sent: Sent) -> dict[str, Any]:
    answer: dict[str, Any] = {"id": "", "recipients": 0, "errors": [NOBODY]}
    if "invalid_aliases" in sent.invalid:
        answer["errors"] = {"invalid_aliases": sent.invalid["invalid_aliases"]}
    return answer

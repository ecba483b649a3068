"""Makes a push of an event: rule, devices, request to OneSignal, record."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import uuid

import attrs

from mock_server.config import Config
from mock_server.features.push.device_registry import DeviceRegistry
from mock_server.features.push.device_sources import DeviceSource, FoundDevices
from mock_server.features.push.errors import NobodyReached, OneSignalError, advice
from mock_server.features.push.message import PushMessage
from mock_server.features.push.onesignal import OneSignal
from mock_server.features.push.pending import PendingPushes
from mock_server.features.push.push_log import PushLog
from mock_server.features.push.records import FailedAttempt, PushOutcome, PushRecord
from mock_server.features.push.rules import EventRule, InvalidRule, PushEvent
from mock_server.features.push.targets import ExternalUserIds, PlayerIds, PushTarget
from mock_server.features.push.task_queue import TaskQueue, TaskQueueFull
from mock_server.realtime.registry import SessionRegistry
from mock_server.wire.uuids import parse_uuid
from server_kit import Clock

_log = logging.getLogger("mock_server.push")

_REGISTERED = "registered"


class PushDispatcher:
    """Sends pushes in the background and keeps a record of each.

    Pushes that were being sent when the server ended stay in the database; `resume` sends them.
    """

    def __init__(
        self,
        config: Config,
        clock: Clock,
        *,
        registry: SessionRegistry,
        devices: DeviceRegistry,
        source: DeviceSource,
        onesignal: OneSignal,
        task_queue: TaskQueue,
        pushes: PushLog,
        pending: PendingPushes,
    ) -> None:
        self._target = config.push.target
        self._has_onesignal = bool(config.onesignal.url)
        self._clock = clock
        self._registry = registry
        self._devices = devices
        self._source = source
        self._onesignal = onesignal
        self._task_queue = task_queue
        self._pushes = pushes
        self._pending = pending

    def resume(self) -> None:
        """Send the pending pushes of an earlier run; their idempotency keys prevent duplicates."""
        for record, message in self._pending.all():
            self._start(record, message)

    def dispatch(self, event: PushEvent, rule: EventRule) -> None:
        """Push an event, unless its user is online; never raises."""
        record = PushRecord(
            id=str(uuid.uuid4()),
            event=event.name,
            user_id=event.user_id,
            time=self._clock.time(),
        )
        if not rule.also_online and self._registry.of_user(event.user_id):
            self._end(record, PushOutcome.SKIPPED, "the user is online")
            return
        message = self._message(record, event, rule)
        if message is None:
            return
        addressed = self._with_recipients(attrs.evolve(record, contents=message.contents))
        if addressed is None:
            return
        try:
            self._pending.put(addressed, message)
        except Exception as error:  # a function of the game made the message
            self._end(addressed, PushOutcome.FAILED, f"it could not be sent: {error}")
            return
        self._start(addressed, message)

    def _message(self, record: PushRecord, event: PushEvent, rule: EventRule) -> PushMessage | None:
        try:
            message = rule.message(event)
        except InvalidRule as error:
            self._end(record, PushOutcome.FAILED, str(error))
            return None
        except Exception as error:
            _log.exception("the push rule for %s failed", event.name)
            self._end(
                record, PushOutcome.FAILED, f"the rule failed: {type(error).__name__}: {error}"
            )
            return None
        if message is None:
            self._end(record, PushOutcome.SKIPPED, "the rule made no message")
            return None
        if not isinstance(message, PushMessage):
            self._end(record, PushOutcome.FAILED, f"the rule made {message!r}, no PushMessage")
            return None
        return message

    def _with_recipients(self, record: PushRecord) -> PushRecord | None:
        """The record with the player ids of its recipients; None if there are none."""
        if self._target == "external_user_id":
            return record
        found = self._find_devices(record.user_id)
        reason = "; ".join(found.problems)
        record = attrs.evolve(
            record, player_ids=tuple(found.sources), device_sources=found.sources, reason=reason
        )
        if not found.sources:
            self._end(record, PushOutcome.NOBODY_REACHED, reason or "the user has no device")
            return None
        return record

    def _find_devices(self, user_id: str) -> FoundDevices:
        """The user's devices in the mock's table; where it has none, those of the game's own."""
        devices = self._devices.of_user(user_id)
        given = list(dict.fromkeys(each.player_id for each in devices if each.player_id))
        # OneSignal refuses a message if one of its ids is not a UUID.
        usable = {each: _REGISTERED for each in given if parse_uuid(each)}
        unusable = [each for each in given if each not in usable]
        problems = (f"no UUID: {', '.join(unusable)}",) if unusable else ()
        if usable:
            return FoundDevices(usable, problems)
        elsewhere = self._source.find(user_id)
        return FoundDevices(elsewhere.sources, (*problems, *elsewhere.problems))

    def _start(self, record: PushRecord, message: PushMessage) -> None:
        if not self._has_onesignal:
            self._end(record, PushOutcome.FAILED, "onesignal.url is not set: there is no OneSignal")
            return
        self._pushes.put(record)
        ids = record.player_ids
        target = PlayerIds(ids) if ids else ExternalUserIds([record.user_id])
        try:
            self._task_queue.start(self._send(record, message, target))
        except TaskQueueFull as error:
            self._end(record, PushOutcome.FAILED, str(error))

    async def _send(self, record: PushRecord, message: PushMessage, target: PushTarget) -> None:
        def failed(error: OneSignalError) -> None:
            nonlocal record
            failure = FailedAttempt(self._clock.time(), str(error))
            record = attrs.evolve(record, failures=(*record.failures, failure))
            self._pushes.put(record)
            self._pending.update(record)

        try:
            created = await self._onesignal.create_notification(
                message,
                target,
                lane=record.user_id,
                idempotency_key=record.id,
                failed=failed,
            )
        except NobodyReached as error:
            self._end(record, PushOutcome.NOBODY_REACHED, str(error))
        except OneSignalError as error:
            self._end(record, PushOutcome.FAILED, str(error), advice(error))
        except asyncio.CancelledError:
            reason = "the server stopped before there was an answer"
            self._pushes.put(attrs.evolve(record, outcome=PushOutcome.FAILED, reason=reason))
            raise  # it stays pending: see resume
        except Exception as error:
            self._end(record, PushOutcome.FAILED, f"it could not be sent: {error}")
            raise
        else:
            reasons = [record.reason, *(f"not subscribed: {each}" for each in created.not_reached)]
            record = attrs.evolve(record, notification_id=created.id, recipients=created.recipients)
            self._end(record, PushOutcome.SENT, "; ".join(filter(None, reasons)))

    def _end(
        self, record: PushRecord, outcome: PushOutcome, reason: str, to_do: str = "see the push log"
    ) -> None:
        if outcome == PushOutcome.FAILED:
            _log.warning(
                "push %s to user %s failed: %s; %s", record.event, record.user_id, reason, to_do
            )
        try:
            self._pending.drop(record.id)
        except sqlite3.Error:  # it is sent once more after a restart, with the same key
            _log.exception("the end of push %s could not be stored", record.id)
        self._pushes.put(attrs.evolve(record, outcome=outcome, reason=reason))

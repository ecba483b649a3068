"""Makes a push of an event: rule, devices, request to OneSignal, record."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import uuid

import attrs

from mock_server.config import OneSignalConfig
from mock_server.features.push.addresses import Addresses, target_of
from mock_server.features.push.errors import NobodyReached, OneSignalError, advice
from mock_server.features.push.events import InvalidRule, PushEvent
from mock_server.features.push.message import PushMessage
from mock_server.features.push.onesignal import OneSignal
from mock_server.features.push.pending import PendingPushes
from mock_server.features.push.push_log import PushLog
from mock_server.features.push.records import FailedAttempt, PushOutcome, PushRecord
from mock_server.features.push.rules import EventRule
from mock_server.features.push.task_queue import TaskQueue, TaskQueueFull
from mock_server.realtime.registry import SessionRegistry
from server_kit import Clock, Store

_log = logging.getLogger("mock_server.push")


class PushDispatcher:
    """Sends pushes in the background and keeps a record of each.

    Pushes that were being sent when the server ended stay in the database; `resume` sends them.
    """

    def __init__(
        self,
        config: OneSignalConfig,
        store: Store,
        clock: Clock,
        *,
        registry: SessionRegistry,
        addresses: Addresses,
        onesignal: OneSignal,
        task_queue: TaskQueue,
        pushes: PushLog,
        pending: PendingPushes,
    ) -> None:
        self._store = store
        self._has_onesignal = bool(config.url)
        self._clock = clock
        self._registry = registry
        self._addresses = addresses
        self._onesignal = onesignal
        self._task_queue = task_queue
        self._pushes = pushes
        self._pending = pending
        self._under_way: set[str] = set()  # ids of records

    def resume(self) -> None:
        """Send the pending pushes of an earlier run; their idempotency keys prevent duplicates."""
        for record, message in self._pending.all():
            if record.id not in self._under_way:  # by a module that was loaded before
                self._start(record, message)

    def dispatch(self, event: PushEvent, rule: EventRule) -> None:
        """Push an event to its user, unless they are online; never raises."""
        record = self._record(event)
        if not rule.also_online and self._registry.of_user(event.user_id):
            self._end(record, PushOutcome.SKIPPED, "the user is online")
            return
        message = self._message(record, event, rule)
        if message is None:
            return
        record = attrs.evolve(record, contents=message.contents)
        addressed = self._addresses.find(record, message.target or rule.target)
        if addressed.outcome != PushOutcome.PENDING:
            self._end(addressed, addressed.outcome, addressed.reason)
            return
        self._accept(addressed, message)

    def broadcast(self, event: PushEvent, rule: EventRule) -> None:
        """Push an event to the audience of its rule.

        In a transaction it is sent after the commit.
        """
        record = self._record(event)
        message = self._message(record, event, rule)
        if message is not None:
            audience = rule.audience.fields()
            record = attrs.evolve(record, contents=message.contents, audience=audience)
            self._accept(record, message)

    def refuse(self, event: PushEvent, problem: str) -> None:
        """Record that an event has no push, because its user can't be one; never raises."""
        self._end(self._record(event), PushOutcome.FAILED, problem)

    def pass_over(self, event: PushEvent, reason: str) -> None:
        """Record that an event has more recipients than get a push; never raises."""
        self._end(self._record(event), PushOutcome.SKIPPED, reason)

    def _record(self, event: PushEvent) -> PushRecord:
        return PushRecord(
            id=str(uuid.uuid4()),
            event=event.name,
            user_id=event.user_id,
            time=self._clock.time(),
        )

    def _accept(self, record: PushRecord, message: PushMessage) -> None:
        """Keep a push until OneSignal has answered, and send it."""
        try:
            self._pending.put(record, message)
        except Exception as error:  # a function of the game made the message
            self._end(record, PushOutcome.FAILED, f"it could not be sent: {error}")
            return
        self._store.after_commit(lambda: self._start(record, message))

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

    def _start(self, record: PushRecord, message: PushMessage) -> None:
        if not self._has_onesignal:
            self._end(record, PushOutcome.FAILED, "onesignal.url is not set: there is no OneSignal")
            return
        self._pushes.put(record)
        self._under_way.add(record.id)
        try:
            self._task_queue.start(self._send(record, message))
        except TaskQueueFull as error:
            self._under_way.discard(record.id)
            self._end(record, PushOutcome.FAILED, str(error))

    async def _send(self, record: PushRecord, message: PushMessage) -> None:
        def failed(error: OneSignalError) -> None:
            nonlocal record
            failure = FailedAttempt(self._clock.time(), str(error))
            record = attrs.evolve(record, failures=(*record.failures, failure))
            self._pushes.put(record)
            self._pending.update(record)

        try:
            created = await self._onesignal.create_notification(
                message,
                target_of(record),
                lane=record.user_id or record.event,
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
        finally:
            self._under_way.discard(record.id)

    def _end(
        self, record: PushRecord, outcome: PushOutcome, reason: str, to_do: str = "see the push log"
    ) -> None:
        if outcome == PushOutcome.FAILED:
            to = f" to user {record.user_id}" if record.user_id else ""
            _log.warning("push %s%s failed: %s; %s", record.event, to, reason, to_do)
        try:
            self._pending.drop(record.id)
        except sqlite3.Error:  # it is sent once more after a restart, with the same key
            _log.exception("the end of push %s could not be stored", record.id)
        self._pushes.put(attrs.evolve(record, outcome=outcome, reason=reason))

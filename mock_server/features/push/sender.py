"""From an event to a push: the rule, the devices, OneSignal, and the record of it all."""

from __future__ import annotations

import asyncio
import logging
import uuid

import attrs

from mock_server.config import Config
from mock_server.features.push.errors import NobodyReached, OneSignalError
from mock_server.features.push.message import PushMessage
from mock_server.features.push.onesignal import OneSignal
from mock_server.features.push.outbox import Outbox, OutboxFull
from mock_server.features.push.pushes import Pushes
from mock_server.features.push.records import Failure, Outcome, PushRecord
from mock_server.features.push.registrar import Registrar
from mock_server.features.push.rules import InvalidRule, PushEvent, Rule
from mock_server.features.push.targets import Devices, ExternalUsers, Target
from mock_server.features.push.waiting import Waiting
from mock_server.realtime.registry import SessionRegistry
from mock_server.wire.uuids import parse_uuid
from server_kit import Clock

_log = logging.getLogger("mock_server.push")


class Sender:
    """Sends pushes in the background, and keeps a record of each.

    What it was sending when the server ended stays in the database; `resume` sends it.
    """

    def __init__(
        self,
        config: Config,
        clock: Clock,
        *,
        registry: SessionRegistry,
        registrar: Registrar,
        onesignal: OneSignal,
        outbox: Outbox,
        pushes: Pushes,
        waiting: Waiting,
    ) -> None:
        self._target = config.push.target
        self._has_onesignal = bool(config.onesignal.url)
        self._clock = clock
        self._registry = registry
        self._registrar = registrar
        self._onesignal = onesignal
        self._outbox = outbox
        self._pushes = pushes
        self._waiting = waiting

    def resume(self) -> None:
        """Send what is stored of an earlier run; OneSignal takes nothing twice."""
        for record, message in self._waiting.all():
            self._start(record, message)

    def push(self, event: PushEvent, rule: Rule) -> None:
        """Push an event, unless its user is online; never raises."""
        record = PushRecord(
            id=str(uuid.uuid4()),
            event=event.name,
            user_id=event.user_id,
            time=self._clock.time(),
        )
        if not rule.also_online and self._registry.of_user(event.user_id):
            self._end(record, Outcome.SKIPPED, "the user is online")
            return
        message = self._message(record, event, rule)
        if message is None:
            return
        addressed = self._addressed(attrs.evolve(record, contents=message.contents))
        if addressed is None:
            return
        try:
            self._waiting.put(addressed, message)
        except Exception as error:  # the game's own function made it
            self._end(addressed, Outcome.FAILED, f"it could not be sent: {error}")
            return
        self._start(addressed, message)

    def _message(self, record: PushRecord, event: PushEvent, rule: Rule) -> PushMessage | None:
        try:
            message = rule.message(event)
        except InvalidRule as error:
            self._end(record, Outcome.FAILED, str(error))
            return None
        except Exception as error:
            _log.exception("the push rule for %s failed", event.name)
            self._end(record, Outcome.FAILED, f"the rule failed: {type(error).__name__}: {error}")
            return None
        if message is None:
            self._end(record, Outcome.SKIPPED, "the rule made no message")
            return None
        if not isinstance(message, PushMessage):
            self._end(record, Outcome.FAILED, f"the rule made {message!r}, no PushMessage")
            return None
        return message

    def _addressed(self, record: PushRecord) -> PushRecord | None:
        """The record with the devices it is for, or None if there are none."""
        if self._target == "external_user_id":
            return record
        devices = self._registrar.devices_of(record.user_id)
        given = list(dict.fromkeys(each.player_id for each in devices if each.player_id))
        # OneSignal refuses the whole message for one id that is no UUID.
        usable = tuple(each for each in given if parse_uuid(each))
        unusable = [each for each in given if each not in usable]
        reason = f"no UUID: {', '.join(unusable)}" if unusable else ""
        record = attrs.evolve(record, player_ids=usable, reason=reason)
        if not usable:
            self._end(record, Outcome.NOBODY_REACHED, reason or "the user has no device")
            return None
        return record

    def _start(self, record: PushRecord, message: PushMessage) -> None:
        if not self._has_onesignal:
            self._end(record, Outcome.FAILED, "onesignal.url is not set: there is no OneSignal")
            return
        self._pushes.put(record)
        ids = record.player_ids
        target = Devices(ids) if ids else ExternalUsers([record.user_id])
        try:
            self._outbox.start(self._send(record, message, target))
        except OutboxFull as error:
            self._end(record, Outcome.FAILED, str(error))

    async def _send(self, record: PushRecord, message: PushMessage, target: Target) -> None:
        def failed(error: OneSignalError) -> None:
            nonlocal record
            failure = Failure(self._clock.time(), str(error))
            record = attrs.evolve(record, failures=(*record.failures, failure))
            self._pushes.put(record)
            self._waiting.update(record)

        try:
            created = await self._onesignal.create_notification(
                message, target, idempotency_key=record.id, failed=failed
            )
        except NobodyReached as error:
            self._end(record, Outcome.NOBODY_REACHED, str(error))
        except OneSignalError as error:
            self._end(record, Outcome.FAILED, str(error))
        except asyncio.CancelledError:
            reason = "the server stopped before there was an answer"
            self._pushes.put(attrs.evolve(record, outcome=Outcome.FAILED, reason=reason))
            raise  # it stays in the database: see resume
        except Exception as error:
            self._end(record, Outcome.FAILED, f"it could not be sent: {error}")
            raise
        else:
            reasons = [record.reason, *(f"not subscribed: {each}" for each in created.not_reached)]
            record = attrs.evolve(record, notification_id=created.id, recipients=created.recipients)
            self._end(record, Outcome.SENT, "; ".join(filter(None, reasons)))

    def _end(self, record: PushRecord, outcome: Outcome, reason: str) -> None:
        self._waiting.drop(record.id)
        self._pushes.put(attrs.evolve(record, outcome=outcome, reason=reason))

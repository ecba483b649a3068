"""Delivery: records each device that a message reaches, now or at its scheduled time."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import msgspec

from onesignal_stub.devices import DeviceReader
from onesignal_stub.features.notifications.content import Content, Contents
from onesignal_stub.features.notifications.messages import Messages
from onesignal_stub.features.notifications.recipients import RecipientResolver
from onesignal_stub.features.notifications.schedule import DeliverySchedule, due_for, schedule_of
from onesignal_stub.features.notifications.targeting import target_of
from onesignal_stub.filters import FilterSubject
from server_kit import Clock, Store
from server_kit.store import Row

_log = logging.getLogger("onesignal_stub.notifications")

KEPT = 500_000
"""How many deliveries are kept, of all apps together; the oldest are dropped beyond it."""

_RETRY = 1.0  # seconds after which what is due and could not be stored is tried again


class Delivery:
    """Sends messages to devices.

    Args:
        store: The tables.
        clock: The stub's time.
        devices: The devices of all apps.
        resolver: Finds the recipients of a scheduled message.
        messages: Keeps for the inbox who they are, and why.
        delivered: Called with a notification's number after it was sent to devices.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        devices: DeviceReader,
        resolver: RecipientResolver,
        messages: Messages,
        delivered: Callable[[int], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._devices = devices
        self._resolver = resolver
        self._messages = messages
        self._delivered = delivered
        self._changed = asyncio.Event()
        self._next_due: float | None = None
        self.reschedule()

    def reschedule(self) -> None:
        """Look up when the next message is due, after that may have changed."""
        row = self._store.one(
            "SELECT min(due) FROM (SELECT min(send_after) AS due FROM notifications"
            " WHERE state = 'scheduled' UNION ALL SELECT min(due) FROM pending)"
        )
        self._next_due = None if row is None else row[0]
        self._changed.set()

    def run_due(self) -> None:
        """Send everything that is due, in the order of the due times."""
        while self._next_due is not None and self._next_due <= self._clock.time():
            with self._store.transaction():
                self._send_scheduled(self._next_due)
                self._send_pending(self._next_due)
            self.reschedule()

    async def run_schedule(self) -> NoReturn:
        """Send every message when it is due, until cancelled."""
        while True:
            self._changed.clear()
            waits: list[asyncio.Task[Any]] = [asyncio.create_task(self._changed.wait())]
            if not self._try_due():
                waits.append(asyncio.create_task(asyncio.sleep(_RETRY)))
            elif self._next_due is not None:
                waits.append(asyncio.create_task(self._clock.sleep_until(self._next_due)))
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
                await asyncio.gather(*waits, return_exceptions=True)

    def _try_due(self) -> bool:
        """Send what is due, unless it cannot be stored."""
        try:
            self.run_due()
        except sqlite3.Error:
            _log.exception("what is due could not be sent; it is tried again")
            return False
        return True

    def begin(
        self,
        number: int,
        request: dict[str, Any],
        schedule: DeliverySchedule,
        recipients: Sequence[FilterSubject],
        way_of: Mapping[int, int],
    ) -> None:
        """Send a message to its recipients, or note for each when it is due.

        Args:
            number: The notification.
            request: Its request.
            schedule: When it is due.
            recipients: The devices.
            way_of: Device number → what included it, as the audience's explanation counts them.
        """
        if not schedule.delayed:
            self._send(number, request, recipients, way_of, at=schedule.at)
            self._complete(number, schedule.at)
            return
        self._store.run_many(
            "INSERT INTO pending (notification, subscription, due, way) VALUES (?, ?, ?, ?)",
            [
                (number, device.number, due_for(device, schedule), way_of.get(device.number, 0))
                for device in recipients
            ],
        )
        self._store.run("UPDATE notifications SET state = 'sending' WHERE number = ?", number)
        self._send_pending(schedule.at)
        self._complete_if_done(number, schedule.at)
        self.reschedule()

    def _send_scheduled(self, due: float) -> None:
        rows = self._store.all(
            "SELECT * FROM notifications INDEXED BY notifications_due"
            " WHERE state = 'scheduled' AND send_after <= ? ORDER BY number",
            due,
        )
        for row in rows:
            self._begin_scheduled(row)

    def _begin_scheduled(self, row: Row) -> None:
        request: dict[str, Any] = msgspec.json.decode(row["request"])
        target = target_of(request)
        resolved = self._resolver.resolve(row["app_id"], target, now=row["send_after"])
        explained = resolved.explain(request, target)
        self._messages.resolved_again(row["number"], explained)
        schedule = schedule_of(request, now=row["queued_at"])
        self._store.run(
            "UPDATE notifications SET recipients = ?, failed = ? WHERE number = ?",
            len(resolved.audience.recipients),
            len(resolved.audience.unsubscribed) if resolved.invalid else 0,
            row["number"],
        )
        recipients = resolved.audience.recipients
        self.begin(row["number"], request, schedule, recipients, explained.way_of)

    def _send_pending(self, due: float) -> None:
        rows = self._store.all(
            "SELECT n.number, n.request,"
            " json_group_array(json_array(p.subscription, p.way)) AS ways"
            " FROM pending p JOIN notifications n ON n.number = p.notification"
            " WHERE p.due <= ? GROUP BY n.number ORDER BY n.number",
            due,
        )
        self._store.run("DELETE FROM pending WHERE due <= ?", due)
        for row in rows:
            way_of = dict(msgspec.json.decode(row["ways"], type=list[tuple[int, int]]))
            devices = list(self._devices.by_numbers(way_of))
            recipients = [device for device in devices if device.subscribed]
            request = msgspec.json.decode(row["request"])
            self._send(row["number"], request, recipients, way_of, at=due)
            self._messages.missed(
                row["number"], (device for device in devices if not device.subscribed)
            )
            self._store.run(
                "UPDATE notifications SET failed = failed + ? WHERE number = ?",
                len(way_of) - len(recipients),
                row["number"],
            )
            self._complete_if_done(row["number"], due)

    def _send(
        self,
        number: int,
        request: dict[str, Any],
        recipients: Sequence[FilterSubject],
        way_of: Mapping[int, int],
        *,
        at: float,
    ) -> None:
        contents = Contents(request)
        texts: dict[Content, int] = {}
        rows = []
        for device in recipients:
            content = contents.of(device)
            text = texts.get(content)
            if text is None:
                is_personal = contents.is_personal
                text = texts[content] = self._add_text(number, content, searched=is_personal)
            rows.append(
                (
                    number,
                    device.number,
                    device.id,
                    device.onesignal_id,
                    device.external_id,
                    device.device_type,
                    text,
                    way_of.get(device.number, 0),
                    at,
                )
            )
        self._store.run_many(
            "INSERT INTO deliveries (notification, subscription, subscription_id, onesignal_id,"
            " external_id, device_type, text, way, sent_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        self._forget_oldest()
        self._store.after_commit(lambda: self._delivered(number))
        self._messages.changed(number, "sent")

    def _forget_oldest(self) -> None:
        """Drop the oldest deliveries beyond `KEPT`, and the texts that only they had.

        The texts of a notification stay while it has the oldest delivery: others may have them.
        """
        if self._store.keep_newest("deliveries", KEPT):
            self._store.run(
                "DELETE FROM texts WHERE number < (SELECT min(number) FROM texts WHERE notification"
                " = (SELECT notification FROM deliveries ORDER BY number LIMIT 1))"
            )

    def _add_text(self, number: int, content: Content, *, searched: bool) -> int:
        words = (content.heading, content.subtitle, content.contents)
        row = self._store.one(
            "INSERT INTO texts (notification, language, contents, heading, subtitle, words)"
            " VALUES (?, ?, ?, ?, ?, ?) RETURNING number",
            number,
            content.language,
            content.contents,
            content.heading,
            content.subtitle,
            "\n".join(filter(None, words)).casefold() if searched else None,
        )
        assert row is not None
        return int(row["number"])

    def _complete(self, number: int, at: float) -> None:
        self._store.run(
            "UPDATE notifications SET state = 'sent', completed_at = ? WHERE number = ?",
            at,
            number,
        )

    def _complete_if_done(self, number: int, at: float) -> None:
        self._store.run(
            "UPDATE notifications SET state = 'sent', completed_at = ? WHERE number = ?"
            " AND state = 'sending'"
            " AND NOT EXISTS (SELECT 1 FROM pending WHERE notification = notifications.number)",
            at,
            number,
        )

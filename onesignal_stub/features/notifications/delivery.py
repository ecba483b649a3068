"""Delivery: sends each message when it is due, at once or at its scheduled time."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from typing import Any, NoReturn

import msgspec

from onesignal_stub import steps
from onesignal_stub.devices import DeviceReader
from onesignal_stub.features.notifications.messages import Messages
from onesignal_stub.features.notifications.recording import Recorder
from onesignal_stub.features.notifications.schedule import DeliverySchedule, schedule_of
from onesignal_stub.features.notifications.sending import MessageSender
from onesignal_stub.features.notifications.targeting import target_of
from onesignal_stub.steps import Replaced, Steps, run_steps, take_step
from server_kit import Clock, Store

_log = logging.getLogger("onesignal_stub.notifications")

_RETRY = 1.0  # seconds after which what is due and could not be stored is tried again
_FINISHED = "NOT IN (SELECT notification FROM unfinished)"


class Delivery:
    """Sends messages to devices.

    Args:
        store: The tables.
        clock: The stub's time.
        devices: The devices of all apps.
        sender: Finds the recipients of a scheduled message.
        messages: Keeps for the inbox who they are, and why.
        delivered: Called with a notification's number after it was sent to devices.

    Attributes:
        recorder: Records who gets a message.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        devices: DeviceReader,
        sender: MessageSender,
        messages: Messages,
        delivered: Callable[[int], None],
    ) -> None:
        self.recorder = Recorder(store, self._sweep_up)
        self._store = store
        self._clock = clock
        self._devices = devices
        self._sender = sender
        self._messages = messages
        self._delivered = delivered
        self._changed = asyncio.Event()
        self._due: Steps[None] | None = None
        self._is_swept = True
        self._next_due: float | None = None
        self.recover()

    def recover(self) -> None:
        """Begin again, after a start or after all tables were replaced."""
        if self._due is not None:
            self._due.close()
            self._due = None
        sweep = self.recorder.sweep()
        while take_step(self._store, sweep) is None:
            pass
        self._is_swept = True
        self.reschedule()

    def reschedule(self) -> None:
        """Look up when the next message is due, after that may have changed."""
        row = self._store.one(
            "SELECT min(due) FROM (SELECT min(send_after) AS due FROM notifications"
            f" WHERE state = 'scheduled' AND number {_FINISHED}"
            f" UNION ALL SELECT min(due) FROM pending WHERE notification {_FINISHED})"
        )
        self._next_due = None if row is None else row[0]
        self._changed.set()

    def take_due_step(self) -> bool:
        """Send a part of what is due, in the order of the due times; tell if more of it is left."""
        if self._due is None:
            if self._next_due is None or self._next_due > self._clock.time():
                return False
            self._due = self._send_due()
        try:
            if take_step(self._store, self._due) is not None:
                self._due = None
        except BaseException:
            self._due = None
            self.reschedule()  # the step may have looked up the next time, and was rolled back
            raise
        return self._due is not None

    async def run_due(self) -> None:
        """Send everything that is due; others get turns meanwhile."""
        while self.take_due_step():
            await steps.give_turn()

    async def run_schedule(self) -> NoReturn:
        """Send every message when it is due, until cancelled."""
        while True:
            self._changed.clear()
            if not await self._try_due():
                await asyncio.sleep(_RETRY)
                continue
            waits: list[asyncio.Task[Any]] = [asyncio.create_task(self._changed.wait())]
            if self._next_due is not None:
                waits.append(asyncio.create_task(self._clock.sleep_until(self._next_due)))
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
                await asyncio.gather(*waits, return_exceptions=True)

    async def _try_due(self) -> bool:
        """Send what is due, unless it cannot be stored, and remove what failed and was left."""
        try:
            await self.run_due()
            if not self._is_swept:
                self._is_swept = True
                await run_steps(self._store, self.recorder.sweep())
                self.reschedule()
        except sqlite3.Error:
            _log.exception("what is due could not be sent; it is tried again")
            self._is_swept = False
            return False
        except Replaced:  # which left nothing to sweep
            pass
        return True

    def _sweep_up(self) -> None:
        self._is_swept = False
        self._changed.set()

    def end(self, number: int, schedule: DeliverySchedule) -> Steps[None]:
        """Complete a message whose recipients are recorded, or begin with those due by now.

        Args:
            number: The notification.
            schedule: When it is due.
        """
        if not schedule.delayed:
            self._store.run(
                "UPDATE notifications SET state = 'sent', completed_at = ? WHERE number = ?",
                schedule.at,
                number,
            )
            self._tell(number)
            return
        self._store.run("UPDATE notifications SET state = 'sending' WHERE number = ?", number)
        yield from self._send_pending(number, schedule.at)
        self.reschedule()

    def _tell(self, number: int) -> None:
        self._store.after_commit(lambda: self._delivered(number))
        self._messages.changed(number, "sent")

    def _send_due(self) -> Steps[None]:
        while self._next_due is not None and self._next_due <= self._clock.time():
            due = self._next_due
            scheduled = self._store.all(
                "SELECT number FROM notifications INDEXED BY notifications_due"
                f" WHERE state = 'scheduled' AND send_after <= ? AND number {_FINISHED}"
                " ORDER BY number",
                due,
            )
            for (number,) in scheduled:
                yield from self._send_scheduled(number)
            waiting = self._store.all(
                "SELECT DISTINCT notification FROM pending INDEXED BY pending_due WHERE due <= ?"
                f" AND notification {_FINISHED} ORDER BY notification",
                due,
            )
            for (number,) in waiting:
                yield from self._send_pending(number, due)
            self.reschedule()

    def _send_scheduled(self, number: int) -> Steps[None]:
        row = self._store.one(
            "SELECT * FROM notifications WHERE number = ? AND state = 'scheduled'", number
        )
        if row is None:  # cancelled while others were sent
            return
        request: dict[str, Any] = msgspec.json.decode(row["request"])
        target, schedule = target_of(request), schedule_of(request, now=row["queued_at"])
        with self.recorder.recording(number, request, schedule) as recording:
            sent = yield from self._sender.send(
                row["app_id"], request, target, recording, now=row["send_after"]
            )
            if recording.stopped:
                return
            self._messages.resolved_again(number, sent.explained)
            self._store.run(
                "UPDATE notifications SET recipients = ?, failed = ? WHERE number = ?",
                sent.recipients,
                sent.unsubscribed if sent.invalid else 0,
                number,
            )
            recording.show()
        yield from self.end(number, schedule)

    def _send_pending(self, number: int, due: float) -> Steps[None]:
        row = self._store.one("SELECT request FROM notifications WHERE number = ?", number)
        assert row is not None
        request = msgspec.json.decode(row["request"])
        with self.recorder.recording(number, request, DeliverySchedule(due)) as recording:
            while rows := self._store.all(
                "SELECT subscription, way FROM pending WHERE notification = ? AND due <= ?"
                " ORDER BY subscription LIMIT ?",
                number,
                due,
                recording.at_once,
            ):
                way_of = {row["subscription"]: row["way"] for row in rows}
                self._store.run_many(
                    "DELETE FROM pending WHERE notification = ? AND subscription = ?",
                    [(number, subscription) for subscription in way_of],
                )
                devices = list(self._devices.by_numbers(way_of))
                recipients = [device for device in devices if device.subscribed]
                recording.deliver(recipients, way_of, at=due)
                missed = (device for device in devices if not device.subscribed)
                self._messages.missed(number, missed)
                self._store.run(
                    "UPDATE notifications SET failed = failed + ? WHERE number = ?",
                    len(way_of) - len(recipients),
                    number,
                )
                self._tell(number)
                if len(rows) < recording.at_once:
                    break
                yield
        self._complete_if_done(number, due)

    def _complete_if_done(self, number: int, at: float) -> None:
        self._store.run(
            "UPDATE notifications SET state = 'sent', completed_at = ? WHERE number = ?"
            " AND state = 'sending'"
            " AND NOT EXISTS (SELECT 1 FROM pending WHERE notification = notifications.number)",
            at,
            number,
        )

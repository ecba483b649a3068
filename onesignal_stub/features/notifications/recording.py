"""Records who gets a message, a part at a time.

What is recorded of a message shows only once all of it is there. Until then its number is in the
table `unfinished`; what a killed server, a failed or a cancelled request left there is swept up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from onesignal_stub.audience import Channel
from onesignal_stub.devices import SPAN, Span
from onesignal_stub.features.notifications.content import Content, Contents
from onesignal_stub.features.notifications.schedule import DeliverySchedule, due_for
from onesignal_stub.filters import FilterSubject
from onesignal_stub.prefilter import on_channel
from onesignal_stub.steps import Steps
from server_kit import Store

KEPT = 500_000
"""How many deliveries are kept, of all apps together; the oldest are dropped beyond it."""

MOST_CHARACTERS = 1 << 28
"""After how many characters of its texts, of all recipients together, nothing is filled in."""

_STEP_CHARACTERS = 1 << 20
_INSERT = (
    "INSERT INTO delivery_rows (notification, subscription, subscription_id, onesignal_id,"
    " external_id, device_type, text, way, sent_at)"
)


class Recording:
    """The deliveries of one message.

    Args:
        store: The tables.
        number: The message's notification.
        request: Its request.
        schedule: When it is due.

    Attributes:
        number: As given.
        is_long: Whether others got a turn meanwhile, so that what is recorded does not show yet.
        stopped: Whether the message was cancelled meanwhile.
    """

    def __init__(
        self, store: Store, number: int, request: Mapping[str, Any], schedule: DeliverySchedule
    ) -> None:
        self.number = number
        self.is_long = False
        self.stopped = False
        self._store = store
        self._schedule = schedule
        self._contents = Contents(request)
        self._texts: dict[Content, int] = {}
        self._characters = 0

    @property
    def at_once(self) -> int:
        """How many devices are recorded in one step: fewer where each gets a long text."""
        if not self._contents.is_personal:
            return SPAN
        return max(1, min(SPAN, _STEP_CHARACTERS // self._contents.length))

    @property
    def takes_spans(self) -> bool:
        """Whether devices need not be read one by one: all get one text, or one by language."""
        return not self._contents.is_personal and self._schedule.delayed is None

    def hide(self) -> None:
        """Show nothing of what is recorded, from now on, because others get a turn."""
        self._store.run("INSERT OR IGNORE INTO unfinished (notification) VALUES (?)", self.number)
        self.is_long = True

    def show(self) -> None:
        """Show what is recorded: it is all."""
        if self.is_long:
            self._store.run("DELETE FROM unfinished WHERE notification = ?", self.number)

    def add(self, recipients: Sequence[FilterSubject], way_of: Mapping[int, int]) -> None:
        """Record that devices get the message now, or when each of them gets it.

        Args:
            recipients: The devices, at most `at_once`.
            way_of: Device number → what included it, as the audience's explanation counts them.
        """
        if self._schedule.delayed is None:
            self.deliver(recipients, way_of, at=self._schedule.at)
            return
        self._store.run_many(
            "INSERT INTO pending (notification, subscription, due, way) VALUES (?, ?, ?, ?)",
            [
                (
                    self.number,
                    device.number,
                    due_for(device, self._schedule),
                    way_of.get(device.number, 0),
                )
                for device in recipients
            ],
        )

    def deliver(
        self, recipients: Sequence[FilterSubject], way_of: Mapping[int, int], *, at: float
    ) -> None:
        """Record that devices get the message at a time, in seconds since the epoch.

        Where each gets a text of its own, and these are longer than `MOST_CHARACTERS` together,
        the rest of the devices get it with its placeholders.
        """
        if self._contents.is_personal:
            self._characters += self._contents.length * len(recipients)
        fill = self._characters <= MOST_CHARACTERS
        rows = [
            (
                self.number,
                device.number,
                device.id,
                device.onesignal_id,
                device.external_id,
                device.device_type,
                self._text(self._contents.of(device, fill=fill)),
                way_of.get(device.number, 0),
                at,
            )
            for device in recipients
        ]
        self._store.run_many(f"{_INSERT} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self._forget_oldest()

    def add_span(self, span: Span, channel: Channel) -> int:
        """Record that all devices of a span which take the message get it; return how many do."""
        by_language = self._contents.by_language(channel)
        other = self._text(by_language.pop(None))
        texts = [
            value for name, content in by_language.items() for value in (name, self._text(content))
        ]
        chosen = "?"
        if texts:
            whens = "WHEN ? THEN ? " * len(by_language)
            chosen = f"CASE coalesce(s.language, u.language) {whens}ELSE ? END"
        count = self._store.run(
            f"{_INSERT} SELECT ?, s.number, s.id, s.onesignal_id, a.alias_id, s.device_type,"
            f" {chosen}, 0, ? FROM subscriptions s INDEXED BY subscriptions_of_app"
            " JOIN users u USING (onesignal_id)"
            " LEFT JOIN aliases a ON a.onesignal_id = s.onesignal_id AND a.label = 'external_id'"
            " WHERE s.app_id = ? AND s.number > ? AND s.number <= ? AND s.subscribed"
            f" AND {on_channel(channel)} ORDER BY s.number",
            self.number,
            *texts,
            other,
            self._schedule.at,
            span.app_id,
            span.after,
            span.last,
        )
        self._forget_oldest()
        return count

    def forget(self) -> None:
        """Take back what is recorded of a message that reached nobody."""
        self._store.run("DELETE FROM texts WHERE notification = ?", self.number)
        self.show()

    def _text(self, content: Content) -> int:
        text = self._texts.get(content)
        if text is None:
            text = self._texts[content] = self._add_text(content)
        return text

    def _add_text(self, content: Content) -> int:
        words = (content.heading, content.subtitle, content.contents)
        is_searched = self._contents.is_personal
        row = self._store.one(
            "INSERT INTO texts (notification, language, contents, heading, subtitle, words)"
            " VALUES (?, ?, ?, ?, ?, ?) RETURNING number",
            self.number,
            content.language,
            content.contents,
            content.heading,
            content.subtitle,
            "\n".join(filter(None, words)).casefold() if is_searched else None,
        )
        assert row is not None
        return int(row["number"])

    def _forget_oldest(self) -> None:
        """Drop the oldest deliveries beyond `KEPT`, and the texts that only they had.

        The texts of a notification stay while it has a delivery: others may have them.
        """
        if self._store.keep_newest("delivery_rows", KEPT):
            self._store.run(
                "DELETE FROM texts WHERE number IN (SELECT number FROM texts WHERE number <"
                " (SELECT min(number) FROM texts WHERE notification"
                " = (SELECT notification FROM delivery_rows ORDER BY number LIMIT 1))"
                " AND notification NOT IN (SELECT notification FROM unfinished) AND NOT EXISTS"
                " (SELECT 1 FROM delivery_rows d WHERE d.notification = texts.notification)"
                " ORDER BY number LIMIT ?)",
                4 * SPAN,
            )


class Recorder:
    """Records the deliveries of all messages.

    Args:
        store: The tables.
        ended: Called when something may be left to sweep up.
    """

    def __init__(self, store: Store, ended: Callable[[], None]) -> None:
        self._store = store
        self._ended = ended
        self._under_way: dict[int, Recording] = {}

    def new_number(self) -> int:
        """A number for a new notification."""
        row = self._store.one(
            "SELECT max(coalesce((SELECT max(number) FROM notifications), 0),"
            " coalesce((SELECT max(notification) FROM unfinished), 0)) + 1"
        )
        assert row is not None
        return int(row[0])

    @contextmanager
    def recording(
        self, number: int, request: Mapping[str, Any], schedule: DeliverySchedule
    ) -> Iterator[Recording]:
        """Record the deliveries of a message, all within the block or none."""
        recording = self._under_way[number] = Recording(self._store, number, request, schedule)
        try:
            yield recording
        finally:
            if self._under_way.get(number) is recording:  # not another's, after a reset
                del self._under_way[number]
            if recording.is_long:  # and it may have failed, or its last step may yet
                self._ended()

    def stop(self, number: int) -> None:
        """Record no more of a message, which was cancelled."""
        recording = self._under_way.get(number)
        if recording is not None:
            recording.stopped = True

    def sweep(self) -> Steps[None]:
        """Remove what is left of messages that nobody records any more."""
        for (number,) in self._store.all("SELECT notification FROM unfinished"):
            if number in self._under_way:
                continue
            yield from self._delete(number, "delivery_rows", "number")
            yield from self._delete(number, "texts", "number")
            yield from self._delete(number, "pending", "subscription")
            self._store.run("DELETE FROM unfinished WHERE notification = ?", number)

    def _delete(self, number: int, table: str, key: str) -> Steps[None]:
        while self._store.run(
            f"DELETE FROM {table} WHERE notification = ? AND {key} IN"
            f" (SELECT {key} FROM {table} WHERE notification = ? LIMIT ?)",
            number,
            number,
            SPAN,
        ):
            yield

"""What the inbox keeps of each request to send: its body, its recipients and why.

A message is one row of the inbox. Most have a notification; one that reached nobody has none, as
OneSignal has none of it either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import msgspec
from attrs import Factory, frozen

from onesignal_stub.features.notifications.explanation import (
    MAX_LEFT_OUT,
    UNSUBSCRIBED,
    Excluded,
    Explained,
)
from onesignal_stub.filters import FilterSubject
from server_kit import Clock, Store
from server_kit.web import EventStream

KEPT = 50_000
"""How many messages the inbox has, of all apps together; the oldest are dropped beyond it."""

_LANGUAGES = ("headings", "contents", "subtitle")
_TEXTS = ("name", "email_subject", "email_body", "template_id", "activity_id")
_NAMES = ("include_external_user_ids", "include_player_ids", "include_subscription_ids")
# What makes that a device is not subscribed; the order is that of what has to be mended first.
_WHY = """
    SELECT s.number, CASE
        WHEN coalesce(s.token, '') = '' THEN 'no push token'
        WHEN s.invalid_identifier THEN 'its token is invalid'
        ELSE 'opted out (notification_types ' || coalesce(s.notification_types, '') || ')' END
    FROM subscriptions s WHERE s.number IN (SELECT value FROM json_each(?))
"""


@frozen
class Change:
    """A change of a message, as `GET /_control/events` sends it.

    Attributes:
        number: The message, as `GET /_control/inbox/{number}` has it.
        notification_id: Its notification; None where it reached nobody.
        app_id: The app.
        change: `sent`, `scheduled`, `canceled`, or `nobody` where it reached no device.
    """

    number: int
    notification_id: str | None
    app_id: str
    change: str


@frozen
class SendRequest:
    """A request to send.

    Attributes:
        app_id: The app.
        request: The body as it came.
        content: The body with its template's fields.
        ignored: What of it is not read.
        template: The template's name; "" for none.
    """

    app_id: str
    request: Mapping[str, Any]
    content: Mapping[str, Any]
    ignored: Sequence[str] = Factory(tuple)
    template: str = ""


class Messages:
    """Records what the inbox shows.

    Args:
        store: The tables.
        clock: The stub's time.
        events: Where changes are published.
    """

    def __init__(self, store: Store, clock: Clock, events: EventStream) -> None:
        self._store = store
        self._clock = clock
        self._events = events

    def add(self, asked: SendRequest, explained: Explained, *, notification: int | None) -> int:
        """Record a request.

        Args:
            asked: The request.
            explained: Its recipients, explained.
            notification: The number of its notification; None where it reached nobody.

        Returns:
            The number of the message.
        """
        row = self._store.one(
            "INSERT INTO messages (app_id, notification, request, content, ignored, audience,"
            " words, template_id, asked_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number",
            asked.app_id,
            notification,
            _json(asked.request),
            _json(asked.content),
            _json(asked.ignored),
            _json(attrs.asdict(explained.explanation)),
            _words(asked),
            str(asked.content.get("template_id") or "").lower() or None,
            self._clock.time(),
        )
        assert row is not None
        number = int(row["number"])
        self._leave_out(number, explained.left_out)
        self._store.run("DELETE FROM left_out WHERE message <= ?", number - KEPT)
        self._store.keep_newest("messages", KEPT)
        if notification is None:
            self._publish(Change(number, None, asked.app_id, "nobody"))
        return number

    def resolved_again(self, notification: int, explained: Explained) -> None:
        """Replace the audience of a scheduled message by that at the time of sending."""
        row = self._store.one(
            "UPDATE messages SET audience = ?, hidden = 0 WHERE notification = ? RETURNING number",
            _json(attrs.asdict(explained.explanation)),
            notification,
        )
        if row is not None:
            self._store.run("DELETE FROM left_out WHERE message = ?", row["number"])
            self._leave_out(row["number"], explained.left_out)

    def missed(self, notification: int, devices: Iterable[FilterSubject]) -> None:
        """Leave out devices that no longer took messages when their time came."""
        row = self._store.one("SELECT * FROM messages WHERE notification = ?", notification)
        missed = [Excluded(device, UNSUBSCRIBED) for device in devices]
        if row is None or not missed:
            return
        audience = msgspec.json.decode(row["audience"])
        counts = audience["left_out"]
        counts[UNSUBSCRIBED] = counts.get(UNSUBSCRIBED, 0) + len(missed)
        self._store.run(
            "UPDATE messages SET audience = ? WHERE number = ?", _json(audience), row["number"]
        )
        self._leave_out(row["number"], missed)

    def changed(self, notification: int, change: str) -> None:
        """Tell what happened to a message."""
        row = self._store.one(
            "SELECT m.number, n.id, m.app_id FROM messages m"
            " JOIN notifications n ON n.number = m.notification WHERE n.number = ?",
            notification,
        )
        if row is not None:
            self._publish(Change(row["number"], row["id"], row["app_id"], change))

    def _publish(self, change: Change) -> None:
        self._store.after_commit(lambda: self._events.publish("notification", change))

    def _leave_out(self, message: int, left_out: Sequence[Excluded]) -> None:
        kept = left_out[:MAX_LEFT_OUT]
        if not kept:
            return
        unsubscribed = [each.device.number for each in kept if each.reason == UNSUBSCRIBED]
        why = {row[0]: row[1] for row in self._store.all(_WHY, _json(unsubscribed))}
        self._store.run_many(
            "INSERT INTO left_out"
            " (message, subscription_id, onesignal_id, external_id, device_type, reason)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    message,
                    each.device.id,
                    each.device.onesignal_id,
                    each.device.external_id,
                    each.device.device_type,
                    f"{each.reason}: {why[each.device.number]}"
                    if each.device.number in why
                    else each.reason,
                )
                for each in kept
            ],
        )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _words(asked: SendRequest) -> str:
    """The texts of a message that a search looks through, as one."""
    content = asked.content
    found = [asked.template, asked.app_id]
    found += [str(content[name]) for name in _TEXTS if content.get(name)]
    for name in _LANGUAGES:
        texts = content.get(name)
        found += map(str, texts.values()) if isinstance(texts, Mapping) else ()
    for name in _NAMES:
        names = content.get(name)
        found += map(str, names[:MAX_LEFT_OUT]) if isinstance(names, list) else ()
    return "\n".join(found).casefold()

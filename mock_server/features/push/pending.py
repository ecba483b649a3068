"""Pending pushes, stored: a server that ends before OneSignal answers sends them later."""

from __future__ import annotations

import json
from datetime import datetime

import attrs
import msgspec

from mock_server.features.push.message import PushMessage
from mock_server.features.push.records import PushRecord
from server_kit import Store

SCHEMA = """
CREATE TABLE push_pending (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, record TEXT NOT NULL, message TEXT NOT NULL
);
"""


class PendingPushes:
    """The pushes of one server that OneSignal has neither accepted nor refused.

    Args:
        store: The server's database.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, record: PushRecord, message: PushMessage) -> None:
        """Store a push.

        Raises:
            Exception: The message has a value that JSON cannot have.
        """
        self._store.run(
            "INSERT INTO push_pending (id, record, message) VALUES (?, ?, ?)",
            record.id,
            _record_text(record),
            json.dumps(message.fields()),
        )

    def update(self, record: PushRecord) -> None:
        """Store the record of a push again, with its failures so far."""
        self._store.run(
            "UPDATE push_pending SET record = ? WHERE id = ?", _record_text(record), record.id
        )

    def drop(self, record_id: str) -> None:
        """Remove a push that is not pending any more; an unknown one is no error."""
        self._store.run("DELETE FROM push_pending WHERE id = ?", record_id)

    def all(self) -> list[tuple[PushRecord, PushMessage]]:
        """Every pending push, in the order of the events."""
        rows = self._store.all("SELECT record, message FROM push_pending ORDER BY number")
        return [_read(row["record"], row["message"]) for row in rows]


def _record_text(record: PushRecord) -> str:
    """The record without the texts: they are in the message."""
    return msgspec.json.encode(attrs.evolve(record, contents={})).decode()


def _read(record_text: str, message_text: str) -> tuple[PushRecord, PushMessage]:
    fields = json.loads(message_text)
    when = fields.pop("send_after", None)
    message = PushMessage(**fields, send_after=datetime.fromisoformat(when) if when else None)
    record = msgspec.json.decode(record_text, type=PushRecord)
    return attrs.evolve(record, contents=message.contents), message

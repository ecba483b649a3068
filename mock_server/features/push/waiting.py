"""Pushes that wait for OneSignal, stored: a server that ends meanwhile sends them later."""

from __future__ import annotations

import json
from datetime import datetime

import attrs
import msgspec

from mock_server.features.push.message import PushMessage
from mock_server.features.push.records import PushRecord
from server_kit import Store

SCHEMA = """
CREATE TABLE push_waiting (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, record TEXT NOT NULL, message TEXT NOT NULL
);
"""


class Waiting:
    """The pushes of one server that OneSignal has neither taken nor refused.

    Args:
        store: The server's database.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def put(self, record: PushRecord, message: PushMessage) -> None:
        """Store a push.

        Raises:
            Exception: The message has something in it that is no JSON.
        """
        self._store.run(
            "INSERT INTO push_waiting (id, record, message) VALUES (?, ?, ?)",
            record.id,
            _record_text(record),
            json.dumps(message.fields()),
        )

    def update(self, record: PushRecord) -> None:
        """Store what has become of a push so far."""
        self._store.run(
            "UPDATE push_waiting SET record = ? WHERE id = ?", _record_text(record), record.id
        )

    def drop(self, record_id: str) -> None:
        """Forget a push, because it waits no longer; one that is not there is no error."""
        self._store.run("DELETE FROM push_waiting WHERE id = ?", record_id)

    def all(self) -> list[tuple[PushRecord, PushMessage]]:
        """Every push, in the order of the events."""
        rows = self._store.all("SELECT record, message FROM push_waiting ORDER BY number")
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

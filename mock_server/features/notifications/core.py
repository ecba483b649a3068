"""Notifications: stored when persistent, sent to every connected recipient."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import uuid
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from attrs import field, frozen

from mock_server.cursor import decode_cursor, encode_cursor
from mock_server.features.accounts.core import Accounts
from mock_server.identity import SYSTEM_USER
from mock_server.realtime.registry import SessionRegistry
from mock_server.realtime.router import Router
from mock_server.realtime.stream import Stream, StreamMode
from mock_server.signals import Signal
from mock_server.wire.jsonb import jsonb_text
from mock_server.wire.output import omit_empty, timestamp
from mock_server.wire.varchar import varchar_problem
from server_kit import Clock, Store
from server_kit.store import Row

SCHEMA = """
CREATE TABLE notification (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    create_time INTEGER NOT NULL, id TEXT NOT NULL UNIQUE, subject TEXT NOT NULL,
    content TEXT NOT NULL, code INTEGER NOT NULL, sender_id TEXT NOT NULL,
    PRIMARY KEY (user_id, create_time, id)
) WITHOUT ROWID;
"""

_log = logging.getLogger("mock_server.notifications")

BATCH = 10_000
"""How many users a notification to all reaches in one turn of the loop, as in Nakama."""

_CURSOR = "notification"
_SMALLINT = range(-32768, 32768)
_SUBJECT_WIDTH = 255


class RowRejected(Exception):
    """PostgreSQL refuses a row, in its own words; nothing was written or sent."""


@frozen
class Notification:
    """One notification to one user.

    Attributes:
        user_id: The recipient, canonical uuid text.
        subject: What it is about, up to 255 characters if persistent.
        content: JSON text, as Go writes it.
        code: Positive for the game's own, negative for Nakama's.
        sender_id: Who sent it; the nil uuid for the system, empty for none at all.
        persistent: Whether it is stored until deleted.
        id: Its uuid.
    """

    user_id: str
    subject: str
    content: str
    code: int
    sender_id: str = SYSTEM_USER
    persistent: bool = False
    id: str = field(factory=lambda: str(uuid.uuid4()))


@frozen
class NotificationPage:
    """Stored notifications, oldest first, and where the next page starts."""

    rows: Sequence[Row]
    cursor: str
    has_more: bool


class Notifications:
    """The notifications of one server.

    Attributes:
        sent: A notification went to one user; it was stored, if it is persistent, and has reached
            their sockets. It is not emitted for those to all connected users, nor for close notices
            (-7, -8).
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        registry: SessionRegistry,
        router: Router,
        accounts: Accounts,
    ) -> None:
        self._store = store
        self._clock = clock
        self._registry = registry
        self._router = router
        self._accounts = accounts
        self.sent: Signal[Notification] = Signal()
        self._broadcasts: set[asyncio.Task[None]] = set()

    def send(self, notifications: Sequence[Notification]) -> None:
        """Store what is persistent, then push everything, one frame for each recipient.

        Raises:
            RowRejected: One row does not fit; nothing is stored or pushed.
        """
        stored = [each for each in notifications if each.persistent]
        _check(stored)
        self._check_users({each.user_id for each in stored})
        self._store_and_push(notifications, stored)

    def _store_and_push(
        self, notifications: Sequence[Notification], stored: Sequence[Notification]
    ) -> None:
        now = self._clock.tick()
        if stored:
            self._save(stored, now)
        by_user: dict[str, list[Notification]] = {}
        for each in notifications:
            by_user.setdefault(each.user_id, []).append(each)
        for user_id, items in by_user.items():
            stream = _stream(user_id)
            if self._router.reaches(stream):  # most users of a large send are offline
                self._router.send_to_stream(stream, _envelope(items, now))
        for each in notifications:
            self.sent.send(each)

    def send_all(
        self,
        subject: str,
        content: str,
        code: int,
        *,
        persistent: bool,
        sender_id: str = SYSTEM_USER,
    ) -> None:
        """Send to all users: stored with an id for each, or sent to the connected ones with one.

        What is stored reaches the first `BATCH` users now and the others, as many at a time, in
        later turns of the loop; a kill meanwhile leaves these without it. So it is in Nakama.

        Raises:
            RowRejected: The row does not fit; nothing is stored or pushed.
        """
        once = Notification(SYSTEM_USER, subject, content, code, sender_id)
        if not persistent:
            self._router.send_to_all(_envelope([once], self._clock.tick()))
            return
        last = self._send_batch(once, after="")
        if last is not None:
            task = asyncio.get_running_loop().create_task(self._send_batches(once, last))
            self._broadcasts.add(task)
            task.add_done_callback(self._broadcasts.discard)

    async def settle(self) -> None:
        """Return once notifications to all users have reached them."""
        await asyncio.gather(*self._broadcasts, return_exceptions=True)

    async def end(self) -> None:
        """Stop notifications to all; the users whom they have not reached get none."""
        for task in self._broadcasts:
            task.cancel()
        await self.settle()

    async def _send_batches(self, once: Notification, last: str | None) -> None:
        try:
            while last is not None:
                await asyncio.sleep(0)
                last = self._send_batch(once, after=last)
        except sqlite3.Error:  # Nakama, too, logs it: the caller has its answer
            _log.exception("a notification did not reach the users after %s", last)

    def _send_batch(self, once: Notification, *, after: str) -> str | None:
        """Send to the users after an id, in the order of their ids.

        Returns:
            The last id, or None where no user can be left.
        """
        rows = self._store.all(
            "SELECT id FROM users WHERE id > ? AND id <> ? ORDER BY id LIMIT ?",
            after,
            SYSTEM_USER,
            BATCH,
        )
        stored = [
            Notification(
                row["id"], once.subject, once.content, once.code, once.sender_id, persistent=True
            )
            for row in rows
        ]
        _check(stored)
        self._store_and_push(stored, stored)
        return stored[-1].user_id if len(stored) == BATCH else None

    def end_sockets(self, user_id: str, subject: str, code: int, keep: str = "") -> None:
        """Notify each socket of a user of its end (-7, -8), and close it, except for `keep`.

        Such a notification is not stored, has no sender, and an own id for each socket.
        """
        for session in self._registry.of_user(user_id):
            if session.id != keep:
                last = Notification(user_id, subject, "{}", code, sender_id="")
                session.send(_envelope([last], self._clock.tick()))
                session.disconnect()

    def stored(self, user_id: str) -> list[Row]:
        """Every stored notification of a user, oldest first."""
        return self._store.all(
            "SELECT * FROM notification WHERE user_id = ? ORDER BY create_time, id", user_id
        )

    def page(self, user_id: str, limit: int, cursor: str = "") -> NotificationPage:
        """Return up to `limit` rows strictly after the cursor's position.

        Raises:
            BadCursor: Not a cursor of a notification list.
        """
        create_time, last_id = _position(cursor)
        rows = self._store.all(
            "SELECT * FROM notification WHERE user_id = ? AND (create_time, id) > (?, ?) "
            "ORDER BY create_time, id LIMIT ?",
            user_id,
            create_time,
            last_id,
            limit + 1,
        )
        page = rows[:limit]
        if page:
            following = encode_cursor(_CURSOR, page[-1]["create_time"], page[-1]["id"])
        else:
            following = cursor or encode_cursor(_CURSOR, 0, SYSTEM_USER)
        return NotificationPage(page, following, has_more=len(rows) > limit)

    def get(self, ids: Iterable[str], user_id: str = "") -> list[Row]:
        """The stored rows of these ids, of one user or of all."""
        rows = [self._store.one("SELECT * FROM notification WHERE id = ?", each) for each in ids]
        return [row for row in rows if row is not None and user_id in ("", row["user_id"])]

    def delete(self, ids: Iterable[str], user_id: str = "") -> None:
        """Delete rows of one user, or of all; unknown and foreign ids change nothing."""
        with self._store.transaction():
            for each in ids:
                self._store.run(
                    "DELETE FROM notification WHERE id = ? AND ? IN ('', user_id)", each, user_id
                )

    def update(self, notification_id: str, changes: dict[str, str]) -> None:
        """Change subject, content or sender of a stored row; nothing is pushed."""
        if not changes:
            return
        if "content" in changes:
            changes = changes | {"content": jsonb_text(changes["content"])}
        columns = ", ".join(f"{name} = ?" for name in changes)
        self._store.run(
            f"UPDATE notification SET {columns} WHERE id = ?", *changes.values(), notification_id
        )

    def _check_users(self, user_ids: Iterable[str]) -> None:
        if any(self._accounts.find(each) is None for each in user_ids):
            raise RowRejected(
                'ERROR: insert or update on table "notification" violates foreign key constraint '
                '"notification_user_id_fkey" (SQLSTATE 23503)'
            )

    def _save(self, notifications: Sequence[Notification], now: int) -> None:
        contents = {
            content: _stored(content) for content in {each.content for each in notifications}
        }
        with self._store.transaction():
            self._store.run_many(
                "INSERT INTO notification (id, user_id, subject, content, code, sender_id, "
                "create_time) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    (
                        each.id,
                        each.user_id,
                        each.subject,
                        contents[each.content],
                        each.code,
                        each.sender_id,
                        now,
                    )
                    for each in notifications
                ),
            )


def _check(stored: Sequence[Notification]) -> None:
    """Check what the columns hold."""
    for code in (each.code for each in stored):
        if code not in _SMALLINT:
            bound = "greater than maximum" if code > 0 else "less than minimum"
            raise RowRejected(
                f"failed to encode args[4]: unable to encode "
                f"[]int32{{{_joined(each.code for each in stored)}}} into "
                f"binary format for _int2 (OID 1005): {code} is {bound} value for int2"
            )
    for subject in {each.subject for each in stored}:
        if problem := varchar_problem(subject, _SUBJECT_WIDTH):
            raise RowRejected(problem)


def listed(row: Row) -> dict[str, Any]:
    """The `Notification` message of a stored row, as clients read it."""
    return omit_empty(message_of(row))


def message_of(row: Row) -> dict[str, Any]:
    """The `Notification` message of a stored row, with empty fields, which no writer writes."""
    # By the names of the columns it takes twice as long.
    _, create_time, notification_id, subject, content, code, sender_id = row
    return {
        "id": notification_id,
        "subject": subject,
        "content": content,
        "code": code,
        "sender_id": "" if sender_id == SYSTEM_USER else sender_id,
        "create_time": _second(create_time // 1_000_000),
        "persistent": True,
    }


@lru_cache(maxsize=1024)  # what is listed or sent together is often of one second
def _second(seconds: int) -> str:
    return timestamp(seconds * 1_000_000_000)


def _stored(content: str) -> str:
    try:
        return jsonb_text(content)
    except ValueError as error:
        raise RowRejected(str(error)) from None


def _envelope(notifications: Iterable[Notification], now: int) -> dict[str, Any]:
    create_time = _second(now // 1_000_000)
    items = [
        {
            "id": each.id,
            "subject": each.subject,
            "content": each.content,
            "code": each.code,
            "sender_id": each.sender_id,
            "create_time": create_time,
            "persistent": each.persistent,
        }
        for each in notifications
    ]
    return {"notifications": {"notifications": items}}


def _stream(user_id: str) -> Stream:
    return Stream(StreamMode.NOTIFICATIONS, subject=user_id)


def _position(cursor: str) -> tuple[int, str]:
    if not cursor:
        return 0, SYSTEM_USER
    create_time, notification_id = decode_cursor(_CURSOR, cursor, int, str)
    return create_time, notification_id


def _joined(codes: Iterable[int]) -> str:
    return ", ".join(map(str, codes))

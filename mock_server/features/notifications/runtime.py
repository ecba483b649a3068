"""`nk.notification_*` and `nk.notifications_*`."""

from __future__ import annotations

from typing import Any

from mock_server.cursor import BadCursor
from mock_server.features.notifications.core import Notification, Notifications, RowRejected
from mock_server.identity import SYSTEM_USER
from mock_server.runtime.arguments import Arguments, ArgumentTable, object_json, whole
from mock_server.runtime.errors import ModuleError
from mock_server.runtime.functions import RuntimeFunctions
from mock_server.wire import gojson
from mock_server.wire.uuids import parse_uuid
from mock_server.wire.varchar import varchar_problem
from server_kit.store import Row

_POSITIVE_CODE = "expects code number to be a positive integer"
_SYSTEM_CODES = range(-2000, -999)


class NotificationFunctions(RuntimeFunctions):
    """Send, list, read, change and delete notifications."""

    def __init__(self, notifications: Notifications) -> None:
        self._notifications = notifications

    def notification_send(
        self,
        user_id: Any = None,
        subject: Any = None,
        content: Any = None,
        code: Any = None,
        sender_id: Any = None,
        persistent: Any = None,
    ) -> None:
        """Send a notification to one user.

        Args:
            user_id: The recipient's uuid.
            subject: A text that is not empty; up to 255 characters if persistent.
            content: A table of names and values; an array becomes `null`, as in Nakama.
            code: Positive, or -2000 to -1000; up to 32767 if persistent.
            sender_id: A uuid; None or empty for the system.
            persistent: Whether it is stored; False when left out.

        Raises:
            ModuleError: An argument is not as above, or a persistent one has no recipient.
        """
        given = Arguments(
            "notification_send", user_id, subject, content, code, sender_id, persistent
        )
        recipient = given.uuid(1, "expects user_id to be a valid UUID")
        text = given.filled_text(2, "expects subject to be a non-empty string")
        body = object_json(given.table(3))
        number = given.integer(4)
        if number <= 0 and number not in _SYSTEM_CODES:
            raise given.error(4, _POSITIVE_CODE)
        sender = _sender(given, 5)
        stored = given.optional_flag(6)
        self._send([Notification(recipient, text, body, number, sender, stored)])

    def notifications_send(self, notifications: Any = None) -> None:
        """Send several notifications at once: one frame for each recipient.

        Args:
            notifications: A list of tables with `user_id`, `subject`, `content`, `code`,
                `sender_id`, `persistent`; one bad entry refuses them all.

        Raises:
            ModuleError: As for `notification_send`.
        """
        given = Arguments("notifications_send", notifications)
        entries = given.entries(1, "expects a valid set of notifications", named=True)
        self._send([_notification(entry) for entry in entries])

    def notification_send_all(
        self,
        subject: Any = None,
        content: Any = None,
        code: Any = None,
        persistent: Any = None,
    ) -> None:
        """Send to every user (persistent) or to every connected user (not).

        Raises:
            ModuleError: A bad argument.
        """
        given = Arguments("notification_send_all", subject, content, code, persistent)
        text = given.filled_text(1, "expects subject to be a non-empty string")
        body = object_json(given.table(2))
        number = given.integer(3)
        if number <= 0:
            raise given.error(3, _POSITIVE_CODE)
        stored = given.optional_flag(4)
        try:
            self._notifications.send_all(text, body, number, persistent=stored)
        except RowRejected as error:
            # The real one writes in the background, and only logs what fails there.
            raise ModuleError(f"failed to send notifications: {error}") from None

    def notifications_list(
        self, user_id: Any = None, limit: Any = None, cursor: Any = None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """List a user's stored notifications.

        Args:
            user_id: Whose.
            limit: 1 to 1000; 100 when left out.
            cursor: Where to go on.

        Returns:
            The notifications (`senderId` and `createTime` in this call's own spelling), and a
            cursor, or None on the last page.

        Raises:
            ModuleError: A bad argument or cursor.
        """
        given = Arguments("notifications_list", user_id, limit, cursor)
        owner = given.uuid(1, "expects user_id to be a valid uuid")
        size = given.optional_integer(2, 100)
        if not 1 <= size <= 1000:
            raise given.error(2, "expects limit to be value between 1 and 1000")
        try:
            page = self._notifications.page(owner, size, given.optional_text(3))
        except BadCursor:
            raise ModuleError(
                "failed to list notifications: rpc error: code = InvalidArgument desc = "
                "Malformed cursor was used."
            ) from None
        return [_listed(row) for row in page.rows], page.cursor if page.has_more else None

    def notifications_get_id(self, ids: Any = None, user_id: Any = None) -> list[dict[str, Any]]:
        """Read stored notifications by id, of one user or of all.

        Raises:
            ModuleError: A malformed id.
        """
        given = Arguments("notifications_get_id", ids, user_id)
        ids = list(dict.fromkeys(_ids(given)))
        owner = _owner(given, "get notifications: failed to list notifications by id")
        return [_read(row) for row in self._notifications.get(ids, owner)]

    def notifications_delete_id(self, ids: Any = None, user_id: Any = None) -> None:
        """Delete stored notifications by id, of one user or of all.

        Raises:
            ModuleError: A malformed id.
        """
        given = Arguments("notifications_delete_id", ids, user_id)
        ids, owner = _ids(given), given.optional_text(2)
        if owner and parse_uuid(owner) is None:
            raise ModuleError("failed to delete notifications: expects id to be a valid uuid")
        self._notifications.delete(ids, parse_uuid(owner) or "")

    def notifications_delete(self, notifications: Any = None) -> None:
        """Delete stored notifications, each given by `user_id` and `notification_id`.

        Raises:
            ModuleError: A malformed id; nothing is deleted.
        """
        given = Arguments("notifications_delete", notifications)
        entries = given.entries(1, "expects a valid set of notifications", named=True)
        for owner, notification_id in [_deleted(entry) for entry in entries]:
            self._notifications.delete([notification_id], owner)

    def notifications_update(self, updates: Any = None) -> None:
        """Change `subject`, `content` or `sender` of stored notifications, each given by `id`.

        Raises:
            ModuleError: A bad entry; nothing is changed.
        """
        given = Arguments("notifications_update", updates)
        entries = given.entries(1, "expects a valid set of data", named=True)
        for notification_id, changes in [_update(entry) for entry in entries]:
            self._notifications.update(notification_id, changes)

    def _send(self, notifications: list[Notification]) -> None:
        try:
            self._notifications.send(notifications)
        except RowRejected as error:
            raise ModuleError(f"failed to send notifications: {error}") from None


def _notification(entry: ArgumentTable) -> Notification:
    stored = entry.typed("persistent", "boolean")
    subject = entry.typed("subject", "string")
    content = entry.typed("content", "table", "expects content to be a table")
    code = entry.typed("code", "number")
    recipient = entry.uuid("user_id", "expects user_id to be a valid UUID")
    sender = entry.uuid("sender_id", "expects sender_id to be a valid UUID")
    if code is not None and whole(code) <= 0:
        raise entry.error("expects code to number above 0")
    if not subject:
        raise entry.error("expects subject to be provided and to be non-empty")
    if content is None:
        raise entry.error("expects content to be provided and be valid JSON")
    if recipient in (None, SYSTEM_USER):
        raise entry.error("expects user_id to be provided and be a valid UUID")
    if code is None:
        raise entry.error("expects code to be provided and be a number above 0")
    return Notification(
        recipient or "",
        subject,
        object_json(content),
        whole(code),
        sender or SYSTEM_USER,
        bool(stored),
    )


def _deleted(entry: ArgumentTable) -> tuple[str, str]:
    owner = entry.uuid("user_id", "expects user_id to be a valid UUID")
    which = entry.uuid("notification_id", "expects notification_id to be a valid UUID")
    return owner or SYSTEM_USER, _uuid(which or "", "delete notifications")


def _update(entry: ArgumentTable) -> tuple[str, dict[str, str]]:
    notification_id = entry.uuid("id", "expects user_id to be a valid ID")
    changes = {
        "content": entry.json_object("content"),
        "subject": entry.filled("subject") if entry.has("subject") else None,
        "sender_id": _uuid(entry.filled("sender"), "update notifications")
        if entry.has("sender")
        else None,
    }
    given = {name: value for name, value in changes.items() if value is not None}
    if problem := varchar_problem(given.get("subject", ""), 255):
        failed = "failed to update notifications"
        raise ModuleError(f"{failed}: {failed}: {problem}")
    return notification_id or SYSTEM_USER, given


def _sender(given: Arguments, number: int) -> str:
    text = given.optional_text(number)
    if not text:
        return SYSTEM_USER
    sender = parse_uuid(text)
    if sender is None:
        raise given.error(
            number, "expects sender_id to either be not set, empty string or a valid UUID"
        )
    return sender


def _ids(given: Arguments) -> list[str]:
    return given.ids(1, expected="invalid user ids list", each="notification")


def _owner(given: Arguments, doing: str) -> str:
    text = given.optional_text(2)
    return _uuid(text, doing) if text else ""


def _uuid(text: str, doing: str) -> str:
    """A uuid that Nakama leaves to the database to check."""
    value = parse_uuid(text)
    if value is None:
        raise ModuleError(
            f'failed to {doing}: ERROR: invalid input syntax for type uuid: "{text}" '
            "(SQLSTATE 22P02)"
        )
    return value


def _listed(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "subject": row["subject"],
        "content": row["content"],
        "code": row["code"],
        "senderId": "" if row["sender_id"] == SYSTEM_USER else row["sender_id"],
        "createTime": row["create_time"] // 1_000_000,
        "persistent": True,
    }


def _read(row: Row) -> dict[str, Any]:
    read = {
        "user_id": row["user_id"],
        "subject": row["subject"],
        "content": gojson.unmarshal(row["content"]),
        "code": row["code"],
        "create_time": row["create_time"] // 1_000_000,
        "persistent": True,
    }
    return read if row["sender_id"] == SYSTEM_USER else read | {"sender_id": row["sender_id"]}

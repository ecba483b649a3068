"""The console's notifications: send, list, get, delete."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from mock_server.console.forms import body_of, internal, invalid, not_found, query_of
from mock_server.console.listing import list_page
from mock_server.console.services import ConsoleRoute, ConsoleServices
from mock_server.cursor import BadCursor
from mock_server.features.notifications.core import Notification, RowRejected
from mock_server.identity import SYSTEM_USER
from mock_server.wire import gojson
from mock_server.wire.errors import DecodeError
from mock_server.wire.output import timestamp
from mock_server.wire.schema import BOOL, INT32, STRING, UINT32, ListOf, Message
from mock_server.wire.uuids import parse_uuid
from server_kit.store import Row

_SEND = Message(
    "SendNotificationRequest",
    user_ids=ListOf(STRING),
    subject=STRING,
    code=INT32,
    sender_id=STRING,
    persistent=BOOL,
)
_LIST = Message("ListNotificationsRequest", user_id=STRING, limit=UINT32, cursor=STRING)
_LARGEST_PAGE = 10_000  # Nakama has no limit, and ends where it finds no memory


async def send(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Send to some users, or to all; nothing of code and subject is checked, as in Nakama."""
    raw = await request.read()
    body, content = await body_of(request, _SEND), _content(raw)
    sender = body["sender_id"] or SYSTEM_USER
    if parse_uuid(sender) is None:
        raise internal("failed to send notification, invalid sender id")
    recipients = {_recipient(each): None for each in body["user_ids"]}
    subject, code, stored = body["subject"], body["code"], body["persistent"]
    notifications = services.notifications
    try:
        if recipients:
            notifications.send(
                [Notification(each, subject, content, code, sender, stored) for each in recipients]
            )
        else:
            notifications.send_all(subject, content, code, persistent=stored, sender_id=sender)
    except RowRejected as error:
        raise internal("failed to send notification") from error
    return {}


def list_notifications(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Persistent notifications, oldest first, in pages both ways."""
    asked = query_of(request, _LIST)
    limit = min(asked["limit"], _LARGEST_PAGE)
    try:
        page = list_page(services.store, asked["user_id"], limit, asked["cursor"])
    except BadCursor:
        raise invalid("Malformed cursor was used.") from None
    return {
        "notifications": [_full(row) for row in page.rows],
        "next_cursor": page.next_cursor,
        "prev_cursor": page.prev_cursor,
    }


def get(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """One notification."""
    if not request.match_info["id"]:
        raise invalid("notification id is required.")
    notification_id = parse_uuid(request.match_info["id"])
    if notification_id is None:
        raise internal("failed to fetch notification")
    rows = services.notifications.get([notification_id])
    if not rows:
        raise not_found("Notification not found.")
    return _full(rows[0])


def delete(services: ConsoleServices, request: web.Request) -> dict[str, Any]:
    """Delete one notification; one that is not there is no error."""
    notification_id = parse_uuid(request.match_info["id"])
    if notification_id is None:
        raise internal("failed to delete notification")
    services.notifications.delete([notification_id])
    return {}


def _content(body: bytes) -> str:
    """The text of a notification's content, which is a JSON object of any form."""
    try:
        content = gojson.unmarshal(body or b"{}").get("content")
        if content is None or isinstance(content, dict):
            return gojson.marshal(content or {})
    except (DecodeError, ValueError) as error:
        raise invalid(str(error)) from None
    raise invalid("proto: content is no JSON object")


def _recipient(text: str) -> str:
    user_id = parse_uuid(text)
    if user_id is None:
        raise internal("failed to send notification, invalid user id")
    if user_id == SYSTEM_USER:
        raise internal("failed to send notification, cannot send to system user")
    return user_id


def _full(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "subject": row["subject"],
        "content": row["content"],
        "code": row["code"],
        "sender_id": row["sender_id"],
        "create_time": timestamp(row["create_time"] * 1000, digits=6),
        "persistent": True,
        "user_id": row["user_id"],
    }


ROUTES: tuple[ConsoleRoute, ...] = (
    ("POST", "/notification", send),
    ("GET", "/notification", list_notifications),
    ("GET", "/notification/{id}", get),
    ("DELETE", "/notification/{id}", delete),
)
"""What is served under `/v2/console`."""

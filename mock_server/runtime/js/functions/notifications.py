"""`nk.notification…` and `nk.notifications…`."""

from __future__ import annotations

from typing import Any

from mock_server.runtime.js.errors import ScriptGoError, ScriptTypeError
from mock_server.runtime.js.functions.table import Nk
from mock_server.runtime.js.given import Fields, Given, Object, camel_keys, json_of
from mock_server.runtime.js.values import UNDEFINED
from mock_server.wire.uuids import NIL, parse_uuid

_CONTENT = frozenset({"content"})
_SENDER = "expects senderId to either be not set, empty string or a valid UUID"
_UNCONVERTIBLE = "failed to convert content: {}"
_CODE = "expects code number to be a positive integer"
_LIST = "expects a valid array of notifications"
_UPDATES = "expects an array of notification updates objects"


def notification_send(given: Given, nk: Nk) -> Any:
    """`nk.notificationSend(userId, subject, content, code, senderId?, persistent?)`."""
    user_id = given.uuid(0, "expects valid user id")
    subject = _subject(given, 1)
    content = _content(given, 2)
    code = given.integer(3)
    if code <= 0 and not -2000 <= code <= -1000:
        raise ScriptGoError(_CODE)
    sender = None
    if given.has(4):
        sender = parse_uuid(given.text(4))
        if sender is None:
            raise ScriptTypeError(_SENDER)
    nk("notification_send", user_id, subject, content, code, sender, _persistent(given, 5))
    return UNDEFINED


def notification_send_all(given: Given, nk: Nk) -> Any:
    """`nk.notificationSendAll(subject, content, code, persistent?)`."""
    subject, content = _subject(given, 0), _content(given, 1)
    code = given.integer(2)
    if code <= 0:
        raise ScriptGoError(_CODE)
    nk("notification_send_all", subject, content, code, _persistent(given, 3))
    return UNDEFINED


def notifications_send(given: Given, nk: Nk) -> Any:
    """`nk.notificationsSend(notifications)`."""
    entries = _entries(given)
    nk("notifications_send", [_notification(Fields(entry)) for entry in entries])
    return UNDEFINED


def notifications_list(given: Given, nk: Nk) -> Any:
    """`nk.notificationsList(userId, limit?, cursor?)`."""
    user_id = given.uuid(0, "invalid user id", "expects user id")
    limit = given.optional(1, given.integer, 100)
    if not 1 <= limit <= 1000:
        raise ScriptTypeError("expects limit between 1 and 1000")
    found, cursor = nk("notifications_list", user_id, limit, given.optional(2, given.text, ""))
    return {"notifications": found, "cursor": cursor}


def notifications_get_id(given: Given, nk: Nk) -> Any:
    """`nk.notificationsGetId(ids, userId?)`."""
    ids = _ids(given)
    owner = given.optional(1, given.text, "")
    if owner and parse_uuid(owner) is None:
        raise ScriptGoError(
            "failed to get notifications by id: failed to list notifications by id: ERROR: invalid "
            f'input syntax for type uuid: "{owner}" (SQLSTATE 22P02)'
        )
    # The shared function does not tell which is which, so each is read by itself.
    found = {each: nk("notifications_get_id", [each], owner or None) for each in ids}
    return [_read(each, row) for each, rows in found.items() for row in rows]


def notifications_update(given: Given, nk: Nk) -> Any:
    """`nk.notificationsUpdate(updates)`."""
    updates = [_update(Fields(entry)) for entry in given.objects(0, _UPDATES)]
    nk("notifications_update", updates)
    return UNDEFINED


def notifications_delete(given: Given, nk: Nk) -> Any:
    """`nk.notificationsDelete(notifications)`."""
    deletes = []
    for entry in map(Fields, _entries(given)):
        user_id, notification_id = entry.uuid("userId"), entry.uuid("notificationId")
        if notification_id is None:
            raise ScriptGoError(
                'failed to delete notifications: ERROR: invalid input syntax for type uuid: "" '
                "(SQLSTATE 22P02)"
            )
        deletes.append({"user_id": user_id or NIL, "notification_id": notification_id})
    nk("notifications_delete", deletes)
    return UNDEFINED


def notifications_delete_id(given: Given, nk: Nk) -> Any:
    """`nk.notificationsDeleteId(ids, userId?)`."""
    ids = _ids(given)
    owner = given.optional(1, given.text, "")
    if owner and parse_uuid(owner) is None:
        raise ScriptGoError("failed to get notifications by id: expects id to be a valid uuid")
    if ids:
        nk("notifications_delete_id", ids, owner or None)
    return UNDEFINED


def _subject(given: Given, number: int) -> str:
    text = given.text(number)
    if not text:
        raise ScriptTypeError("expects subject to be a non empty string")
    return text


def _content(given: Given, number: int) -> Object:
    if given.value(number) is UNDEFINED:
        raise ScriptTypeError("expects content")
    content = given.object(number, "expects content to be an object")
    return dict(json_of(content, _UNCONVERTIBLE))


def _persistent(given: Given, number: int) -> bool:
    return given.value(number) is not UNDEFINED and given.flag(number)


def _entries(given: Given) -> list[Object]:
    if not given.has(0):
        raise ScriptTypeError(_LIST)
    return given.objects(0, "expects notifications to be an array")


def _ids(given: Given) -> list[str]:
    if not given.has(0):
        raise ScriptTypeError("expects an array of ids")
    ids = given.strings(0, "expects an array of strings")
    for text in ids:
        if parse_uuid(text) is None:
            raise ScriptTypeError(f"invalid user id: {text}")
    return ids


def _notification(entry: Fields) -> Object:
    persistent, subject = entry.flag("persistent"), entry.text("subject")
    content = json_of(entry.object("content"), _UNCONVERTIBLE)
    code = entry.integer("code")
    if code is not None and code <= 0:
        raise ScriptTypeError("expects 'code' value to be a positive integer.")
    user_id, sender_id = entry.uuid("userId"), entry.uuid("senderId")
    if not subject:
        raise ScriptTypeError("expects subject to be provided and to be non-empty")
    if content is None:
        raise ScriptTypeError("expects content to be provided and be valid JSON")
    if user_id in (None, NIL):
        raise ScriptTypeError("expects userId to be provided and be a valid UUID")
    if code is None:
        raise ScriptTypeError("expects code to be provided and be a number above 0")
    return {
        "persistent": persistent,
        "subject": subject,
        "content": content,
        "code": code,
        "user_id": user_id,
        "sender_id": sender_id,
    }


def _update(entry: Fields) -> Object:
    if not entry.has("id") or entry.get("id") == "":
        raise ScriptTypeError("expects 'id' value to be set")
    text = entry.text("id", "a non-empty string")
    assert text is not None, "it is set"
    if parse_uuid(text) is None:
        raise ScriptGoError("expects 'id' value to be a valid id")
    content = entry.object("content", "a non-empty map")
    update: Object = {"id": text}
    if content is not None:
        update["content"] = json_of(content, _UNCONVERTIBLE)
    for name in ("subject", "sender"):
        value = entry.text(name, "a non-empty string")
        if value == "":
            raise entry.error(name, "a non-empty string")
        update[name] = value
    return update


def _read(notification_id: str, row: Object) -> Object:
    shaped = camel_keys(row, _CONTENT)
    return {"id": notification_id, "sender": shaped.pop("senderId", ""), **shaped}

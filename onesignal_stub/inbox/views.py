"""Messages as the inbox shows them: a row of the list, and everything about one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from onesignal_stub.inbox.platforms import platform_of
from onesignal_stub.inbox.preview import channel_of, first_text, phone, web
from onesignal_stub.steps import Steps
from server_kit import Store
from server_kit.store import Row

MAX_TEXTS = 50
"""How many of a message's texts are shown; with names filled in there may be one a device."""

_LARGE = 64 * 1024  # characters of a message's content
_ROW = (
    "SELECT m.*, n.id AS notification_id, coalesce(n.state, 'nobody') AS status, n.send_after,"
    " n.recipients, n.completed_at, n.collapse_id, n.ttl, a.name AS app_name,"
    " t.name AS template_name"
    " FROM messages m LEFT JOIN notifications n ON n.number = m.notification"
    " LEFT JOIN apps a ON a.id = m.app_id LEFT JOIN templates t ON t.id = m.template_id"
)
_COUNTS = (
    "SELECT notification, count(*) AS reached, count(received_at) AS received,"
    " count(clicked_at) AS opened, count(dismissed_at) AS dismissed,"
    " group_concat(DISTINCT device_type) AS types FROM deliveries"
    " WHERE notification IN (SELECT value FROM json_each(?)) GROUP BY notification"
)
_REACHED = (
    "SELECT d.*, t.language, t.heading, t.contents, t.subtitle, s.device_model, s.device_os"
    " FROM deliveries d JOIN texts t ON t.number = d.text"
    " LEFT JOIN subscriptions s ON s.number = d.subscription"
    " WHERE d.notification = ? AND d.number > ?"
    " AND (? = '' OR d.subscription_id = ? OR d.external_id = ? OR d.onesignal_id = ?)"
    " ORDER BY d.number LIMIT ?"
)
_LEFT_OUT = (
    "SELECT subscription_id, onesignal_id, external_id, device_type, reason FROM left_out"
    " WHERE message = ? AND (? = '' OR subscription_id = ? OR external_id = ? OR onesignal_id = ?)"
    " ORDER BY rowid LIMIT 100"
)


class InboxViews:
    """Reads messages for display.

    Args:
        store: The tables.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def rows(self, numbers: Sequence[int]) -> Steps[list[dict[str, Any]]]:
        """Rows of the list, in the order of the numbers; a large one is a step of its own."""
        listed = msgspec.json.encode(numbers).decode()
        found = self._store.all(
            "SELECT notification FROM messages WHERE notification IS NOT NULL"
            " AND number IN (SELECT value FROM json_each(?))",
            listed,
        )
        counts = self._counts([row["notification"] for row in found])
        shown = []
        for number in numbers:
            row = self._store.one(f"{_ROW} WHERE m.number = ? AND NOT m.hidden", number)
            if row is not None:
                shown.append(_row(row, counts.get(row["notification"])))
                if len(row["content"]) > _LARGE:
                    yield
        return shown

    def one(self, number: int) -> dict[str, Any]:
        """Everything about a message but its devices.

        Raises:
            LookupError: There is none with this number, or it was cleared.
        """
        row = self._store.one(f"{_ROW} WHERE m.number = ? AND NOT m.hidden", number)
        if row is None:
            raise LookupError(f"there is no message {number}")
        content = msgspec.json.decode(row["content"])
        texts = self._store.all(
            "SELECT t.language, t.heading, t.contents, t.subtitle, count(*) AS devices"
            " FROM texts t JOIN deliveries d ON d.text = t.number"
            " WHERE t.notification = ? GROUP BY t.number ORDER BY t.number LIMIT ?",
            row["notification"],
            MAX_TEXTS,
        )
        return {
            **_row(row, self._counts([row["notification"]]).get(row["notification"])),
            "request": msgspec.json.decode(row["request"]),
            "ignored": msgspec.json.decode(row["ignored"]),
            "audience": self._audience(row),
            "texts": [dict(text) for text in texts],
            "phone": phone(content),
            "web": web(content),
            "data": content.get("data"),
            "recipients": row["recipients"],
            "collapse_id": row["collapse_id"],
            "ttl": row["ttl"],
        }

    def devices(self, number: int, *, after: int, limit: int, find: str) -> dict[str, Any]:
        """The devices that a message reached, and those that were left out.

        Args:
            number: The message.
            after: The id of a push; those after it are shown.
            limit: How many at most.
            find: Only the device with this id, or those of this user; "" for all.

        Raises:
            LookupError: There is no such message, or it was cleared.
        """
        row = self._store.one(f"{_ROW} WHERE m.number = ? AND NOT m.hidden", number)
        if row is None:
            raise LookupError(f"there is no message {number}")
        ways = msgspec.json.decode(row["audience"])["ways"]
        wanted = (find, find.lower(), find, find.lower())
        reached = self._store.all(_REACHED, row["notification"], after, *wanted, limit + 1)
        left_out = self._store.all(_LEFT_OUT, number, *wanted)
        return {
            "reached": [_reached(each, ways) for each in reached[:limit]],
            "next": reached[limit - 1]["number"] if len(reached) > limit else None,
            "left_out": [
                {**dict(each), "platform": platform_of(each["device_type"])} for each in left_out
            ],
        }

    def _counts(self, notifications: Sequence[int]) -> dict[int, Row]:
        listed = msgspec.json.encode(notifications).decode()
        return {row["notification"]: row for row in self._store.all(_COUNTS, listed)}

    def _audience(self, row: Row) -> dict[str, Any]:
        """The audience with how many devices each way let in, and what its segments ask for."""
        audience: dict[str, Any] = msgspec.json.decode(row["audience"])
        counted = self._store.all(
            "SELECT way, count(*) FROM deliveries WHERE notification = ? GROUP BY way",
            row["notification"],
        )
        counts = {row[0]: row[1] for row in counted}
        asked: Mapping[str, str] = {}
        if audience["targeting"] == "segments":
            rows = self._store.all(
                "SELECT name, filters FROM segments WHERE app_id = ?", row["app_id"]
            )
            asked = {each["name"]: each["filters"] for each in rows}
        audience["ways"] = [
            {
                "name": name,
                "devices": counts.get(at, 0),
                "filters": msgspec.json.decode(asked.get(name, "[]")),
            }
            for at, name in enumerate(audience["ways"])
        ]
        return audience


def _row(row: Row, counts: Row | None) -> dict[str, Any]:
    content = msgspec.json.decode(row["content"])
    audience = msgspec.json.decode(row["audience"])
    types = [] if counts is None else counts["types"].split(",")
    reached = {
        name: 0 if counts is None else counts[name]
        for name in ("reached", "received", "opened", "dismissed")
    }
    left_out = sum(audience["left_out"].values()) + audience["unknown_count"]
    return {
        "number": row["number"],
        "notification_id": row["notification_id"],
        "app_id": row["app_id"],
        "app_name": row["app_name"],
        "status": row["status"],
        "channel": channel_of(content),
        "title": first_text(content, "headings") or content.get("email_subject"),
        "text": first_text(content, "contents") or content.get("email_body"),
        "template_id": row["template_id"],
        "template_name": row["template_name"],
        "asked_at": row["asked_at"],
        "send_after": row["send_after"],
        "completed_at": row["completed_at"],
        "platforms": sorted({platform_of(int(each)) for each in types}),
        **reached,
        "left_out": left_out,
        "why": {**audience["left_out"], **_unknown(audience)},
    }


def _unknown(audience: Mapping[str, Any]) -> dict[str, int]:
    count = audience["unknown_count"]
    return {"no device of that name": count} if count else {}


def _reached(row: Row, ways: Sequence[str]) -> dict[str, Any]:
    if row["clicked_at"] is not None:
        state = "opened"
    elif row["dismissed_at"] is not None:
        state = "dismissed"
    else:
        state = "sent" if row["received_at"] is None else "received"
    return {
        "push_id": row["number"],
        "subscription_id": row["subscription_id"],
        "onesignal_id": row["onesignal_id"],
        "external_id": row["external_id"],
        "platform": platform_of(row["device_type"]),
        "device_model": row["device_model"],
        "device_os": row["device_os"],
        "language": row["language"],
        "heading": row["heading"],
        "contents": row["contents"],
        "subtitle": row["subtitle"],
        "state": state,
        "sent_at": row["sent_at"],
        "received_at": row["received_at"],
        "opened_at": row["clicked_at"],
        "opened_on": row["clicked_on"],
        "dismissed_at": row["dismissed_at"],
        "included_by": ways[row["way"]] if row["way"] < len(ways) else None,
    }

"""How OneSignal shows a notification: its request, its state, its counts per platform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from onesignal_stub.audience import PLATFORM_FLAGS
from onesignal_stub.features.notifications.checks import DEFAULT_TTL
from onesignal_stub.steps import Steps
from server_kit import Store
from server_kit.store import Row

_PLATFORM_NAMES = {
    0: "ios",
    1: "android",
    2: "amazon_fire",
    3: "windows_phone_legacy",
    4: "chrome_extension",
    5: "chrome_web_push",
    6: "windows",
    7: "safari_web_push",
    8: "firefox_web_push",
    9: "mac_os",
    10: "amazon_alexa",
    11: "email",
    13: "huawei",
    14: "sms",
    17: "safari_web_push",
}
_UNSET: dict[str, Any] = {
    "adm_big_picture": None,
    "android_group": None,
    "app_url": None,
    "big_picture": None,
    "buttons": None,
    "chrome_big_picture": None,
    "chrome_icon": None,
    "chrome_web_icon": None,
    "chrome_web_image": None,
    "content_available": None,
    "contents": {},
    "data": None,
    "delayed_option": "immediate",
    "delivery_time_of_day": None,
    "excluded_segments": [],
    "headings": {},
    "include_external_user_ids": None,
    "include_player_ids": None,
    "included_segments": [],
    "ios_attachments": None,
    "ios_badgeCount": None,
    "ios_badgeType": None,
    "large_icon": None,
    "name": None,
    "priority": None,
    "small_icon": None,
    "subtitle": None,
    "tags": None,
    "template_id": None,
    "ttl": DEFAULT_TTL,
    "url": None,
    "web_buttons": None,
    "web_url": None,
}
_NOT_SHOWN = {
    # The official SDKs' models do not fit every value that a request may have here.
    "filters",
    "throttle_rate_per_minute",
    "app_id",
    "idempotency_key",
}
_LARGE = 64 * 1024  # characters of a request
_COUNTERS = ("successful", "failed", "errored", "converted", "received")


class NotificationViews:
    """Reads notifications for display.

    Args:
        store: The tables.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def show(self, row: Row) -> dict[str, Any]:
        """A notification as `GET /notifications/{id}` answers it."""
        request: dict[str, Any] = msgspec.json.decode(row["request"])
        given = {
            name: value
            for name, value in request.items()
            if name not in _NOT_SHOWN and value is not None
        }
        stats = self._platform_stats(row)
        totals = {name: sum(stat[name] for stat in stats.values()) for name in _COUNTERS}
        totals["failed"] += row["failed"]
        state = row["state"]
        completed_at = row["completed_at"]
        return {
            **_UNSET,
            **_platform_flags(request, stats),
            **given,
            "id": row["id"],
            "app_id": row["app_id"],
            "canceled": state == "canceled",
            **totals,
            "remaining": self._remaining(row),
            "queued_at": int(row["queued_at"]),
            "send_after": int(row["send_after"]),
            "completed_at": None if completed_at is None else int(completed_at),
            "filters": None,
            "throttle_rate_per_minute": None,
            "platform_delivery_stats": stats,
        }

    def show_all(self, rows: Sequence[Row]) -> Steps[list[dict[str, Any]]]:
        """Notifications as `GET /notifications` lists them; a large one is a step of its own."""
        shown = list[dict[str, Any]]()
        for row in rows:
            if shown and len(row["request"]) > _LARGE:
                yield
            shown.append(self.show(row))
        return shown

    def page(
        self, app_id: str, *, limit: int, offset: int, template_id: str | None
    ) -> tuple[int, list[Row]]:
        """How many notifications there are, and some of them, the newest first."""
        condition, params = _of_app(app_id, template_id)
        count = self._store.one(f"SELECT count(*) FROM notifications WHERE {condition}", *params)
        rows = self._store.all(
            f"SELECT * FROM notifications WHERE {condition}"
            " ORDER BY queued_at DESC, number DESC LIMIT ? OFFSET ?",
            *params,
            limit,
            offset,
        )
        return (0 if count is None else int(count[0])), rows

    def after(
        self, app_id: str, *, send_after: float, number: int, limit: int, template_id: str | None
    ) -> list[Row]:
        """Notifications whose time comes after another's, in the order of their times."""
        condition, params = _of_app(app_id, template_id)
        return self._store.all(
            f"SELECT * FROM notifications WHERE {condition}"
            " AND (send_after, number) > (?, ?) ORDER BY send_after, number LIMIT ?",
            *params,
            send_after,
            number,
            limit,
        )

    def _platform_stats(self, row: Row) -> dict[str, dict[str, int]]:
        rows = self._store.all(
            "SELECT device_type, count(*) AS successful, count(clicked_at) AS converted,"
            " count(received_at) AS received FROM deliveries WHERE notification = ?"
            " GROUP BY device_type ORDER BY device_type",
            row["number"],
        )
        stats: dict[str, dict[str, int]] = {}
        for found in rows:
            name = _PLATFORM_NAMES[found["device_type"]]
            stat = stats.setdefault(name, dict.fromkeys(_COUNTERS, 0))
            for counter in ("successful", "converted", "received"):
                stat[counter] += found[counter]
        return stats

    def _remaining(self, row: Row) -> int:
        if row["state"] == "scheduled":
            return int(row["recipients"])
        left = self._store.one("SELECT count(*) FROM pending WHERE notification = ?", row["number"])
        return 0 if left is None else int(left[0])


def _of_app(app_id: str, template_id: str | None) -> tuple[str, list[Any]]:
    if template_id is None:
        return "app_id = ?", [app_id]
    return "app_id = ? AND lower(json_extract(request, '$.template_id')) = ?", [
        app_id,
        template_id.lower(),
    ]


def _platform_flags(request: Mapping[str, Any], stats: Mapping[str, Any]) -> dict[str, bool]:
    if any(request.get(flag) for flag in PLATFORM_FLAGS):
        return {flag: bool(request.get(flag)) for flag in PLATFORM_FLAGS}
    reached = {kind for kind, name in _PLATFORM_NAMES.items() if name in stats}
    return {flag: _overlap(types, reached) for flag, types in PLATFORM_FLAGS.items()}


def _overlap(types: Iterable[int], reached: set[int]) -> bool:
    return not reached.isdisjoint(types)

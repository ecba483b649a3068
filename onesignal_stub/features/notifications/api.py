"""`/notifications`: create, view, list, cancel, history."""

from __future__ import annotations

import base64
import binascii
import re

import attrs
import msgspec

from onesignal_stub import errors, fields
from onesignal_stub.access import Key
from onesignal_stub.audience import PLATFORM_FLAGS
from onesignal_stub.errors import refused, unsuccessful
from onesignal_stub.features.exports.core import Exports
from onesignal_stub.features.notifications.checks import KNOWN_FIELDS
from onesignal_stub.features.notifications.core import NotificationService
from onesignal_stub.features.notifications.idempotency import REPLAYED
from onesignal_stub.features.notifications.targeting import (
    TARGETING_FIELDS,
    dropped_targeting,
    is_keyless,
)
from onesignal_stub.features.notifications.views import NotificationViews
from onesignal_stub.features.outcomes.core import Outcomes, query_of
from onesignal_stub.http import ApiCall, ApiReply, ApiRoute
from onesignal_stub.paging import PageRequest, page_of
from onesignal_stub.steps import Steps
from onesignal_stub.times import parse_time
from server_kit.store import Row

_MAX_PAGE = 50
_API_KIND = 1
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_READ = {*KNOWN_FIELDS, *TARGETING_FIELDS, *PLATFORM_FLAGS}


def routes(
    notifications: NotificationService,
    views: NotificationViews,
    outcomes: Outcomes,
    exports: Exports,
) -> list[ApiRoute]:
    """The routes of notifications."""
    api = _NotificationsApi(notifications, views, outcomes, exports)
    return [
        ApiRoute("POST", "/notifications", api.create, Key.OPEN),
        ApiRoute("POST", "/notifications/count-unsaved", api.estimate),
        ApiRoute("GET", "/notifications", api.list),
        ApiRoute("GET", "/notifications/{notification_id}", api.view),
        ApiRoute("PUT", "/notifications/{notification_id}", api.track_open, Key.OPEN),
        ApiRoute("DELETE", "/notifications/{notification_id}", api.cancel, Key.OPEN),
        ApiRoute("POST", "/notifications/{notification_id}/history", api.history),
        ApiRoute("POST", "/notifications/{notification_id}/export_events", api.export_events),
    ]


class _NotificationsApi:
    def __init__(
        self,
        notifications: NotificationService,
        views: NotificationViews,
        outcomes: Outcomes,
        exports: Exports,
    ) -> None:
        self._notifications = notifications
        self._views = views
        self._outcomes = outcomes
        self._exports = exports

    def create(self, call: ApiCall) -> Steps[ApiReply]:
        if not call.has_key and not is_keyless(call.body):
            raise errors.access_denied()
        call.ignored += [f"body: {name}" for name in call.body if name not in _READ]
        _note_dropped(call)
        unread = tuple(call.ignored)
        created = yield from self._notifications.create(call.app_id, call.body, unread)
        call.ignored += created.ignored
        return ApiReply(created.body, headers=REPLAYED if created.replayed else {})

    def estimate(self, call: ApiCall) -> Steps[ApiReply]:
        _note_dropped(call)
        return ApiReply(
            {"count": (yield from self._notifications.estimate(call.app_id, call.body))}
        )

    def view(self, call: ApiCall) -> ApiReply:
        row = self._notifications.find(call.app_id, call.path["notification_id"])
        shown = self._views.show(row)
        if "outcome_names" in call.query or "outcome_names[]" in call.query:
            query = query_of(call.query)
            shown["outcomes"] = self._outcomes.read(call.app_id, query, notification=row["number"])
        return ApiReply(shown)

    def list(self, call: ApiCall) -> Steps[ApiReply]:
        page = page_of(call.query, maximum=_MAX_PAGE)
        kind = fields.integer(call.query, "kind") if call.query.get("kind") else None
        if kind not in {None, _API_KIND}:
            # Messages of the dashboard and automated ones are not sent over the API.
            return ApiReply({"total_count": 0, **attrs.asdict(page), "notifications": []})
        if "time_offset" in call.query:
            return (yield from self._list_after(call, page))
        count, rows = self._views.page(
            call.app_id,
            limit=page.limit,
            offset=page.offset,
            template_id=call.query.get("template_id"),
        )
        return ApiReply(
            {
                "total_count": count,
                "offset": page.offset,
                "limit": page.limit,
                "notifications": (yield from self._views.show_all(rows)),
            }
        )

    def _list_after(self, call: ApiCall, page: PageRequest) -> Steps[ApiReply]:
        given = call.query["time_offset"]
        send_after, number = _time_offset(given)
        template_id = call.query.get("template_id")
        rows = self._views.after(
            call.app_id,
            send_after=send_after,
            number=number,
            limit=page.limit,
            template_id=template_id,
        )
        count, _ = self._views.page(call.app_id, limit=0, offset=0, template_id=template_id)
        last = (rows[-1]["send_after"], rows[-1]["number"]) if rows else (send_after, number)
        return ApiReply(
            {
                "total_count": count,
                "offset": 0,
                "limit": page.limit,
                "time_offset": given,
                "next_time_offset": base64.urlsafe_b64encode(msgspec.json.encode(last)).decode(),
                "notifications": (yield from self._views.show_all(rows)),
            }
        )

    def track_open(self, call: ApiCall) -> ApiReply:
        """The open that mobile SDKs of the old API report; it does not say on which device."""
        row = self._notifications.find(call.app_id, call.path["notification_id"])
        if call.body.get("opened") is True:
            self._outcomes.record(
                call.app_id, "os__click", attribution="direct", notification=row["number"]
            )
        return ApiReply({"success": True})

    def cancel(self, call: ApiCall) -> ApiReply:
        row = self._notifications.find(call.app_id, call.path["notification_id"])
        request = msgspec.json.decode(row["request"])
        one_player = is_keyless(request) and len(request["include_player_ids"]) == 1
        if not call.has_key and not one_player:
            raise errors.access_denied()
        self._notifications.cancel(row)
        return ApiReply({"success": True})

    def history(self, call: ApiCall) -> Steps[ApiReply]:
        row = self._of_history(call)
        events = call.body.get("events")
        if events not in ("sent", "clicked"):
            raise unsuccessful("param `events` must be sent or clicked")
        email = call.body.get("email")
        if email is not None and not (isinstance(email, str) and _EMAIL.fullmatch(email)):
            raise unsuccessful("param `email` must be a valid email")
        path = yield from self._exports.history(row, events)
        return ApiReply({"success": True, "destination_url": f"{call.origin}/{path}"})

    def _of_history(self, call: ApiCall) -> Row:
        try:
            return self._notifications.find(call.app_id, call.path["notification_id"])
        except errors.ApiError as error:
            raise refused(*error.body["errors"]) from None

    def export_events(self, call: ApiCall) -> Steps[ApiReply]:
        row = self._notifications.find(call.app_id, call.path["notification_id"])
        path = yield from self._exports.events(row)
        return ApiReply({"csv_file_url": f"{call.origin}/{path}"})


def _note_dropped(call: ApiCall) -> None:
    call.ignored += [f"body: {field}" for field in dropped_targeting(call.body)]


def _time_offset(text: str) -> tuple[float, int]:
    """A time, or the cursor that the last page ended with, as (send_after, number)."""
    try:
        send_after, number = msgspec.json.decode(
            base64.urlsafe_b64decode(text.encode()), type=tuple[float, int]
        )
    except (binascii.Error, msgspec.DecodeError, UnicodeError):
        return _timestamp(text), 1 << 62
    return send_after, number


def _timestamp(text: str) -> float:
    try:
        return parse_time(text).timestamp()
    except ValueError:
        raise refused("time_offset must be a time or an earlier next_time_offset") from None

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
from onesignal_stub.http import Call, Reply, Route
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
) -> list[Route]:
    """The routes of notifications."""
    api = _Api(notifications, views, outcomes, exports)
    return [
        Route("POST", "/notifications", api.create, Key.OPEN),
        Route("POST", "/notifications/count-unsaved", api.estimate),
        Route("GET", "/notifications", api.list),
        Route("GET", "/notifications/{notification_id}", api.view),
        Route("PUT", "/notifications/{notification_id}", api.track_open, Key.OPEN),
        Route("DELETE", "/notifications/{notification_id}", api.cancel, Key.OPEN),
        Route("POST", "/notifications/{notification_id}/history", api.history),
        Route("POST", "/notifications/{notification_id}/export_events", api.export_events),
    ]


class _Api:
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

    def create(self, call: Call) -> Steps[Reply]:
        if not call.has_key and not is_keyless(call.body):
            raise errors.access_denied()
        call.ignored += [f"body: {name}" for name in call.body if name not in _READ]
        _note_dropped(call)
        unread = tuple(call.ignored)
        created = yield from self._notifications.create(call.app_id, call.body, unread)
        call.ignored += created.ignored
        return Reply(created.body, headers=REPLAYED if created.replayed else {})

    def estimate(self, call: Call) -> Steps[Reply]:
        _note_dropped(call)
        return Reply({"count": (yield from self._notifications.estimate(call.app_id, call.body))})

    def view(self, call: Call) -> Reply:
        row = self._notifications.find(call.app_id, call.path["notification_id"])
        shown = self._views.show(row)
        if "outcome_names" in call.query or "outcome_names[]" in call.query:
            query = query_of(call.query)
            shown["outcomes"] = self._outcomes.read(call.app_id, query, notification=row["number"])
        return Reply(shown)

    def list(self, call: Call) -> Steps[Reply]:
        page = page_of(call.query, maximum=_MAX_PAGE)
        kind = fields.integer(call.query, "kind") if call.query.get("kind") else None
        if kind not in {None, _API_KIND}:
            # Messages of the dashboard and automated ones are not sent over the API.
            return Reply({"total_count": 0, **attrs.asdict(page), "notifications": []})
        if "time_offset" in call.query:
            return (yield from self._list_after(call, page))
        count, rows = self._views.page(
            call.app_id,
            limit=page.limit,
            offset=page.offset,
            template_id=call.query.get("template_id"),
        )
        return Reply(
            {
                "total_count": count,
                "offset": page.offset,
                "limit": page.limit,
                "notifications": (yield from self._views.show_all(rows)),
            }
        )

    def _list_after(self, call: Call, page: PageRequest) -> Steps[Reply]:
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
        return Reply(
            {
                "total_count": count,
                "offset": 0,
                "limit": page.limit,
                "time_offset": given,
                "next_time_offset": base64.urlsafe_b64encode(msgspec.json.encode(last)).decode(),
                "notifications": (yield from self._views.show_all(rows)),
            }
        )

    def track_open(self, call: Call) -> Reply:
        """The open that mobile SDKs of the old API report; it does not say on which device."""
        row = self._notifications.find(call.app_id, call.path["notification_id"])
        if call.body.get("opened") is True:
            self._outcomes.record(
                call.app_id, "os__click", attribution="direct", notification=row["number"]
            )
        return Reply({"success": True})

    def cancel(self, call: Call) -> Reply:
        row = self._notifications.find(call.app_id, call.path["notification_id"])
        request = msgspec.json.decode(row["request"])
        one_player = is_keyless(request) and len(request["include_player_ids"]) == 1
        if not call.has_key and not one_player:
            raise errors.access_denied()
        self._notifications.cancel(row)
        return Reply({"success": True})

    def history(self, call: Call) -> Steps[Reply]:
        row = self._of_history(call)
        events = call.body.get("events")
        if events not in ("sent", "clicked"):
            raise unsuccessful("param `events` must be sent or clicked")
        email = call.body.get("email")
        if email is not None and not (isinstance(email, str) and _EMAIL.fullmatch(email)):
            raise unsuccessful("param `email` must be a valid email")
        path = yield from self._exports.history(row, events)
        return Reply({"success": True, "destination_url": f"{call.origin}/{path}"})

    def _of_history(self, call: Call) -> Row:
        try:
            return self._notifications.find(call.app_id, call.path["notification_id"])
        except errors.ApiError as error:
            raise refused(*error.body["errors"]) from None

    def export_events(self, call: Call) -> Steps[Reply]:
        row = self._notifications.find(call.app_id, call.path["notification_id"])
        path = yield from self._exports.events(row)
        return Reply({"csv_file_url": f"{call.origin}/{path}"})


def _note_dropped(call: Call) -> None:
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

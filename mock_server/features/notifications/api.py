"""Notifications over HTTP: list and delete."""

from __future__ import annotations

from typing import Any

from mock_server.cursor import BadCursor
from mock_server.features.notifications.core import Notifications, message_of
from mock_server.http.routing import Auth, Call, Route
from mock_server.wire.errors import GrpcCode, GrpcError
from mock_server.wire.uuids import parse_uuid


class _NotificationsApi:
    def __init__(self, notifications: Notifications) -> None:
        self._notifications = notifications

    def list_notifications(self, call: Call) -> dict[str, Any]:
        limit = call.limit(default=1, maximum=100)
        try:
            page = self._notifications.page(
                call.identity.user_id, limit, call.request["cacheable_cursor"]
            )
        except BadCursor:
            raise GrpcError(GrpcCode.INTERNAL, "Error retrieving notifications.") from None
        answer: dict[str, Any] = {"notifications": [message_of(row) for row in page.rows]}
        if not page.rows:
            answer = {}
        return answer | {"cacheable_cursor": page.cursor}

    def delete(self, call: Call) -> dict[str, Any]:
        ids = [parse_uuid(text) for text in call.request["ids"]]
        if None in ids:
            raise GrpcError(GrpcCode.INTERNAL, "Error while deleting notifications.")
        self._notifications.delete([each for each in ids if each], call.identity.user_id)
        return {}


def routes(notifications: Notifications) -> tuple[Route, ...]:
    """The routes of notifications."""
    api = _NotificationsApi(notifications)
    return (
        Route(
            "ListNotifications",
            "GET",
            "/v2/notification",
            Auth.BEARER,
            api.list_notifications,
        ),
        Route(
            "DeleteNotifications",
            "DELETE",
            "/v2/notification",
            Auth.BEARER,
            api.delete,
        ),
    )

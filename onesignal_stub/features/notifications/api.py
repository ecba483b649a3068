"""`/notifications`: create."""

from __future__ import annotations

from onesignal_stub import errors
from onesignal_stub.features.notifications.core import Notifications
from onesignal_stub.http import Call, Key, Reply, Route

_TARGETING = {
    "included_segments",
    "filters",
    "include_aliases",
    "include_external_user_ids",
    "include_subscription_ids",
}


def routes(notifications: Notifications) -> list[Route]:
    """The routes of notifications."""
    api = _Api(notifications)
    return [Route("POST", "/notifications", api.create, Key.OPEN)]


class _Api:
    def __init__(self, notifications: Notifications) -> None:
        self._notifications = notifications

    def create(self, call: Call) -> Reply:
        keyless = call.body.get("include_player_ids") and not _TARGETING & {
            name for name, value in call.body.items() if value
        }
        if not call.has_key and not keyless:
            raise errors.access_denied()
        return Reply(self._notifications.create(call.app_id, call.body))

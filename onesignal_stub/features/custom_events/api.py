"""`/apps/{app_id}/custom_events`; earlier SDKs say `/integrations/custom_events`."""

from __future__ import annotations

from onesignal_stub.access import Key
from onesignal_stub.features.custom_events.core import CustomEvents
from onesignal_stub.http import ApiCall, ApiReply, ApiRoute


def routes(events: CustomEvents) -> list[ApiRoute]:
    """The routes of custom events."""

    def create(call: ApiCall) -> ApiReply:
        events.record(call.app_id, call.body)
        return ApiReply({})

    return [
        ApiRoute("POST", f"/apps/{{app_id}}{path}", create, Key.USERS)
        for path in ("/custom_events", "/integrations/custom_events")
    ]

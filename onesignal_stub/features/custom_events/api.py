"""`/apps/{app_id}/custom_events`; earlier SDKs say `/integrations/custom_events`."""

from __future__ import annotations

from onesignal_stub.access import Key
from onesignal_stub.features.custom_events.core import CustomEvents
from onesignal_stub.http import Call, Reply, Route


def routes(events: CustomEvents) -> list[Route]:
    """The routes of custom events."""

    def create(call: Call) -> Reply:
        events.record(call.app_id, call.body)
        return Reply({})

    return [
        Route("POST", f"/apps/{{app_id}}{path}", create, Key.USERS)
        for path in ("/custom_events", "/integrations/custom_events")
    ]

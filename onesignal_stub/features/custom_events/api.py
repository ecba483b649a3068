"""`/apps/{app_id}/custom_events`."""

from __future__ import annotations

from onesignal_stub.access import Key
from onesignal_stub.features.custom_events.core import CustomEvents
from onesignal_stub.http import Call, Reply, Route


def routes(events: CustomEvents) -> list[Route]:
    """The route of custom events."""

    def create(call: Call) -> Reply:
        events.record(call.app_id, call.body)
        return Reply({})

    return [Route("POST", "/apps/{app_id}/custom_events", create, Key.USERS)]

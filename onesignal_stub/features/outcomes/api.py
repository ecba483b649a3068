"""`/apps/{app_id}/outcomes`."""

from __future__ import annotations

from onesignal_stub.features.outcomes.core import Outcomes, query_of
from onesignal_stub.http import ApiCall, ApiReply, ApiRoute


def routes(outcomes: Outcomes) -> list[ApiRoute]:
    """The route of outcomes."""

    def view(call: ApiCall) -> ApiReply:
        return ApiReply({"outcomes": outcomes.read(call.app_id, query_of(call.query))})

    return [ApiRoute("GET", "/apps/{app_id}/outcomes", view)]

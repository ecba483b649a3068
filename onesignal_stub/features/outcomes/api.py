"""`/apps/{app_id}/outcomes`."""

from __future__ import annotations

from onesignal_stub.features.outcomes.core import Outcomes, query_of
from onesignal_stub.http import Call, Reply, Route


def routes(outcomes: Outcomes) -> list[Route]:
    """The route of outcomes."""

    def view(call: Call) -> Reply:
        return Reply({"outcomes": outcomes.read(call.app_id, query_of(call.query))})

    return [Route("GET", "/apps/{app_id}/outcomes", view)]

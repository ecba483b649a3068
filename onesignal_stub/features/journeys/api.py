"""`/apps/{app_id}/journeys`."""

from __future__ import annotations

from typing import Any

from onesignal_stub import fields
from onesignal_stub.errors import refused
from onesignal_stub.features.journeys.core import Journeys, plain_nodes
from onesignal_stub.features.journeys.definition import unread
from onesignal_stub.http import Call, Reply, Route
from onesignal_stub.paging import read_cursor

_ALL = "/apps/{app_id}/journeys"
_ONE = f"{_ALL}/{{journey_id}}"
_MAX_PAGE = 50


def routes(journeys: Journeys) -> list[Route]:
    """The routes of journeys."""
    api = _Api(journeys)
    return [
        Route("POST", _ALL, api.create),
        Route("GET", _ALL, api.list),
        Route("GET", _ONE, api.view),
        Route("PATCH", _ONE, api.update),
        Route("DELETE", _ONE, api.delete),
        Route("PATCH", f"{_ONE}/nodes/{{node_id}}", api.update_node),
        Route("POST", f"{_ONE}/duplicate", api.duplicate),
        Route("GET", f"{_ONE}/stats", api.stats),
    ]


class _Api:
    def __init__(self, journeys: Journeys) -> None:
        self._journeys = journeys

    def create(self, call: Call) -> Reply:
        journey = self._journeys.create(call.app_id, call.body)
        call.ignored += unread(call.body, journey)
        return Reply(journey, 201)

    def list(self, call: Call) -> Reply:
        limit = fields.integer(call.query, "limit")
        if limit is not None and not 1 <= limit <= _MAX_PAGE:
            raise refused(f"limit must be between 1 and {_MAX_PAGE}")
        found, more = self._journeys.page(
            call.app_id, limit=limit or _MAX_PAGE, before=read_cursor(call.query)
        )
        page: dict[str, Any] = {"journeys": found, "has_more": more is not None}
        if more is not None:
            page["next_cursor"] = str(more)
        return Reply(page)

    def view(self, call: Call) -> Reply:
        return Reply(self._journeys.view(call.app_id, call.path["journey_id"]))

    def update(self, call: Call) -> Reply:
        journey = self._journeys.update(call.app_id, call.path["journey_id"], call.body)
        call.ignored += unread(call.body, journey)
        return Reply(journey)

    def update_node(self, call: Call) -> Reply:
        node_id = call.path["node_id"].lower()
        journey = self._journeys.update_node(
            call.app_id, call.path["journey_id"], node_id, call.body
        )
        node = next(node for node in plain_nodes(journey) if node["id"] == node_id)
        call.ignored += unread(call.body, node | {"concurrency_key": journey["concurrency_key"]})
        return Reply(journey)

    def delete(self, call: Call) -> Reply:
        self._journeys.delete(call.app_id, call.path["journey_id"])
        return Reply({"success": True})

    def duplicate(self, call: Call) -> Reply:
        overrides = fields.mapping(call.body, "overrides") or {}
        journey = self._journeys.duplicate(call.app_id, call.path["journey_id"], overrides)
        call.ignored += unread(overrides, journey)
        return Reply(journey, 201)

    def stats(self, call: Call) -> Reply:
        return Reply(self._journeys.stats(call.app_id, call.path["journey_id"]))

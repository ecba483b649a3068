"""`/apps/{app_id}/journeys`."""

from __future__ import annotations

from typing import Any

from onesignal_stub import fields
from onesignal_stub.errors import refused
from onesignal_stub.features.journeys.core import Journeys, plain_nodes
from onesignal_stub.features.journeys.definition import unread
from onesignal_stub.http import ApiCall, ApiReply, ApiRoute
from onesignal_stub.paging import read_cursor

_ALL = "/apps/{app_id}/journeys"
_ONE = f"{_ALL}/{{journey_id}}"
_MAX_PAGE = 50


def routes(journeys: Journeys) -> list[ApiRoute]:
    """The routes of journeys."""
    api = _JourneysApi(journeys)
    return [
        ApiRoute("POST", _ALL, api.create),
        ApiRoute("GET", _ALL, api.list),
        ApiRoute("GET", _ONE, api.view),
        ApiRoute("PATCH", _ONE, api.update),
        ApiRoute("DELETE", _ONE, api.delete),
        ApiRoute("PATCH", f"{_ONE}/nodes/{{node_id}}", api.update_node),
        ApiRoute("POST", f"{_ONE}/duplicate", api.duplicate),
        ApiRoute("GET", f"{_ONE}/stats", api.stats),
    ]


class _JourneysApi:
    def __init__(self, journeys: Journeys) -> None:
        self._journeys = journeys

    def create(self, call: ApiCall) -> ApiReply:
        journey = self._journeys.create(call.app_id, call.body)
        call.ignored += unread(call.body, journey)
        return ApiReply(journey, 201)

    def list(self, call: ApiCall) -> ApiReply:
        limit = fields.integer(call.query, "limit")
        if limit is not None and not 1 <= limit <= _MAX_PAGE:
            raise refused(f"limit must be between 1 and {_MAX_PAGE}")
        found, more = self._journeys.page(
            call.app_id, limit=limit or _MAX_PAGE, before=read_cursor(call.query)
        )
        page: dict[str, Any] = {"journeys": found, "has_more": more is not None}
        if more is not None:
            page["next_cursor"] = str(more)
        return ApiReply(page)

    def view(self, call: ApiCall) -> ApiReply:
        return ApiReply(self._journeys.view(call.app_id, call.path["journey_id"]))

    def update(self, call: ApiCall) -> ApiReply:
        journey = self._journeys.update(call.app_id, call.path["journey_id"], call.body)
        call.ignored += unread(call.body, journey)
        return ApiReply(journey)

    def update_node(self, call: ApiCall) -> ApiReply:
        node_id = call.path["node_id"].lower()
        journey = self._journeys.update_node(
            call.app_id, call.path["journey_id"], node_id, call.body
        )
        node = next(node for node in plain_nodes(journey) if node["id"] == node_id)
        call.ignored += unread(call.body, node | {"concurrency_key": journey["concurrency_key"]})
        return ApiReply(journey)

    def delete(self, call: ApiCall) -> ApiReply:
        self._journeys.delete(call.app_id, call.path["journey_id"])
        return ApiReply({"success": True})

    def duplicate(self, call: ApiCall) -> ApiReply:
        overrides = fields.mapping(call.body, "overrides") or {}
        journey = self._journeys.duplicate(call.app_id, call.path["journey_id"], overrides)
        call.ignored += unread(overrides, journey)
        return ApiReply(journey, 201)

    def stats(self, call: ApiCall) -> ApiReply:
        return ApiReply(self._journeys.stats(call.app_id, call.path["journey_id"]))

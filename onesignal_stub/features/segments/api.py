"""`/apps/{app_id}/segments`."""

from __future__ import annotations

import msgspec

from onesignal_stub.errors import unsuccessful
from onesignal_stub.features.segments.core import Segments
from onesignal_stub.http import ApiCall, ApiReply, ApiRoute
from onesignal_stub.paging import page_of
from onesignal_stub.steps import Steps
from onesignal_stub.times import iso

_MAX_PAGE = 300


def routes(segments: Segments) -> list[ApiRoute]:
    """The routes of segments."""
    api = _SegmentsApi(segments)
    return [
        ApiRoute("POST", "/apps/{app_id}/segments", api.create),
        ApiRoute("GET", "/apps/{app_id}/segments", api.list),
        ApiRoute("GET", "/apps/{app_id}/segments/{segment_id}", api.view),
        ApiRoute("PATCH", "/apps/{app_id}/segments/{segment_id}", api.update),
        ApiRoute("DELETE", "/apps/{app_id}/segments/{segment_id}", api.delete),
    ]


class _SegmentsApi:
    def __init__(self, segments: Segments) -> None:
        self._segments = segments

    def create(self, call: ApiCall) -> ApiReply:
        segment_id = self._segments.create(call.app_id, call.body)
        return ApiReply({"success": True, "id": segment_id}, 201)

    def list(self, call: ApiCall) -> ApiReply:
        page = page_of(call.query, maximum=_MAX_PAGE)
        rows = self._segments.page(call.app_id, limit=page.limit, offset=page.offset)
        return ApiReply(
            {
                "total_count": self._segments.count(call.app_id),
                "offset": page.offset,
                "limit": page.limit,
                "segments": [
                    {
                        "id": row["id"],
                        "name": row["name"],
                        "created_at": iso(row["created_at"]),
                        "updated_at": iso(row["updated_at"]),
                        "app_id": row["app_id"],
                        "read_only": row["source"] == "default",
                        "is_active": True,
                    }
                    for row in rows
                ],
            }
        )

    def view(self, call: ApiCall) -> Steps[ApiReply]:
        row = self._segments.get(call.app_id, call.path["segment_id"])
        count = yield from self._segments.subscribers(call.app_id, row["name"])
        body = {"subscriber_count": count}
        if call.query.get("include-segment-detail", "").lower() != "true":
            return ApiReply(body)
        payload = {
            "id": row["id"],
            "name": row["name"],
            "description": row["description"],
            "created_at": int(row["created_at"]),
            "source": row["source"],
            "filters": msgspec.json.decode(row["filters"]),
        }
        return ApiReply(body | {"payload": payload})

    def update(self, call: ApiCall) -> ApiReply:
        segment_id = call.path["segment_id"].lower()
        self._segments.update(call.app_id, segment_id, call.body)
        return ApiReply({"success": True, "id": segment_id})

    def delete(self, call: ApiCall) -> ApiReply:
        if not self._segments.delete(call.app_id, call.path["segment_id"]):
            raise unsuccessful(status=404)
        return ApiReply({"success": True})

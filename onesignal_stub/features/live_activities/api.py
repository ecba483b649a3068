"""`/apps/{app_id}/live_activities`, and starting one by push."""

from __future__ import annotations

from onesignal_stub.features.live_activities.core import LiveActivities
from onesignal_stub.features.notifications.idempotency import REPLAYED
from onesignal_stub.features.notifications.targeting import dropped_targeting
from onesignal_stub.http import ApiCall, ApiReply, ApiRoute
from onesignal_stub.steps import Steps

_ONE = "/apps/{app_id}/live_activities/{activity_id}"


def routes(activities: LiveActivities) -> list[ApiRoute]:
    """The routes of Live Activities."""
    api = _LiveActivitiesApi(activities)
    return [
        ApiRoute("POST", f"{_ONE}/token", api.begin),
        ApiRoute("DELETE", f"{_ONE}/token/{{subscription_id}}", api.end),
        ApiRoute("POST", f"{_ONE}/notifications", api.update),
        ApiRoute("POST", "/apps/{app_id}/activities/activity/{activity_type}", api.start),
    ]


class _LiveActivitiesApi:
    def __init__(self, activities: LiveActivities) -> None:
        self._activities = activities

    def begin(self, call: ApiCall) -> ApiReply:
        self._activities.begin(call.app_id, call.path["activity_id"], call.body)
        return ApiReply(None, 204)

    def end(self, call: ApiCall) -> ApiReply:
        self._activities.leave(call.app_id, call.path["activity_id"], call.path["subscription_id"])
        return ApiReply(None, 204)

    def update(self, call: ApiCall) -> Steps[ApiReply]:
        activity_id = call.path["activity_id"]
        message_id = yield from self._activities.update(call.app_id, activity_id, call.body)
        return ApiReply({"notification_id": message_id, "id": message_id})

    def start(self, call: ApiCall) -> Steps[ApiReply]:
        call.ignored += [f"body: {field}" for field in dropped_targeting(call.body)]
        activity_type = call.path["activity_type"]
        message_id, replayed = yield from self._activities.start(
            call.app_id, activity_type, call.body
        )
        return ApiReply({"notification_id": message_id}, 201, REPLAYED if replayed else {})

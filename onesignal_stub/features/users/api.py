"""`/apps/{app_id}/users`: users by any of their aliases."""

from __future__ import annotations

from typing import Any

from onesignal_stub import errors, fields
from onesignal_stub.access import Key
from onesignal_stub.features.subscriptions.core import Subscriptions
from onesignal_stub.features.subscriptions.model import subscription_json
from onesignal_stub.features.users.core import EXTERNAL_ID, ONESIGNAL_ID, Users
from onesignal_stub.features.users.create import create_user
from onesignal_stub.features.users.properties import (
    properties_json,
    read_properties,
    read_purchases,
)
from onesignal_stub.http import ApiCall, ApiReply, ApiRoute

_BY = "/apps/{app_id}/users/by/{alias_label}/{alias_id}"


def routes(users: Users, subscriptions: Subscriptions) -> list[ApiRoute]:
    """The routes of users."""
    api = _UsersApi(users, subscriptions)
    return [
        ApiRoute("POST", "/apps/{app_id}/users", api.create, Key.OPEN),
        ApiRoute("GET", _BY, api.view, Key.OPEN),
        ApiRoute("PATCH", _BY, api.update, Key.USERS),
        ApiRoute("DELETE", _BY, api.delete, Key.OPEN),
        ApiRoute("PUT", "/apps/{app_id}/users/{external_user_id}", api.edit_tags, Key.OPEN),
    ]


class _UsersApi:
    def __init__(self, users: Users, subscriptions: Subscriptions) -> None:
        self._users = users
        self._subscriptions = subscriptions

    def create(self, call: ApiCall) -> ApiReply:
        created = create_user(self._users, self._subscriptions, call.app_id, call.body)
        return ApiReply(self._user_json(created.onesignal_id), 201 if created.is_new else 200)

    def view(self, call: ApiCall) -> ApiReply:
        if call.path["alias_label"] != ONESIGNAL_ID and not call.has_key:
            raise errors.key_missing()
        return ApiReply(self._user_json(self._named(call)))

    def update(self, call: ApiCall) -> ApiReply:
        onesignal_id = self._named(call)
        columns = read_properties(fields.mapping(call.body, "properties") or {})
        deltas = fields.mapping(call.body, "deltas") or {}
        purchases = read_purchases(deltas)
        self._users.set_properties(onesignal_id, columns)
        if purchases:
            self._users.add_purchases(onesignal_id, purchases)
        self._subscriptions.add_sessions(
            onesignal_id,
            count=fields.integer(deltas, "session_count") or 0,
            seconds=fields.integer(deltas, "session_time") or 0,
            subscription_id=call.headers.get("onesignal-subscription-id"),
        )
        return ApiReply({"properties": properties_json(self._users.get(onesignal_id))}, 202)

    def delete(self, call: ApiCall) -> ApiReply:
        onesignal_id = self._named(call)
        self._users.delete(onesignal_id)
        return ApiReply({"identity": {ONESIGNAL_ID: onesignal_id}})

    def edit_tags(self, call: ApiCall) -> ApiReply:
        external_id = call.path["external_user_id"]
        onesignal_id = self._users.find(call.app_id, EXTERNAL_ID, external_id)
        if onesignal_id is None:
            raise errors.refused("No players found for given external_user_id", status=404)
        self._users.change(onesignal_id, {"tags": fields.tags(call.body) or {}})
        return ApiReply({"success": True})

    def _named(self, call: ApiCall) -> str:
        return self._users.named(call.app_id, call.path["alias_label"], call.path["alias_id"])

    def _user_json(self, onesignal_id: str) -> dict[str, Any]:
        return {
            "identity": self._users.identity(onesignal_id),
            "properties": properties_json(self._users.get(onesignal_id)),
            "subscriptions": [
                subscription_json(row) for row in self._subscriptions.of_user(onesignal_id)
            ],
        }

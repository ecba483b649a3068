"""`/apps/{app_id}/subscriptions`: create, edit, delete, hand over to another user."""

from __future__ import annotations

from typing import Any

from onesignal_stub import errors
from onesignal_stub.access import Key
from onesignal_stub.features.subscriptions.core import Subscriptions
from onesignal_stub.features.subscriptions.model import TYPES, read_subscription, subscription_json
from onesignal_stub.features.users.core import Users, read_aliases
from onesignal_stub.http import ApiCall, ApiReply, ApiRoute

_ONE = "/apps/{app_id}/subscriptions/{subscription_id}"


def routes(subscriptions: Subscriptions, users: Users) -> list[ApiRoute]:
    """The routes of subscriptions."""
    api = _SubscriptionsApi(subscriptions, users)
    return [
        ApiRoute(
            "POST",
            "/apps/{app_id}/users/by/{alias_label}/{alias_id}/subscriptions",
            api.create,
            Key.USERS,
        ),
        ApiRoute("PATCH", _ONE, api.update, Key.USERS),
        ApiRoute("DELETE", _ONE, api.delete, Key.USERS),
        ApiRoute("PATCH", f"{_ONE}/owner", api.transfer, Key.OPEN),
        ApiRoute("GET", f"{_ONE}/iams", api.in_app_messages),
        ApiRoute(
            "PATCH",
            "/apps/{app_id}/subscriptions_by_token/{token_type}/{token}",
            api.update_by_token,
            Key.USERS,
        ),
        ApiRoute(
            "POST", "/apps/{app_id}/notifications/{notification_id}/unsubscribe", api.unsubscribe
        ),
    ]


class _SubscriptionsApi:
    def __init__(self, subscriptions: Subscriptions, users: Users) -> None:
        self._subscriptions = subscriptions
        self._users = users

    def create(self, call: ApiCall) -> ApiReply:
        onesignal_id = self._users.named(
            call.app_id, call.path["alias_label"], call.path["alias_id"]
        )
        wanted = read_subscription(call.body.get("subscription"), new=True)
        subscription_id, is_new = self._subscriptions.claim(call.app_id, onesignal_id, wanted)
        row = self._subscriptions.named(call.app_id, subscription_id)
        return ApiReply({"subscription": subscription_json(row)}, 201 if is_new else 202)

    def update(self, call: ApiCall) -> ApiReply:
        row = self._subscriptions.named(call.app_id, call.path["subscription_id"])
        wanted = read_subscription(call.body.get("subscription"), new=False)
        self._subscriptions.change(row["id"], wanted.columns)
        return ApiReply({}, 202)

    def delete(self, call: ApiCall) -> ApiReply:
        row = self._subscriptions.named(call.app_id, call.path["subscription_id"])
        self._subscriptions.delete(row)
        return ApiReply({}, 202)

    def transfer(self, call: ApiCall) -> ApiReply:
        row = self._subscriptions.named(call.app_id, call.path["subscription_id"])
        aliases = read_aliases(call.body.get("identity"))
        if not aliases:
            raise errors.titled(400, "request-2", "identity must name the new owner")
        owners = {self._users.named(call.app_id, label, value) for label, value in aliases.items()}
        if len(owners) > 1:
            raise errors.titled(400, "request-2", "identity must name one user", meta=aliases)
        owner = owners.pop()
        self._subscriptions.move(row, owner)
        return ApiReply({"identity": self._users.identity(owner)})

    def in_app_messages(self, call: ApiCall) -> ApiReply:
        self._subscriptions.named(call.app_id, call.path["subscription_id"])
        none: list[Any] = []
        return ApiReply({"in_app_messages": none})

    def update_by_token(self, call: ApiCall) -> ApiReply:
        kind = call.path["token_type"]
        if kind not in TYPES:
            raise errors.titled(400, "subscription-2", f"type must be one of {', '.join(TYPES)}")
        rows = self._subscriptions.with_token(call.app_id, TYPES[kind], call.path["token"])
        if not rows:
            raise errors.no_such_subscription()
        if len(rows) > 1:
            raise errors.titled(400, "subscription-3", "Several subscriptions have this token")
        wanted = read_subscription(call.body.get("subscription"), new=False)
        self._subscriptions.change(rows[0]["id"], wanted.columns)
        return ApiReply({}, 202)

    def unsubscribe(self, call: ApiCall) -> ApiReply:
        done = self._subscriptions.unsubscribe_email(
            call.app_id, call.path["notification_id"], call.query.get("token", "")
        )
        if not done:
            raise errors.refused("token is not valid for this notification")
        return ApiReply({"success": True}, 202)

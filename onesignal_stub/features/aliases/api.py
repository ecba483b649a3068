"""Aliases of a user, named by an alias or by one of its subscriptions."""

from __future__ import annotations

from onesignal_stub import errors
from onesignal_stub.access import Key
from onesignal_stub.features.subscriptions.core import Subscriptions
from onesignal_stub.features.users.core import ONESIGNAL_ID, Users, read_aliases
from onesignal_stub.http import ApiCall, ApiReply, ApiRoute

_BY_ALIAS = "/apps/{app_id}/users/by/{alias_label}/{alias_id}/identity"
_BY_SUBSCRIPTION = "/apps/{app_id}/subscriptions/{subscription_id}/user/identity"


def routes(users: Users, subscriptions: Subscriptions) -> list[ApiRoute]:
    """The routes of aliases."""
    api = _AliasesApi(users, subscriptions)
    return [
        ApiRoute("GET", _BY_ALIAS, api.view, Key.USERS),
        ApiRoute("PATCH", _BY_ALIAS, api.identify, Key.USERS),
        ApiRoute("DELETE", f"{_BY_ALIAS}/{{alias_label_to_delete}}", api.delete, Key.OPEN),
        ApiRoute("GET", _BY_SUBSCRIPTION, api.view, Key.USERS),
        ApiRoute("PATCH", _BY_SUBSCRIPTION, api.identify, Key.USERS),
    ]


class _AliasesApi:
    def __init__(self, users: Users, subscriptions: Subscriptions) -> None:
        self._users = users
        self._subscriptions = subscriptions

    def view(self, call: ApiCall) -> ApiReply:
        return ApiReply({"identity": self._users.identity(self._named(call))})

    def identify(self, call: ApiCall) -> ApiReply:
        onesignal_id = self._named(call)
        aliases = read_aliases(call.body.get("identity"))
        if not aliases:
            raise errors.titled(400, "request-2", "identity must hold at least one alias")
        if aliases.get(ONESIGNAL_ID, onesignal_id).lower() != onesignal_id:
            raise errors.titled(400, "user-4", "onesignal_id cannot be changed")
        aliases.pop(ONESIGNAL_ID, None)
        self._users.set_aliases(call.app_id, onesignal_id, aliases)
        return ApiReply({"identity": self._users.identity(onesignal_id)})

    def delete(self, call: ApiCall) -> ApiReply:
        onesignal_id = self._named(call)
        label = call.path["alias_label_to_delete"]
        if label == ONESIGNAL_ID:
            raise errors.titled(400, "user-4", "onesignal_id cannot be deleted")
        if not self._users.remove_alias(onesignal_id, label):
            raise errors.titled(404, "user-5", f"The user has no alias {label}")
        return ApiReply({"identity": self._users.identity(onesignal_id)})

    def _named(self, call: ApiCall) -> str:
        if "subscription_id" in call.path:
            row = self._subscriptions.named(call.app_id, call.path["subscription_id"])
            return str(row["onesignal_id"])
        return self._users.named(call.app_id, call.path["alias_label"], call.path["alias_id"])

"""Linking over HTTP: each way to log in can be added and removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.features.authentication.foreign import FOREIGN_PROVIDERS, ForeignProvider
from mock_server.features.authentication.messages import (
    ACCOUNT_CUSTOM,
    ACCOUNT_DEVICE,
    ACCOUNT_EMAIL,
    ACCOUNT_TOKEN,
)
from mock_server.features.links.core import Links
from mock_server.features.social.providers import FACEBOOK, STEAM, Provider
from mock_server.http.routing import Auth, Call, Route
from mock_server.wire.schema import BOOL_VALUE, Message


class _Api:
    def __init__(self, links: Links) -> None:
        self._links = links

    def link_device(self, call: Call) -> dict[str, Any]:
        self._links.link_device(call.identity.user_id, call.request["id"])
        return {}

    def link_custom(self, call: Call) -> dict[str, Any]:
        self._links.link_custom(call.identity.user_id, call.request["id"])
        return {}

    def link_email(self, call: Call) -> dict[str, Any]:
        self._links.link_email(
            call.identity.user_id, call.request["email"], call.request["password"]
        )
        return {}

    def unlink_device(self, call: Call) -> dict[str, Any]:
        self._links.unlink_device(call.identity.user_id, call.request["id"])
        return {}

    def unlink_custom(self, call: Call) -> dict[str, Any]:
        self._links.unlink_column(call.identity.user_id, "custom_id", call.request["id"])
        return {}

    def unlink_email(self, call: Call) -> dict[str, Any]:
        self._links.unlink_column(call.identity.user_id, "email", call.request["email"].lower())
        return {}

    def link_social(self, provider: Provider) -> Callable[[Call], dict[str, Any]]:
        def handler(call: Call) -> dict[str, Any]:
            token = (call.request["account"] or {}).get("token", "")
            sync = call.request["sync"] is not False
            self._links.link_social(
                call.identity.user_id, call.identity.username, provider, token, sync=sync
            )
            return {}

        return handler

    def unlink_social(self, provider: Provider) -> Callable[[Call], dict[str, Any]]:
        def handler(call: Call) -> dict[str, Any]:
            self._links.unlink_social(call.identity.user_id, provider, call.request["token"])
            return {}

        return handler

    def unlink_foreign(self, provider: ForeignProvider) -> Callable[[Call], dict[str, Any]]:
        def handler(call: Call) -> dict[str, Any]:
            if provider.has_proof(call.request):
                raise provider.unknown()
            self._links.unlink_foreign(call.identity.user_id)
            return {}

        return handler


def _link_foreign(provider: ForeignProvider) -> Callable[[Call], dict[str, Any]]:
    def handler(call: Call) -> dict[str, Any]:
        provider.check(call.request)
        raise provider.unknown()

    return handler


def _route(
    verb: str,
    provider: str,
    message: Message,
    handler: Callable[[Call], dict[str, Any]],
    body: str = "*",
) -> Route:
    path = f"/v2/account/{verb.lower()}/{provider.lower()}"
    return Route(f"{verb}{provider}", "POST", path, Auth.BEARER, message, handler, body)


LINK_FACEBOOK = Message("LinkFacebookRequest", account=ACCOUNT_TOKEN, sync=BOOL_VALUE)
LINK_STEAM = Message("LinkSteamRequest", account=ACCOUNT_TOKEN, sync=BOOL_VALUE)


def routes(links: Links) -> tuple[Route, ...]:
    """The routes of links."""
    api = _Api(links)
    return (
        _route("Link", "Device", ACCOUNT_DEVICE, api.link_device),
        _route("Link", "Custom", ACCOUNT_CUSTOM, api.link_custom),
        _route("Link", "Email", ACCOUNT_EMAIL, api.link_email),
        _route("Link", "Facebook", LINK_FACEBOOK, api.link_social(FACEBOOK), body="account"),
        _route("Link", "Steam", LINK_STEAM, api.link_social(STEAM)),
        _route("Unlink", "Device", ACCOUNT_DEVICE, api.unlink_device),
        _route("Unlink", "Custom", ACCOUNT_CUSTOM, api.unlink_custom),
        _route("Unlink", "Email", ACCOUNT_EMAIL, api.unlink_email),
        _route("Unlink", "Facebook", ACCOUNT_TOKEN, api.unlink_social(FACEBOOK)),
        _route("Unlink", "Steam", ACCOUNT_TOKEN, api.unlink_social(STEAM)),
        *(
            _route("Link", each.name, each.account, _link_foreign(each))
            for each in FOREIGN_PROVIDERS
        ),
        *(
            _route("Unlink", each.name, each.account, api.unlink_foreign(each))
            for each in FOREIGN_PROVIDERS
        ),
    )

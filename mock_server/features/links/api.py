"""Linking over HTTP: each way to log in can be added and removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.features.authentication.foreign import FOREIGN_PROVIDERS, ForeignProvider
from mock_server.features.links.core import Links
from mock_server.features.social.providers import FACEBOOK, STEAM, Provider
from mock_server.http.routing import Auth, Call, Route


class _LinksApi:
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

    def link_foreign(self, provider: ForeignProvider) -> Callable[[Call], dict[str, Any]]:
        def handler(call: Call) -> dict[str, Any]:
            self._links.link_foreign(call.identity.user_id, provider, call.request)
            return {}

        return handler

    def unlink_foreign(self, provider: ForeignProvider) -> Callable[[Call], dict[str, Any]]:
        def handler(call: Call) -> dict[str, Any]:
            self._links.unlink_foreign(call.identity.user_id, provider, call.request)
            return {}

        return handler


def _route(
    verb: str,
    provider: str,
    handler: Callable[[Call], dict[str, Any]],
    body: str = "*",
) -> Route:
    path = f"/v2/account/{verb.lower()}/{provider.lower()}"
    return Route(f"{verb}{provider}", "POST", path, Auth.BEARER, handler, body)


def routes(links: Links) -> tuple[Route, ...]:
    """The routes of links."""
    api = _LinksApi(links)
    return (
        _route("Link", "Device", api.link_device),
        _route("Link", "Custom", api.link_custom),
        _route("Link", "Email", api.link_email),
        _route("Link", "Facebook", api.link_social(FACEBOOK), body="account"),
        _route("Link", "Steam", api.link_social(STEAM)),
        _route("Unlink", "Device", api.unlink_device),
        _route("Unlink", "Custom", api.unlink_custom),
        _route("Unlink", "Email", api.unlink_email),
        _route("Unlink", "Facebook", api.unlink_social(FACEBOOK)),
        _route("Unlink", "Steam", api.unlink_social(STEAM)),
        *(_route("Link", each.name, api.link_foreign(each)) for each in FOREIGN_PROVIDERS),
        *(_route("Unlink", each.name, api.unlink_foreign(each)) for each in FOREIGN_PROVIDERS),
    )

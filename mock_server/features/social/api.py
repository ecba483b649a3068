"""Friends from Facebook and Steam over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.features.authentication.identifiers import refuse
from mock_server.features.social.core import Social
from mock_server.features.social.providers import FACEBOOK, STEAM, Provider
from mock_server.http.routing import Auth, Call, Route


class _SocialApi:
    def __init__(self, social: Social) -> None:
        self._social = social

    def _import_from(self, provider: Provider) -> Callable[[Call], dict[str, Any]]:
        def handler(call: Call) -> dict[str, Any]:
            social = self._social
            social.require_configured(provider)
            token = (call.request["account"] or {}).get("token", "")
            if not token:
                raise refuse(f"{provider.name} token is required.")
            profile = social.profile(provider, token)
            identity = call.identity
            reset = call.request["reset"] is True
            social.import_friends(
                provider, identity.user_id, identity.username, profile, reset=reset
            )
            return {}

        return handler

    def route(self, provider: Provider) -> Route:
        return Route(
            f"Import{provider.name}Friends",
            "POST",
            f"/v2/friend/{provider.name.lower()}",
            Auth.BEARER,
            self._import_from(provider),
            body="account",
        )


def routes(social: Social) -> tuple[Route, ...]:
    """The routes of social."""
    api = _SocialApi(social)
    return (api.route(FACEBOOK), api.route(STEAM))

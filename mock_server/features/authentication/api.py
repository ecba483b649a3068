"""Authentication over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_server.features.authentication.core import Authentication, Login
from mock_server.features.authentication.foreign import FOREIGN_PROVIDERS, ForeignProvider
from mock_server.features.sessions.core import Sessions
from mock_server.features.social.providers import FACEBOOK, STEAM, Provider
from mock_server.http.routing import Auth, Call, Route


class _AuthenticationApi:
    def __init__(self, sessions: Sessions, authentication: Authentication) -> None:
        self._sessions = sessions
        self._authentication = authentication

    def device(self, call: Call) -> dict[str, Any]:
        device_id = _account(call).get("id", "")
        login = self._authentication.device(
            device_id, call.request["username"], create=_create(call)
        )
        return self._session(call, login, device_id=device_id)

    def custom(self, call: Call) -> dict[str, Any]:
        account = _account(call)
        return self._session(
            call,
            self._authentication.custom(
                account.get("id", ""), call.request["username"], create=_create(call)
            ),
        )

    def email(self, call: Call) -> dict[str, Any]:
        account = _account(call)
        return self._session(
            call,
            self._authentication.email(
                account.get("email", ""),
                account.get("password", ""),
                call.request["username"],
                create=_create(call),
            ),
        )

    def social(self, provider: Provider) -> Callable[[Call], dict[str, Any]]:
        def handler(call: Call) -> dict[str, Any]:
            login = self._authentication.social(
                provider,
                _account(call).get("token", ""),
                call.request["username"],
                create=_create(call),
                sync=call.request["sync"] is True,
            )
            return self._session(call, login)

        return handler

    def foreign(self, provider: ForeignProvider) -> Callable[[Call], dict[str, Any]]:
        def handler(call: Call) -> dict[str, Any]:
            login = self._authentication.foreign(
                provider, _account(call), call.request["username"], create=_create(call)
            )
            return self._session(call, login)

        return handler

    def _session(self, call: Call, login: Login, *, device_id: str = "") -> dict[str, Any]:
        return self._sessions.issue(
            login.user_id,
            login.username,
            _account(call).get("vars", {}),
            created=login.created,
            device_id=device_id,
        )


def _account(call: Call) -> dict[str, Any]:
    return call.request["account"] or {}


def _create(call: Call) -> bool:
    return call.request["create"] is not False


def _route(provider: str, handler: Callable[[Call], dict[str, Any]]) -> Route:
    return Route(
        f"Authenticate{provider}",
        "POST",
        f"/v2/account/authenticate/{provider.lower()}",
        Auth.SERVER_KEY,
        handler,
        body="account",
    )


def routes(sessions: Sessions, authentication: Authentication) -> tuple[Route, ...]:
    """The routes of authentication."""
    api = _AuthenticationApi(sessions, authentication)
    return (
        _route("Device", api.device),
        _route("Custom", api.custom),
        _route("Email", api.email),
        _route("Facebook", api.social(FACEBOOK)),
        _route("Steam", api.social(STEAM)),
        *(_route(each.name, api.foreign(each)) for each in FOREIGN_PROVIDERS),
    )
